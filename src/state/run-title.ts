import type { RunSetup } from './types.ts'

/** What a run is called until somebody renames it. */
export function runTitle(setup: RunSetup): string {
  return `${setup.problem} · ${setup.strategy}${setup.prefix.length > 0 ? ` after ${setup.prefix.length} given` : ''}`
}
