import type { RunView } from '../state/search/runs-state.ts'

/** What stands for the answer while the playhead is not at one: what the run does, or where in it one looks. */
export function statusWord(run: Pick<RunView, 'status' | 'cursor' | 'events'>): string {
  const live = run.status === 'running' || run.status === 'paused'
  // Looked at before its end; what it was doing then is in the sentence.
  if (run.cursor < run.events.length && !live) return `Event ${run.cursor} of ${run.events.length}`
  switch (run.status) {
    case 'running':
      return 'Searching'
    case 'paused':
      return 'Paused'
    case 'cancelled':
      return 'Cancelled'
    case 'failed':
      return 'Stopped by an error'
    case 'interrupted':
      return 'Interrupted'
    case 'finished':
      return 'Finished'
  }
}
