import type { RunSetup } from '../../src/search/events.ts'
import { DEFAULT_CONFIG } from '../../src/search/settings.ts'

export const setupOf = (task: string, problem: string, strategy: RunSetup['strategy'], seed: number): RunSetup => ({
  task,
  problem,
  strategy,
  config: { ...DEFAULT_CONFIG, n: 16, m: 4 },
  seed,
  prefix: [],
})

/** Of the page's `beam`. */
export const beamSetup = (problem: string): RunSetup => setupOf('countdown', problem, 'beam', 7)
