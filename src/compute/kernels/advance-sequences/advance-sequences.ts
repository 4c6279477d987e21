import type { Kernel } from '../../backend.ts'
import type { AdvanceSequencesShape } from './advance-sequences.reference.ts'
import { ADVANCE_SEQUENCES_BINDINGS, advanceSequencesReference } from './advance-sequences.reference.ts'
import { advanceSequencesWgsl } from './advance-sequences.wgsl.ts'

/**
 * After the sampler: the rows and targets of the next step, dense and in the order of the sequences. Sequences that are done
 * leave, so no token is run past a stop; sequences that shared a row and drew the same token share the next one, so each
 * history is run once.
 */
export function advanceSequencesKernel(shape: AdvanceSequencesShape): Kernel<typeof ADVANCE_SEQUENCES_BINDINGS> {
  return {
    name: 'advance-sequences',
    bindings: ADVANCE_SEQUENCES_BINDINGS,
    wgsl: () => advanceSequencesWgsl(shape),
    workgroups: () => [1, 1, 1],
    reference: advanceSequencesReference,
  }
}
