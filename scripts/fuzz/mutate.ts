import type { RandomStream } from '../../src/core/random.ts'
import type { Change } from './mutate-json.ts'
import { changeJson, writeJson } from './mutate-json.ts'
import { changeBytes, changeText } from './mutate-text.ts'

/** How a file is made of parts. */
export type FileKind = 'json' | 'jsonl' | 'safetensors' | 'link'

type Bytes = Uint8Array<ArrayBuffer>

const encode = (text: string): Bytes => new TextEncoder().encode(text)

/** One mutant of a file: mostly of its fields, sometimes of its text or its bytes. */
export function mutate(bytes: Bytes, kind: FileKind, random: RandomStream): Change<Bytes> {
  const text = (): string => new TextDecoder().decode(bytes)
  const roll = random.next()
  if (kind === 'safetensors') return roll < 0.6 ? changeHeader(bytes, random) : changeBytes(bytes, random)
  if (roll < 0.1) return changeBytes(bytes, random)
  if (roll < 0.3) return encoded(changeText(text(), random))
  if (kind === 'json') return encoded(written(changeJson(JSON.parse(text()), random)))
  return encoded(kind === 'jsonl' ? changeLine(text(), random) : changeLink(text(), random))
}

const encoded = ({ value, how }: Change<string>): Change<Bytes> => ({ value: encode(value), how })
const written = ({ value, how }: Change<unknown>): Change<string> => ({ value: writeJson(value, 1) ?? '', how })

function changeLine(text: string, random: RandomStream): Change<string> {
  const lines = text.trimEnd().split('\n')
  const index = random.integer(0, lines.length - 1)
  const { value, how } = changeJson(JSON.parse(lines[index] ?? ''), random)
  lines[index] = writeJson(value) ?? ''
  return { value: `${lines.join('\n')}\n`, how: `line ${index + 1}, ${how}` }
}

function changeLink(text: string, random: RandomStream): Change<string> {
  const parameters = new URLSearchParams(text)
  const name = random.pick([...parameters.keys()])
  const value = parameters.get(name) ?? ''
  const next = random.pick([
    () => '',
    () => '-1',
    () => '1e400',
    () => '0x10',
    () => '99999999999999999999',
    () => '4294967296',
    () => '1.5',
    () => 'NaN',
    () => `${value},${value},${value}`,
    () => `${value}:n=1:n=2`,
    () => value.slice(0, random.integer(0, value.length)),
    () => value.replace('\\n', ''),
    () => '[""]',
    () => '["a\\nb"]',
    () => '[1]',
    () => '['.repeat(100_000),
    () => 'x'.repeat(1_000_000),
    () => '\u202e\u0000💥',
    () => (value.startsWith('{') ? writeJson(changeJson(JSON.parse(value), random).value) : '{}'),
  ])()
  parameters.set(name, next)
  const link = parameters.toString()
  return random.next() < 0.2
    ? { value: link.slice(0, random.integer(0, link.length)), how: `${name} changed, then cut` }
    : { value: link, how: `${name} is ${next.slice(0, 60)}` }
}

/** Fields of the JSON header of a safetensors file, or its length. */
function changeHeader(bytes: Bytes, random: RandomStream): Change<Bytes> {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  const data = bytes.subarray(8 + length)
  const { value, how } = changeJson(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))), random)
  const header = encode(writeJson(value))
  const file = new Uint8Array(8 + header.length + data.length)
  const told = random.next() < 0.1 ? random.pick([0n, 1n, 2n ** 62n, 100_000_001n, BigInt(header.length + 1)]) : null
  new DataView(file.buffer).setBigUint64(0, told ?? BigInt(header.length), true)
  file.set(header, 8)
  file.set(data, 8 + header.length)
  return { value: file, how: told === null ? how : `${how}; a header of ${told} bytes` }
}
