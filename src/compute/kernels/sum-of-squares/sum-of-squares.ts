import type { Kernel } from '../../backend.ts'
import type { SumOfSquaresShape } from './sum-of-squares.reference.ts'
import { SUM_OF_SQUARES_BINDINGS, sumOfSquaresReference } from './sum-of-squares.reference.ts'
import { sumOfSquaresWasm } from './sum-of-squares.wasm.ts'
import { sumOfSquaresWgsl } from './sum-of-squares.wgsl.ts'

/**
 * output[place + p] = Σ of the squares in the p-th of `partials` equal spans of the first quads of a buffer (the last
 * ones may be short or empty). As many partial sums are written, however many quads there are.
 */
export function sumOfSquaresKernel(shape: SumOfSquaresShape): Kernel<typeof SUM_OF_SQUARES_BINDINGS> {
  const { partials, lanes, serialLanes } = shape
  return {
    name: 'sum-of-squares',
    bindings: SUM_OF_SQUARES_BINDINGS,
    wgsl: () => sumOfSquaresWgsl(shape),
    workgroups: () => [lanes === 1 ? Math.ceil(partials / serialLanes) : partials, 1, 1],
    wasm: () => sumOfSquaresWasm(shape),
    reference: (views) => sumOfSquaresReference(shape, views),
  }
}
