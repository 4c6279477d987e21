/** Precisions of ONNX exports and how their files are named, as Transformers.js has them. */
export const ONNX_DTYPES = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
} as const
export type OnnxDtype = keyof typeof ONNX_DTYPES
export type OnnxDevice = 'webgpu' | 'wasm'

/** One precision that a folder or repository holds. */
export interface OnnxVariant {
  readonly dtype: OnnxDtype
  /** The model, then the files of weights beside it, in order; paths in the folder. */
  readonly files: readonly string[]
  /** `model`, or `decoder_model_merged` in older exports. */
  readonly base: string
  readonly bytes: number
}

const BASES = ['model', 'decoder_model_merged']

/** The precisions among these files, in the order of the table. */
export function onnxVariants(files: readonly { readonly path: string; readonly size: number }[]): OnnxVariant[] {
  const sizes = new Map(files.map(({ path, size }) => [path, size]))
  const variants: OnnxVariant[] = []
  for (const [dtype, suffix] of Object.entries(ONNX_DTYPES) as [OnnxDtype, string][]) {
    for (const base of BASES) {
      const name = `${base}${suffix}.onnx`
      const path = [`onnx/${name}`, name].find((candidate) => sizes.has(candidate))
      if (path === undefined) continue
      const data = (chunk: number) => `${path}_data${chunk === 0 ? '' : `_${chunk}`}`
      const all = [path]
      while (sizes.has(data(all.length - 1))) all.push(data(all.length - 1))
      const bytes = all.reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0)
      variants.push({ dtype, files: all, base, bytes })
      break
    }
  }
  return variants
}

/** Whether a precision computes in f16, which a WebGPU adapter may lack. */
export const needsF16 = (dtype: OnnxDtype): boolean => dtype.includes('16')

/** What to suggest: small models as they are, others in the precision made for the device. */
export function defaultDtype(variants: readonly OnnxVariant[], device: OnnxDevice, f16: boolean): OnnxDtype | null {
  const small = variants.find(({ dtype, bytes }) => dtype === 'fp32' && bytes < 64 * 1024 * 1024)
  if (small) return small.dtype
  const order: readonly OnnxDtype[] =
    device === 'wasm'
      ? ['q4', 'q8', 'int8', 'uint8', 'bnb4', 'fp32', 'q4f16', 'fp16']
      : [...(f16 ? (['q4f16', 'fp16'] as const) : []), 'q4', 'bnb4', 'q8', 'fp32']
  return order.find((dtype) => variants.some((variant) => variant.dtype === dtype)) ?? null
}
