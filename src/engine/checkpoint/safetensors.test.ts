import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryFiles } from '../testing/memory-files.ts'
import { openWeights } from './checkpoint-weights.ts'
import { readSafetensorsHeader, readTensor, writeSafetensors } from './safetensors.ts'

/** A file with this header and so many bytes of data. */
function file(header: unknown, dataBytes: number, headerLength?: number): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true)
  bytes.set(json, 8)
  return bytes
}

const header = (bytes: Uint8Array<ArrayBuffer>) =>
  readSafetensorsHeader(memoryFiles({ 'w.safetensors': bytes }), 'w.safetensors')

test('tensors that were written are read back bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-z.é]{1,12}$/), fc.float32Array({ maxLength: 20 })),
      async (tensors) => {
        const bytes = writeSafetensors(
          Object.fromEntries(Object.entries(tensors).map(([name, data]) => [name, { shape: [data.length, 1], data }])),
          { format: 'pt' },
        )
        const files = memoryFiles({ 'model.safetensors': bytes })
        const weights = await openWeights(files)
        expect([...weights.entries.keys()].sort()).toEqual(Object.keys(tensors).sort())
        for (const [name, data] of Object.entries(tensors)) {
          expect(weights.shape(name)).toEqual([data.length, 1])
          expect(new Uint32Array((await weights.read(name)).slice().buffer)).toEqual(
            new Uint32Array(data.slice().buffer),
          )
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('float16 and bfloat16 are widened exactly, from any byte offset', async () => {
  const entries = {
    odd: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
    half: { dtype: 'F16', shape: [5], data_offsets: [1, 11] },
    brain: { dtype: 'BF16', shape: [3], data_offsets: [11, 17] },
  }
  const bytes = file(entries, 17)
  const view = new DataView(bytes.buffer, bytes.length - 17)
  for (const [i, bits] of [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00].entries()) view.setUint16(1 + 2 * i, bits, true)
  for (const [i, bits] of [0x3f80, 0xc2f7, 0x0001].entries()) view.setUint16(11 + 2 * i, bits, true)
  const files = memoryFiles({ w: bytes })
  const [, half, brain] = await readSafetensorsHeader(files, 'w')
  if (!half || !brain) throw new Error('tensors are missing')
  expect([...(await readTensor(files, half))]).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY])
  expect([...(await readTensor(files, brain))]).toEqual([1, -123.5, 2 ** -133])
  expect([...(await readTensor(files, half, undefined, { first: 1, end: 3 }))]).toEqual([-2, 2 ** -24])
})

describe('a broken file is refused with file, tensor and what is wrong', () => {
  const f32 = (start: number, end: number, shape = [1]) => ({ dtype: 'F32', shape, data_offsets: [start, end] })
  test.each([
    ['shorter than its length field', new Uint8Array(4), /w\.safetensors: The file is truncated .*found 4 bytes/],
    [
      'a header beyond its end',
      file({}, 0, 1000),
      /truncated within its header \(expected 1008 bytes, found 10 bytes\)/,
    ],
    ['no safetensors at all', new TextEncoder().encode('<!doctype html><html>'), /This is not a safetensors file/],
    ['a header that is not JSON', file('{"a":', 0), /The header is not JSON/],
    ['a header that is a list', file([], 0), /not a JSON object/],
    ['data that ends early', file({ a: f32(0, 4), 'b.weight': f32(4, 8) }, 6), /b\.weight: The file is truncated/],
    ['shape and bytes that disagree', file({ a: f32(0, 4, [2]) }, 4), /a: .*8 bytes for F32 \[2\], found 4 bytes/],
    ['overlapping tensors', file({ a: f32(0, 4), b: f32(2, 6) }, 8), /b: Its bytes overlap those of a/],
    ['bytes that end before they begin', file({ a: f32(4, 0) }, 4), /a: (The byte range ends|Byte range and shape)/],
    ['a negative shape', file({ a: f32(0, 4, [-1]) }, 4), /a: The header's shape\.0 is wrong/],
    ['a missing field', file({ a: { dtype: 'F32', shape: [1] } }, 4), /a: The header's data_offsets is wrong/],
  ])('%s', async (_, bytes, message) => {
    await expect(header(bytes)).rejects.toThrow(message)
  })

  test('a tensor of a dtype of a newer format is in nobody’s way until it is needed', async () => {
    const bytes = file({ a: { ...f32(0, 3), dtype: 'F4', shape: [6] }, b: f32(4, 8) }, 8)
    const weights = await openWeights(memoryFiles({ 'model.safetensors': bytes }))
    expect(await weights.read('b')).toHaveLength(1)
    await expect(weights.read('a')).rejects.toThrow(/model\.safetensors, a: .*expected F32, F16 or BF16, found F4/)
  })

  test('metadata may be left out or null, and is a table of texts', async () => {
    for (const metadata of [null, {}, { format: 'pt' }]) {
      expect(await header(file({ __metadata__: metadata, a: f32(0, 4) }, 4))).toHaveLength(1)
    }
    await expect(header(file({ __metadata__: { steps: 3 }, a: f32(0, 4) }, 4))).rejects.toThrow(/__metadata__: .*texts/)
  })

  test('weights of another dtype', async () => {
    const weights = await openWeights(
      memoryFiles({ 'model.safetensors': file({ a: { ...f32(0, 4), dtype: 'I32' } }, 4) }),
    )
    await expect(weights.read('a')).rejects.toThrow(/model\.safetensors, a: .*expected F32, F16 or BF16, found I32/)
  })

  test('a missing tensor', async () => {
    const weights = await openWeights(memoryFiles({ 'model.safetensors': file({ a: f32(0, 4) }, 4) }))
    expect(() => weights.shape('model.norm.weight')).toThrow(/model\.safetensors, model\.norm\.weight: .*missing/)
  })
})

describe('shards', () => {
  const shard = (name: string, value: number) =>
    writeSafetensors({ [name]: { shape: [1], data: Float32Array.of(value) } })
  const index = { weight_map: { a: 'one.safetensors', b: 'two.safetensors' } }
  const files = {
    'model.safetensors.index.json': index,
    'one.safetensors': shard('a', 1),
    'two.safetensors': shard('b', 2),
  }

  test('tensors come from the file that the index names', async () => {
    const weights = await openWeights(memoryFiles(files))
    expect([...(await weights.read('a')), ...(await weights.read('b'))]).toEqual([1, 2])
    expect(weights.weightFiles).toEqual(['one.safetensors', 'two.safetensors'])
  })

  test('a shard or tensor that is not there is named', async () => {
    const { 'two.safetensors': _, ...without } = files
    await expect(openWeights(memoryFiles(without))).rejects.toThrow(
      /^two\.safetensors: .*which model\.safetensors\.index\.json names/,
    )
    const wrong = memoryFiles({ ...files, 'two.safetensors': shard('c', 2) })
    await expect(openWeights(wrong)).rejects.toThrow(/two\.safetensors, b: The index says/)
  })

  test('an index that is no table of texts is refused with the field', async () => {
    const broken = memoryFiles({ 'model.safetensors.index.json': { weight_map: { a: 3 } } })
    await expect(openWeights(broken)).rejects.toThrow(/model\.safetensors\.index\.json, weight_map\.a/)
  })
})
