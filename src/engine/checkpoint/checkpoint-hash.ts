import type { CheckpointFiles } from './checkpoint-files.ts'
import { createSha256 } from './sha256.ts'

/** Weights up to this size are hashed whole. */
const WHOLE_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 4 * 1024 * 1024
const SAMPLES = 16
const SAMPLE_BYTES = 64 * 1024

/**
 * A checkpoint's identity: the first 16 hex digits of the SHA-256 over config.json and the weight files in order of their
 * names, each preceded by its name and size. Where the weights exceed 64 MiB, a file enters with its first 4 MiB
 * (the header) and 16 pieces of 64 KiB spread evenly over it, so that opening does not read gigabytes twice.
 */
export async function hashCheckpoint(
  files: CheckpointFiles,
  weightFiles: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const hash = await createSha256()
  const names = ['config.json', ...[...weightFiles].sort()]
  const sizes = await Promise.all(names.map((name) => files.size(name)))
  const whole = sizes.reduce((sum, size) => sum + size, 0) <= WHOLE_BYTES
  for (const [index, name] of names.entries()) {
    const size = sizes[index] ?? 0
    hash.update(new TextEncoder().encode(`${name} ${size}\n`))
    for (const [start, end] of whole ? chunks(size) : samples(size)) {
      hash.update(await files.read(name, start, end, signal))
    }
  }
  return hash.hex().slice(0, 16)
}

function chunks(size: number): (readonly [number, number])[] {
  const count = Math.ceil(size / CHUNK_BYTES)
  return Array.from({ length: count }, (_, i) => [i * CHUNK_BYTES, Math.min(size, (i + 1) * CHUNK_BYTES)] as const)
}

function samples(size: number): (readonly [number, number])[] {
  if (size <= CHUNK_BYTES) return chunks(size)
  const last = size - SAMPLE_BYTES
  const starts = Array.from({ length: SAMPLES }, (_, i) => Math.floor((last * (i + 1)) / SAMPLES))
  return [[0, CHUNK_BYTES] as const, ...starts.map((start) => [start, start + SAMPLE_BYTES] as const)]
}
