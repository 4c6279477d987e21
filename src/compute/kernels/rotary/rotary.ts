import type { Kernel } from '../../backend.ts'
import type { RotaryShape } from './rotary.reference.ts'
import { ROTARY_BINDINGS, rotaryReference } from './rotary.reference.ts'
import { rotaryWasm } from './rotary.wasm.ts'
import { rotaryWgsl } from './rotary.wgsl.ts'

/**
 * What happens to queries, keys and values between projection and attention: query/key norm where the family has one,
 * rotary position embedding (Su et al., arXiv 2104.09864; halves as pairs, as in Hugging Face's rotate_half), and the
 * keys and values go to the pages of all the row's targets.
 */
export function rotaryKernel(shape: RotaryShape): Kernel<typeof ROTARY_BINDINGS> {
  const { heads, keyValueHeads, headDim, lanes, pairs } = shape
  return {
    name: 'rotary',
    bindings: ROTARY_BINDINGS,
    wgsl: () => rotaryWgsl(shape),
    workgroups: (targets) => [
      Math.ceil((heads + 2 * keyValueHeads) / lanes),
      targets,
      Math.ceil(headDim / 2 / Math.min(pairs, headDim / 2)),
    ],
    wasm: () => rotaryWasm(shape),
    reference: (views) => rotaryReference(shape, views),
  }
}
