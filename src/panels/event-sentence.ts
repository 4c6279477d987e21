import { describeEvent } from '../search/describe-event.ts'
import type { RunView } from '../state/types.ts'

/** What the event before `position` means, in one sentence. */
export function eventSentence(run: RunView, position: number): string {
  const event = run.events[position - 1]
  return event === undefined ? 'Before the first event.' : describeEvent(event, run.tree)
}
