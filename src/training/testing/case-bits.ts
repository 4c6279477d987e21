import { createSha256 } from '../../engine/checkpoint/sha256.ts'
import type { CaseResult } from '../reference-cases/case-model.ts'

/** SHA-256 of all tensors' bits and all figures of a recomputed case: equal where the arithmetic is the same. */
export async function caseBits({ figures, tensors }: CaseResult): Promise<string> {
  const hash = await createSha256()
  const text = (value: unknown) => hash.update(new TextEncoder().encode(JSON.stringify(value)))
  text(figures)
  for (const [name, { shape, data }] of tensors) {
    text([name, shape])
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.hex()
}
