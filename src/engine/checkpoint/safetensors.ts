import { z } from 'zod'
import type { ErrorPlace } from '../../core/errors.ts'
import { StepscopeError } from '../../core/errors.ts'
import { halfTable } from '../../core/half.ts'
import { readJsonText } from '../../core/json.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { firstIssue } from './checkpoint-text.ts'

/**
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes header length, little-endian; a JSON
 * header that gives each tensor's dtype, shape and byte range; the tensors.
 */

/**
 * Bytes per element of dtypes of the format. Others, of newer versions or of less than a byte, are taken as they are: only
 * whoever needs such a tensor is refused.
 */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
}

/** As in the reference implementation: a longer header is a sign of a file that is something else. */
const MAX_HEADER_BYTES = 100_000_000

export interface TensorEntry {
  readonly name: string
  readonly file: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Byte range in the file, end not included. */
  readonly start: number
  readonly end: number
}

const naturalSchema = z.number().int().nonnegative()
const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(naturalSchema),
  data_offsets: z.tuple([naturalSchema, naturalSchema]),
})
const metadataSchema = z.record(z.string(), z.string()).nullable()

/**
 * Reads and checks the header of one file.
 * @throws StepscopeError `bad-checkpoint` with file and tensor: no header, truncated, byte ranges that overlap, lie
 * outside the file, or do not fit shape and dtype
 */
export async function readSafetensorsHeader(
  files: CheckpointFiles,
  file: string,
  signal?: AbortSignal,
): Promise<TensorEntry[]> {
  const size = await files.size(file)
  if (size < 8) throw bad({ file }, 'The file is truncated', 'at least 8 bytes', `${size} bytes`)
  const prefix = await files.read(file, 0, 8, signal)
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true))
  if (length > MAX_HEADER_BYTES) {
    throw bad({ file }, 'This is not a safetensors file', `a header of at most ${MAX_HEADER_BYTES} bytes`, `${length}`)
  }
  if (8 + length > size) {
    throw bad({ file }, 'The file is truncated within its header', `${8 + length} bytes`, `${size} bytes`)
  }
  const text = new TextDecoder().decode(await files.read(file, 8, 8 + length, signal))
  const header = readJsonText(text, { place: { file }, what: 'header', code: 'bad-checkpoint', nextStep: NEXT_STEP })
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw bad({ file }, 'The header is not a JSON object', 'a safetensors file', JSON.stringify(text.slice(0, 40)))
  }
  const entries: TensorEntry[] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      const { success } = metadataSchema.safeParse(value)
      if (!success) throw bad({ file, field: name }, 'The metadata is not a table of texts')
    } else entries.push(checkTensor(name, value, file, 8 + length, size))
  }
  checkOverlap(entries)
  return entries
}

function checkTensor(name: string, value: unknown, file: string, dataStart: number, size: number): TensorEntry {
  const place = { file, field: name }
  const parsed = tensorSchema.safeParse(value)
  if (!parsed.success) {
    const { field, message } = firstIssue(parsed.error)
    throw bad(place, `The header's ${field || 'entry'} is wrong: ${message}`)
  }
  const { dtype, shape, data_offsets } = parsed.data
  const [begin, end] = data_offsets
  const elementBytes = DTYPE_BYTES[dtype]
  const expected = shape.reduce((product, length) => product * length, elementBytes ?? Number.NaN)
  if (end < begin) throw bad(place, 'The byte range ends before it begins')
  if (elementBytes !== undefined && (!Number.isSafeInteger(expected) || expected !== end - begin)) {
    throw bad(
      place,
      'Byte range and shape do not agree',
      `${expected} bytes for ${dtype} [${shape.join(', ')}]`,
      `${end - begin} bytes`,
    )
  }
  if (dataStart + end > size) {
    throw bad(place, 'The file is truncated', `at least ${dataStart + end} bytes`, `${size} bytes`)
  }
  return { name, file, dtype, shape, start: dataStart + begin, end: dataStart + end }
}

function checkOverlap(entries: readonly TensorEntry[]): void {
  let before: TensorEntry | undefined
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (before && entry.start < before.end) {
      throw bad({ file: entry.file, field: entry.name }, `Its bytes overlap those of ${before.name}`)
    }
    before = entry
  }
}

/** Elements of a tensor, row-major, end not included. */
export interface ElementRange {
  readonly first: number
  readonly end: number
}

/**
 * A tensor's values as float32, row-major: all of them, or those in a range.
 * @throws StepscopeError `bad-checkpoint` where the dtype is not F32, F16 or BF16 or bytes are missing
 */
export async function readTensor(
  files: CheckpointFiles,
  entry: TensorEntry,
  signal?: AbortSignal,
  range?: ElementRange,
): Promise<Float32Array> {
  const place = { file: entry.file, field: entry.name }
  const widen = WIDEN[entry.dtype]
  if (!widen) throw bad(place, 'Weights of this dtype are not supported', 'F32, F16 or BF16', entry.dtype)
  const elementBytes = DTYPE_BYTES[entry.dtype] as number
  const start = range === undefined ? entry.start : entry.start + range.first * elementBytes
  const end = range === undefined ? entry.end : entry.start + range.end * elementBytes
  const bytes = await files.read(entry.file, start, end, signal)
  if (bytes.length !== end - start) {
    throw bad(place, 'The file is truncated', `${end - start} bytes`, `${bytes.length} bytes`)
  }
  return widen(bytes)
}

const WIDEN: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => Float32Array>> = {
  F32: (bytes) => {
    const { buffer, byteOffset, length } = aligned(bytes, 4)
    return new Float32Array(buffer, byteOffset, length / 4)
  },
  BF16: (bytes) => {
    const halves = halfWords(bytes)
    const words = new Uint32Array(halves.length)
    for (let i = 0; i < halves.length; i++) words[i] = (halves[i] ?? 0) << 16
    return new Float32Array(words.buffer)
  },
  F16: (bytes) => {
    const halves = halfWords(bytes)
    const values = new Float32Array(halves.length)
    const widened = halfTable()
    for (let i = 0; i < halves.length; i++) values[i] = widened[halves[i] as number] as number
    return values
  },
}

/** Typed arrays need their bytes at a multiple of the element size. */
function aligned(bytes: Uint8Array<ArrayBuffer>, elementBytes: number): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset % elementBytes === 0 ? bytes : bytes.slice()
}

function halfWords(bytes: Uint8Array<ArrayBuffer>): Uint16Array {
  const { buffer, byteOffset, length } = aligned(bytes, 2)
  return new Uint16Array(buffer, byteOffset, length / 2)
}

/** A safetensors file of float32 tensors, in the order given. The data begins at a multiple of 8 bytes. */
export function writeSafetensors(
  tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = Object.keys(metadata).length === 0 ? {} : { __metadata__: metadata }
  let offset = 0
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (shape.reduce((product, length) => product * length, 1) !== data.length) {
      throw new RangeError(`${name}: ${data.length} values do not fill [${shape.join(', ')}]`)
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const length = Math.ceil(json.length / 8) * 8
  const file = new Uint8Array(8 + length + offset)
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true)
  file.fill(0x20, 8, 8 + length)
  file.set(json, 8)
  let at = 8 + length
  for (const { data } of Object.values(tensors)) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

const NEXT_STEP = 'Download the file again, or convert the checkpoint to float32, float16 or bfloat16 safetensors.'

function bad(place: ErrorPlace, message: string, expected?: string, found?: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message,
    place,
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
    nextStep: NEXT_STEP,
  })
}
