import { bareStep } from '../../core/step-text.ts'
import type { RolloutRow } from '../rollout-file.ts'
import { ROLLOUT_FORMAT } from '../rollout-file.ts'
import type { TraceFormat } from './trace.ts'

/** Lines of rollout files, as `stepscope rollout` writes them; they are no data set of labels, so they stand apart. */
export const ROLLOUTS: TraceFormat<RolloutRow> = {
  id: 'rollouts',
  name: 'Stepscope rollouts',
  example: ROLLOUT_FORMAT.example,
  schema: ROLLOUT_FORMAT.schema,
  recognizes: (row) => 'steps' in row && 'verdict' in row && 'source' in row,
  read: ({ problem, steps, index, sample, verdict, source }) => [
    {
      id: `${index}-${sample}`,
      problem,
      // The end of the sequence alone is no step.
      steps: steps.filter(({ text }) => text !== '').map(({ text }) => bareStep(text, source.stepEnds)),
      correct: verdict.correct,
      generator: source.policy,
    },
  ],
}
