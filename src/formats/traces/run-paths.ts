import { z } from 'zod'
import { bareStep } from '../../core/step-text.ts'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import { pathTo } from '../../search/tree-paths.ts'
import { RUN_FORMAT, readRunValue } from '../run-file.ts'
import type { ReadTrace, TraceFormat } from './trace.ts'

/** A run's file: each way through its tree, from the root to a leaf, with the run's own scores where every step has one. */
export const RUN_PATHS: TraceFormat<object> = {
  id: 'run',
  name: 'Stepscope run',
  example: '“Export run” does',
  schema: z.looseObject({}),
  recognizes: (row) => row.format === RUN_FORMAT,
  read: (row) => {
    const { setup, events } = readRunValue(row, '')
    const tree = events.reduce(applyEvent, emptyTree())
    const policy = tree.started?.policy
    return tree.nodes.flatMap((leaf): ReadTrace[] => {
      const path = pathTo(tree, leaf.id).filter(({ text }) => text !== '')
      if (leaf.children.length > 0 || path.length === 0) return []
      const scores = path.flatMap(({ score }) => (score === null ? [] : [score]))
      return [
        {
          id: `${leaf.id}`,
          problem: setup.problem,
          steps: path.map(({ text }) => bareStep(text, policy?.stepEnds)),
          correct: path.at(-1)?.verdict?.correct ?? null,
          generator: policy?.id ?? null,
          scores: scores.length === path.length ? scores : null,
        },
      ]
    })
  },
}
