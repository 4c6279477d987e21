import { describe, expect, it } from 'vitest'
import { zipParts } from './zip.ts'

const text = (value: string) => new TextEncoder().encode(value)

describe('an archive', () => {
  it('lists its files at its end, each where its bytes are, with the CRC of the standard', async () => {
    const files = new Map([
      ['check.txt', text('123456789')],
      ['größe.txt', text('content')],
      ['empty.txt', new Uint8Array(0)],
    ])
    const crcs = [0xcbf43926, 0xfec530a9, 0]
    const parts = await zipParts(files)
    const bytes = join(parts)
    const view = new DataView(bytes.buffer)
    const end = bytes.length - 22
    expect(view.getUint32(end, true)).toBe(0x06054b50)
    expect(view.getUint16(end + 10, true)).toBe(3)
    let entry = view.getUint32(end + 16, true)
    expect(entry + view.getUint32(end + 12, true)).toBe(end)
    for (const [number, [name, content]] of [...files].entries()) {
      expect(view.getUint32(entry, true)).toBe(0x02014b50)
      expect(view.getUint32(entry + 16, true)).toBe(crcs[number])
      expect(view.getUint32(entry + 24, true)).toBe(content.length)
      const pathLength = view.getUint16(entry + 28, true)
      expect(new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + pathLength))).toBe(name)
      const local = view.getUint32(entry + 42, true)
      expect(view.getUint32(local, true)).toBe(0x04034b50)
      const start = local + 30 + view.getUint16(local + 26, true)
      expect(bytes.subarray(start, start + content.length)).toEqual(content)
      entry += 46 + pathLength + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true)
    }
  })

  it('is the same for the same files, and passes their bytes on without copies', async () => {
    const content = new Uint8Array(100_000).fill(7)
    const files = new Map([['model.safetensors', content]])
    const parts = await zipParts(files)
    expect(parts.some((part) => part.buffer === content.buffer)).toBe(true)
    expect(join(await zipParts(files))).toEqual(join(parts))
  })
})

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
