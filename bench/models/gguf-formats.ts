import { narrowHalf } from '../../src/core/half.ts'

/** How matrices lie in a GGUF file: float32, or blocks of 32 weights with a scale in half precision. */
export type GgufFormat = 'F32' | 'Q8_0' | 'Q4_0'

/** Type of a tensor, and of the whole file (ggml.h, `ggml_type` and `llama_ftype`). */
export const GGUF_TYPES: Readonly<Record<GgufFormat, { readonly tensor: number; readonly file: number }>> = {
  F32: { tensor: 0, file: 0 },
  Q8_0: { tensor: 8, file: 7 },
  Q4_0: { tensor: 2, file: 2 },
}

const BLOCK = 32

/** Name of a model's file. */
export function ggufName(format: GgufFormat = 'F32'): string {
  return format === 'F32' ? 'model.gguf' : `model-${format.toLowerCase()}.gguf`
}

export function ggufBytes(format: GgufFormat, count: number): number {
  return format === 'F32' ? 4 * count : (count / BLOCK) * (format === 'Q8_0' ? 34 : 18)
}

/** The values as they lie in the file; whole blocks of them. */
export function ggufEncode(format: GgufFormat, values: Float32Array): Uint8Array {
  if (format === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const out = new Uint8Array(ggufBytes(format, values.length))
  const view = new DataView(out.buffer)
  const stride = ggufBytes(format, BLOCK)
  for (let block = 0; block < values.length / BLOCK; block++) {
    const part = values.subarray(block * BLOCK, (block + 1) * BLOCK)
    const at = block * stride
    // The value that is furthest from 0 becomes the furthest integer, with its sign.
    const furthest = part.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
    const scale = format === 'Q8_0' ? Math.abs(furthest) / 127 : furthest / -8
    view.setUint16(at, narrowHalf(scale), true)
    const integer = (index: number) => (scale === 0 ? 0 : Math.round((part[index] as number) / scale))
    if (format === 'Q8_0') for (let i = 0; i < BLOCK; i++) view.setInt8(at + 2 + i, integer(i))
    else {
      const four = (index: number) => Math.min(15, integer(index) + 8)
      // The second half of a block lies in the high halves of its bytes.
      for (let i = 0; i < BLOCK / 2; i++) out[at + 2 + i] = four(i) | (four(i + BLOCK / 2) << 4)
    }
  }
  return out
}
