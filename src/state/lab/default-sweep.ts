import type { SweepConfig } from '../../sweep/config.ts'
import { TASKS } from '../../tasks/registry.ts'
import { bundledChoice, DEFAULT_POLICY } from '../models/bundled-models.ts'

/** What a sweep of a task begins with: done in less than a minute on a processor, and something to see. */
export function defaultSweep(task: string): SweepConfig {
  const difficulty = TASKS.find(({ id }) => id === task)?.generator?.difficulties[0]?.id
  const reward = bundledChoice(task, 'reward')
  return {
    version: 1,
    task,
    problems:
      difficulty === undefined
        ? { source: 'file', file: NO_SET, hash: null }
        : { source: 'generated', difficulty, count: 20, seed: 1, split: 'held-out' },
    lines: [
      { strategy: 'greedy-decoding', config: {} },
      { strategy: 'sampling', config: {} },
      ...(reward
        ? [
            { strategy: 'best-of-n-prm' as const, config: {} },
            { strategy: 'beam' as const, config: {} },
          ]
        : []),
    ],
    budgets: [1, 4, 16],
    vary: {},
    models: [{ policy: (bundledChoice(task, 'policy') ?? DEFAULT_POLICY).id, reward: reward?.id ?? null }],
    seeds: [1],
  }
}

/** In place of a set's name, where none is chosen. */
export const NO_SET = '(none)'
