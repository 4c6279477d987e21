import type { SearchEvent } from '../../search/events.ts'
import type { RunView } from './runs-state.ts'

/**
 * An earlier run of the very same search: setup with its seed, both models, and every step and decision. Null while the run is under way,
 * and where there is none.
 */
export function sameSearch(run: RunView, others: Readonly<Record<string, RunView>>): RunView | null {
  if (run.source !== 'live' || run.status !== 'finished') return null
  const setup = JSON.stringify(run.setup)
  const same = (other: RunView) =>
    other.id !== run.id &&
    other.createdAt <= run.createdAt &&
    other.status === 'finished' &&
    other.events.length === run.events.length &&
    JSON.stringify(other.setup) === setup &&
    run.events.every((event, index) => sameEvent(event, other.events[index]))
  return Object.values(others).find(same) ?? null
}

/** Whether two events draw the same: scores may differ in their last digits where another machine computed them. */
function sameEvent(a: SearchEvent, b: SearchEvent | undefined): boolean {
  if (b === undefined || a.type !== b.type) return false
  if (a.type === 'started' && b.type === 'started') {
    return a.policy.hash === b.policy.hash && a.reward?.hash === b.reward?.hash
  }
  if (a.type === 'proposed' && b.type === 'proposed') return a.node === b.node && a.text === b.text
  return !('node' in a && 'node' in b) || a.node === b.node
}
