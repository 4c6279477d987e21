import { describe, expect, it } from 'vitest'
import { crc32, zipParts } from './zip.ts'

const text = (value: string) => new TextEncoder().encode(value)

describe('an archive', () => {
  it('checks its files by the CRC of the standard', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926)
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  it('lists its files at its end, each where its bytes are', () => {
    const files = new Map([
      ['config.json', text('{}')],
      ['größe.txt', text('content')],
    ])
    const parts = zipParts(files)
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    const view = new DataView(bytes.buffer)
    const end = bytes.length - 22
    expect(view.getUint32(end, true)).toBe(0x06054b50)
    expect(view.getUint16(end + 10, true)).toBe(2)
    let entry = view.getUint32(end + 16, true)
    expect(entry + view.getUint32(end + 12, true)).toBe(end)
    for (const [name, content] of files) {
      expect(view.getUint32(entry, true)).toBe(0x02014b50)
      expect(view.getUint32(entry + 16, true)).toBe(crc32(content))
      expect(view.getUint32(entry + 24, true)).toBe(content.length)
      const pathLength = view.getUint16(entry + 28, true)
      expect(new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + pathLength))).toBe(name)
      const local = view.getUint32(entry + 42, true)
      expect(view.getUint32(local, true)).toBe(0x04034b50)
      const start = local + 30 + view.getUint16(local + 26, true)
      expect(bytes.subarray(start, start + content.length)).toEqual(content)
      entry += 46 + pathLength
    }
  })
})
