import type { RandomStream } from '../../src/core/random.ts'
import type { Change } from './mutate-json.ts'

const BAD_BYTES = [0x00, 0x0a, 0x22, 0x7b, 0x5b, 0x7f, 0x80, 0xc0, 0xff]

/** A text changed as programs and people change files: cut, line ends, marks, doubled names, something in the middle. */
export function changeText(text: string, random: RandomStream): Change<string> {
  const at = random.integer(0, text.length)
  const insert = (part: string, how: string): Change<string> => ({
    value: text.slice(0, at) + part + text.slice(at),
    how: `${how} at ${at}`,
  })
  return random.pick<() => Change<string>>([
    () => ({ value: text.slice(0, at), how: `cut at ${at}` }),
    () => ({ value: `\uFEFF${text}`, how: 'a byte order mark' }),
    () => ({ value: text.replaceAll('\n', '\r\n'), how: 'CRLF' }),
    () => ({ value: text.replaceAll('\n', '\r'), how: 'CR' }),
    () => ({ value: text + text, how: 'twice' }),
    () => ({ value: '', how: 'empty' }),
    () => ({ value: ' \n\n', how: 'blank' }),
    () => ({ value: `${text}\n}`, how: 'one more bracket' }),
    () => ({ value: text.replace(/}\s*$/, ',}'), how: 'a comma before the end' }),
    () => insert('\u0000', 'NUL'),
    () => insert('[[[[', 'brackets'),
    () => insert('['.repeat(100_000), '100,000 brackets'),
    () => insert('{"a":'.repeat(1000), '1,000 objects'),
    () => insert(`"${'x'.repeat(1_000_000)}`, 'a text of 1,000,000 characters'),
    () => insert('\u2028é\ud83d', 'half a character'),
    () => doubledName(text, random),
  ])()
}

/** A field that stands twice, first with another value. */
function doubledName(text: string, random: RandomStream): Change<string> {
  const names = [...text.matchAll(/"(\w+)":/g)]
  if (names.length === 0) return { value: text, how: 'nothing' }
  const { index, 1: name } = random.pick(names)
  return { value: `${text.slice(0, index)}"${name}":7,${text.slice(index)}`, how: `${name} twice` }
}

/** Bytes flipped, cut, overwritten, moved. */
export function changeBytes(bytes: Uint8Array, random: RandomStream): Change<Uint8Array<ArrayBuffer>> {
  const next = new Uint8Array(bytes)
  if (next.length === 0) return { value: next, how: 'nothing' }
  // Headers are small beside what follows them.
  const anywhere = () => random.integer(0, random.next() < 0.6 ? Math.min(2000, next.length) - 1 : next.length - 1)
  const at = anywhere()
  switch (random.integer(0, 5)) {
    case 0:
      next[at] = (next[at] ?? 0) ^ (1 << random.integer(0, 7))
      return { value: next, how: `one bit of byte ${at} flipped` }
    case 1:
      for (let i = 0; i < 8; i++) next[anywhere()] = random.integer(0, 255)
      return { value: next, how: 'eight bytes overwritten' }
    case 2:
      return { value: next.slice(0, at), how: `cut at byte ${at}` }
    case 3: {
      const from = anywhere()
      next.copyWithin(at, from, from + random.integer(1, 64))
      return { value: next, how: `bytes from ${from} copied to ${at}` }
    }
    case 4:
      next[at] = random.pick(BAD_BYTES)
      return { value: next, how: `byte ${at} is ${next[at]}` }
    default: {
      const longer = new Uint8Array(next.length + 16)
      longer.set(next.subarray(0, at))
      longer.set(next.subarray(at), at + 16)
      return { value: longer, how: `16 zeros at byte ${at}` }
    }
  }
}
