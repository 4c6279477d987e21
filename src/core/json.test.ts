import { describe, expect, it } from 'vitest'
import type { ErrorDetails } from './errors.ts'
import { toErrorDetails } from './errors.ts'
import { checkTextBytes, readJsonText } from './json.ts'

function refusal(text: string): ErrorDetails {
  try {
    readJsonText(text, { place: { file: 'a.json' } })
  } catch (error) {
    return toErrorDetails(error)
  }
  throw new Error('it was read')
}

describe('JSON from outside', () => {
  it('is read, also behind a byte order mark', () => {
    expect(readJsonText('\uFEFF{"a": [1]}\r\n', { place: {} })).toEqual({ a: [1] })
  })

  it('says line and column where it breaks', () => {
    expect(refusal('{\n "a": 1,\n "b": tru\n}')).toMatchObject({
      code: 'bad-file',
      message: 'The file is not JSON: it breaks at column 7',
      found: '"tru\\n}"',
      place: { file: 'a.json', line: 3 },
    })
    expect(refusal('\n\n[1')).toMatchObject({ found: 'the end of the file', place: { line: 3 } })
  })

  it('keeps the place of a line that was cut out of a file', () => {
    const read = () => readJsonText('{"a"', { place: { file: 'a.jsonl', line: 7 }, what: 'line', code: 'bad-setting' })
    expect(read).toThrow('a.jsonl, line 7: The line is not JSON: it breaks at column 5')
  })

  it.each(['x', '\\u0041'])('may be cut within a text of 9 million characters (%j)', (part) => {
    const text = `{"a": "${part.repeat(9_000_000 / part.length)}`
    expect(refusal(text)).toMatchObject({ found: 'the end of the file', place: { line: 1 } })
  })

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('may have %s inside each other to a depth of 512', (_, open, close) => {
    const nest = (depth: number): string => `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`
    expect(readJsonText(nest(512), { place: {} })).toBeTypeOf('object')
    expect(refusal(nest(513))).toMatchObject({
      message: `The file has too many lists and objects inside each other at column ${512 * open.length + 1}`,
      expected: 'a depth of at most 512',
    })
    expect(refusal(nest(2_000_000)).expected).toBe('a depth of at most 512')
    expect(refusal(open.repeat(2_000_000)).expected).toBe('a depth of at most 512')
  })

  it('is not read where the file is too large for one text', () => {
    expect(() => checkTextBytes(2 ** 30, { file: 'a.json' })).toThrow(/^a\.json: .*too large.*found 1073741824 bytes/)
    checkTextBytes(2 ** 28, {})
  })
})
