import type { Kernel } from '../../backend.ts'
import { ADVANCE_LANES_BINDINGS, advanceLanesReference } from './advance-lanes.reference.ts'
import { advanceLanesWgsl } from './advance-lanes.wgsl.ts'

/**
 * After the sampler: turns the rows of lanes into the rows to execute, dense and in the same order. Lanes that are done
 * leave; the others' rows get the sampled token and its position. So no token is run past a stop, and what follows
 * works on active rows only.
 *
 * @param lanes invocations that work on it, in one workgroup
 */
export function advanceLanesKernel(lanes: number): Kernel<typeof ADVANCE_LANES_BINDINGS> {
  return {
    name: 'advance-lanes',
    bindings: ADVANCE_LANES_BINDINGS,
    wgsl: () => advanceLanesWgsl(lanes),
    workgroups: () => [1, 1, 1],
    reference: advanceLanesReference,
  }
}
