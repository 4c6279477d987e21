import { useRef } from 'react'
import { describeEvent } from '../search/describe-event.ts'
import { RunTimeline } from '../state/search/run-timeline.ts'
import type { RunView } from '../state/search/runs-state.ts'

/** What the event before `position` means, in one sentence; for positions up to the playhead. */
export function eventSentence(run: RunView, position: number): string {
  const event = run.events[position - 1]
  return event === undefined ? 'Before the first event.' : describeEvent(event, run.tree)
}

/** The same for any position; what lies ahead of the playhead is replayed when it is first asked for. */
export function useEventSentences(run: RunView): (position: number) => string {
  const ahead = useRef<{ readonly run: string; readonly timeline: RunTimeline } | null>(null)
  return (position) => {
    const event = run.events[position - 1]
    if (event === undefined || position <= run.cursor) return eventSentence(run, position)
    if (ahead.current?.run !== run.id) ahead.current = { run: run.id, timeline: new RunTimeline() }
    const { timeline } = ahead.current
    timeline.append(run.events.slice(timeline.length))
    return describeEvent(event, timeline.treeAt(position))
  }
}
