import type { SearchEvent } from '../../search/events.ts'
import type { Actions } from '../app-state.ts'
import type { SliceContext } from '../slice-context.ts'
import { eventDelays } from './pacing.ts'
import type { RunId, RunView } from './runs-state.ts'

/** A playhead may fall behind by this much after a hidden page; it does not leap over what was missed. */
const LONGEST_FRAME_MS = 250

type PlayheadActions = Pick<
  Actions['runs'],
  'play' | 'stop' | 'stepBy' | 'seek' | 'stepRound' | 'seekRound' | 'followLive'
>

interface Playing {
  /** Seconds at speed 1 since the event that is shown. */
  waited: number
  delays: Float64Array
}

export interface Playhead {
  readonly actions: PlayheadActions
  stop(run: RunId): void
  dispose(): void
}

/**
 * Where each run is looked at. Playheads that play move by wall time, the chosen speed and the waits of `eventDelays`.
 *
 * @param stepLive makes one more event of a paused live run
 */
export function createPlayhead(
  context: SliceContext,
  moveTo: (run: RunId, cursor: number, change?: Partial<RunView>) => void,
  stepLive: (run: RunId) => void,
): Playhead {
  const { get, deps } = context
  const playing = new Map<RunId, Playing>()
  let last = 0
  let cancel: (() => void) | null = null

  const view = (id: RunId): RunView | undefined => get().runs.byId[id]
  const isLive = ({ status }: RunView): boolean => status === 'running' || status === 'paused'

  const tick = (): void => {
    cancel = null
    const now = deps.now()
    const share = (Math.min(now - last, LONGEST_FRAME_MS) / 1000) * get().preferences.pace
    last = now
    for (const [id, state] of playing) {
      const run = view(id)
      if (!run) {
        playing.delete(id)
        continue
      }
      state.waited += share
      let cursor = run.cursor
      while (cursor < run.events.length) {
        // A live run has grown.
        if (cursor >= state.delays.length) state.delays = eventDelays(run.events)
        const delay = state.delays[cursor] ?? 0
        if (state.waited < delay) break
        state.waited -= delay
        cursor++
      }
      if (cursor >= run.events.length) {
        playing.delete(id)
        moveTo(id, run.events.length, { playing: false, following: isLive(run) })
      } else if (cursor > run.cursor) moveTo(id, cursor)
    }
    if (playing.size > 0) cancel = deps.frame(tick)
  }

  const stop = (id: RunId): void => {
    playing.delete(id)
    const run = view(id)
    if (run?.playing) moveTo(id, run.cursor, { playing: false })
  }

  const seek = (id: RunId, cursor: number): void => {
    stop(id)
    moveTo(id, cursor, { following: false })
  }

  const seekRound = (id: RunId, round: number): void => {
    const run = view(id)
    if (run) seek(id, roundStart(run.events, round))
  }

  const followLive = (id: RunId): void => {
    stop(id)
    moveTo(id, view(id)?.events.length ?? 0, { following: true })
  }

  return {
    stop,
    dispose: () => cancel?.(),
    actions: {
      stop,
      seek,
      seekRound,
      followLive,
      play: (id) => {
        const run = view(id)
        if (!run) return
        const atEnd = run.cursor >= run.events.length
        if (atEnd && isLive(run)) {
          followLive(id)
          return
        }
        moveTo(id, atEnd ? 0 : run.cursor, { playing: true, following: false })
        playing.set(id, { waited: 0, delays: eventDelays(run.events) })
        if (cancel) return
        last = deps.now()
        cancel = deps.frame(tick)
      },
      stepBy: (id, events) => {
        const run = view(id)
        if (!run) return
        if (events > 0 && run.cursor >= run.events.length && isLive(run)) {
          if (run.status === 'paused') stepLive(id)
        } else seek(id, run.cursor + events)
      },
      stepRound: (id, direction) => {
        const run = view(id)
        if (!run) return
        const round = roundAt(run.events, run.cursor)
        const start = roundStart(run.events, round)
        if (direction === -1 && run.cursor > start) seek(id, start)
        else seekRound(id, Math.max(0, round + direction))
      },
    },
  }
}

/** Round of the last event applied. */
function roundAt(events: readonly SearchEvent[], cursor: number): number {
  for (let index = Math.min(cursor, events.length) - 1; index >= 0; index -= 1) {
    const event = events[index]
    if (event && 'round' in event) return event.round
  }
  return 0
}

/** Cursor just after the first event of a round or of a later one; the end where there is none. */
function roundStart(events: readonly SearchEvent[], round: number): number {
  const index = events.findIndex((event) => 'round' in event && event.round >= round)
  return index < 0 ? events.length : index + 1
}
