import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { memoryFiles } from './memory-files.ts'

export interface RawTensor {
  dtype: string
  shape: number[]
  bytes: Uint8Array<ArrayBuffer>
}

export interface CheckpointChanges {
  /** Fields put over those of config.json; undefined takes one away. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Further files, or others: text, bytes or JSON; null takes one away. */
  readonly files?: Readonly<Record<string, string | Uint8Array<ArrayBuffer> | object | null>>
  /** Changes the tensors, by name, in place. */
  readonly tensors?: (tensors: Map<string, RawTensor>) => void
}

const WEIGHTS = 'model.safetensors'
const CHECKPOINTS = fileURLToPath(new URL('../../../public/checkpoints/', import.meta.url))

/** A bundled checkpoint with changes: what people's folders look like, without their weights in the repo. */
export function changedCheckpoint(
  base: 'countdown-policy' | 'countdown-prm',
  changes: CheckpointChanges,
): Map<string, Uint8Array<ArrayBuffer>> {
  const folder = join(CHECKPOINTS, base)
  const files = new Map(readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]))
  if (changes.config !== undefined) {
    const config = JSON.parse(new TextDecoder().decode(files.get('config.json'))) as object
    files.set('config.json', asBytes({ ...config, ...changes.config }))
  }
  for (const [name, content] of Object.entries(changes.files ?? {})) {
    if (content === null) files.delete(name)
    else files.set(name, asBytes(content))
  }
  const weights = files.get(WEIGHTS)
  if (changes.tensors !== undefined && weights !== undefined) {
    const tensors = readTensors(weights)
    changes.tensors(tensors)
    files.set(WEIGHTS, writeTensors(tensors))
  }
  return files
}

/** The same as a folder on disk. @returns its path */
export function writeChangedCheckpoint(folder: string, ...what: Parameters<typeof changedCheckpoint>): string {
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of changedCheckpoint(...what)) writeFileSync(join(folder, name), bytes)
  return folder
}

/** The same in memory. */
export function openChangedCheckpoint(...what: Parameters<typeof changedCheckpoint>): CheckpointFiles {
  return memoryFiles(Object.fromEntries(changedCheckpoint(...what)))
}

/** Tensors of a safetensors file as bytes, whatever their types. */
export function readTensors(file: Uint8Array<ArrayBuffer>): Map<string, RawTensor> {
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(file.slice(8, start))) as Record<
    string,
    {
      dtype: string
      shape: number[]
      data_offsets: [number, number]
    }
  >
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__')
  return new Map(
    tensors.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, bytes: file.slice(start + from, start + to) }],
    ),
  )
}

/** @param extra further fields of the header, `__metadata__` for instance */
export function writeTensors(tensors: ReadonlyMap<string, RawTensor>, extra: object = {}): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { ...extra }
  let length = 0
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [length, length + bytes.length] }
    length += bytes.length
  }
  const json = asBytes(header)
  const start = 8 + Math.ceil(json.length / 8) * 8
  const file = new Uint8Array(start + length)
  file.fill(32, 8, start)
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true)
  file.set(json, 8)
  let at = start
  for (const { bytes } of tensors.values()) {
    file.set(bytes, at)
    at += bytes.length
  }
  return file
}

function asBytes(content: string | Uint8Array<ArrayBuffer> | object): Uint8Array<ArrayBuffer> {
  if (content instanceof Uint8Array) return content as Uint8Array<ArrayBuffer>
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content))
}
