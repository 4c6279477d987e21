import type { Kernel } from '../../backend.ts'
import type { AdvanceLanesShape } from './advance-lanes.reference.ts'
import { ADVANCE_LANES_BINDINGS, advanceLanesReference } from './advance-lanes.reference.ts'
import { advanceLanesWgsl } from './advance-lanes.wgsl.ts'

/**
 * After the sampler: the rows and targets of the next step, dense and in the order of the lanes. Lanes that are done
 * leave, so no token is run past a stop; lanes that shared a row and drew the same token share the next one, so each
 * history is run once.
 */
export function advanceLanesKernel(shape: AdvanceLanesShape): Kernel<typeof ADVANCE_LANES_BINDINGS> {
  return {
    name: 'advance-lanes',
    bindings: ADVANCE_LANES_BINDINGS,
    wgsl: () => advanceLanesWgsl(shape),
    workgroups: () => [1, 1, 1],
    reference: advanceLanesReference,
  }
}
