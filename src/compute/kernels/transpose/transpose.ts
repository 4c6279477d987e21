import type { Kernel } from '../../backend.ts'
import type { TransposeShape } from './transpose.reference.ts'
import { TRANSPOSE_BINDINGS, transposeReference } from './transpose.reference.ts'
import { canTransposeInWasm, transposeWasm } from './transpose.wasm.ts'
import { BLOCKS, transposeWgsl } from './transpose.wgsl.ts'

/**
 * output[c, r] = input[r, inputOffset + c] for the first rows[0].x rows r and the columns c < width; zeros in the
 * columns r of the output that come after, up to a multiple of `padTo`. For the products of the backward pass: of
 * activations, whose number of rows a batch says, and of weights in any format (`rows` then holds their number of rows).
 */
export function transposeKernel(shape: TransposeShape): Kernel<typeof TRANSPOSE_BINDINGS> {
  const { width, padTo, lanes } = shape
  return {
    name: 'transpose',
    bindings: TRANSPOSE_BINDINGS,
    wgsl: () => transposeWgsl(shape),
    workgroups: (rows) => [Math.ceil(width / 4 / lanes), Math.ceil((Math.ceil(rows / padTo) * padTo) / 4 / BLOCKS), 1],
    ...(canTransposeInWasm(shape) ? { wasm: () => transposeWasm(shape) } : {}),
    reference: (views) => transposeReference(shape, views),
  }
}
