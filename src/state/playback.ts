import type { SliceContext } from './slice-context.ts'
import type { RunId, RunView } from './types.ts'

/** A playhead may fall behind by this much after a hidden page; it does not leap over what was missed. */
const LONGEST_FRAME_MS = 250

/** Moves the playheads that play, by wall time and the chosen speed. */
export function createPlayback(
  context: SliceContext,
  moveTo: (run: RunId, cursor: number, change?: Partial<RunView>) => void,
): { play(run: RunId): void; stop(run: RunId): void; dispose(): void } {
  const { get, deps } = context
  /** Fractions of an event not yet shown. */
  const playing = new Map<RunId, number>()
  let last = 0
  let cancel: (() => void) | null = null

  const tick = (): void => {
    cancel = null
    const now = deps.now()
    const share = (Math.min(now - last, LONGEST_FRAME_MS) / 1000) * get().preferences.speed
    last = now
    for (const [id, rest] of playing) {
      const run = get().runs.byId[id]
      if (!run) {
        playing.delete(id)
        continue
      }
      const due = rest + share
      const whole = Math.floor(due)
      playing.set(id, due - whole)
      const atEnd = run.cursor + whole >= run.events.length
      const live = run.status === 'running' || run.status === 'paused'
      if (atEnd) {
        playing.delete(id)
        moveTo(id, run.events.length, { playing: false, following: live })
      } else if (whole > 0) moveTo(id, run.cursor + whole)
    }
    if (playing.size > 0) cancel = deps.frame(tick)
  }

  return {
    play: (id) => {
      playing.set(id, 0)
      if (cancel) return
      last = deps.now()
      cancel = deps.frame(tick)
    },
    stop: (id) => {
      playing.delete(id)
      const run = get().runs.byId[id]
      if (run?.playing) moveTo(id, run.cursor, { playing: false })
    },
    dispose: () => cancel?.(),
  }
}
