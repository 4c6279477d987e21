import { DEFAULT_CONFIG } from '../../search/settings.ts'
import type { Actions } from '../app-state.ts'
import type { RunsSlice } from '../search/runs-slice.ts'
import type { RunView } from '../search/runs-state.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import type { CompareEntry, CompareState } from './compare-state.ts'
import { compareRuns, cursorAtFlops, totalFlops } from './compare-table.ts'

const FEWEST = 2
const MOST = 4
/** Seconds that linked playback takes from start to end. */
const PLAY_SECONDS = 12
/** Between two tables while runs are live. */
const TABLE_MS = 200

export interface CompareSlice {
  readonly actions: Actions['compare']
  /** Entries of a link or of the last visit. */
  restore(entries: readonly Pick<CompareEntry, 'strategy' | 'config'>[]): void
  dispose(): void
}

/** The same problem under two to four strategies, with playheads that move together. */
export function createCompareSlice(context: SliceContext, runs: RunsSlice, session: SessionSlice): CompareSlice {
  const { get, set, deps, notify } = context
  let cancelPlay: (() => void) | null = null
  let cancelTable: (() => void) | null = null

  const patch = (change: Partial<CompareState>): void => set({ compare: { ...get().compare, ...change } })

  const compared = (): readonly RunView[] =>
    get().compare.entries.flatMap(({ run }) => {
      const found = run === null ? undefined : get().runs.byId[run]
      return found ? [found] : []
    })

  const setEntries = (entries: readonly CompareEntry[]): void => {
    const kept = new Set(entries.map(({ run }) => run))
    for (const run of compared()) if (!kept.has(run.id)) runs.actions.cancel(run.id)
    patch({ entries })
    refreshTable()
  }

  const refreshTable = (): void => {
    const { table, equalFlops } = compareRuns(compared(), runs.treeAt)
    patch({ table, equalFlops })
  }

  const stopListening = runs.onChange((changed) => {
    if (!get().compare.entries.some(({ run }) => run !== null && changed.includes(run))) return
    cancelTable ??= deps.later(() => {
      cancelTable = null
      refreshTable()
    }, TABLE_MS)
  })

  const moveAll = (position: number): void => {
    const share = Math.max(0, Math.min(1, position))
    patch({ position: share })
    const shown = compared()
    const most = Math.max(0, ...shown.map(totalFlops))
    for (const run of shown) {
      const cursor =
        get().compare.link === 'flops' ? cursorAtFlops(run.events, share * most) : Math.round(share * run.events.length)
      runs.actions.seek(run.id, cursor)
    }
  }

  const stop = (): void => {
    cancelPlay?.()
    cancelPlay = null
    patch({ playing: false })
  }

  const actions: Actions['compare'] = {
    add: (strategy) => {
      const { entries } = get().compare
      if (entries.length < MOST) setEntries([...entries, { strategy, config: DEFAULT_CONFIG, run: null }])
    },
    remove: (index) => {
      const { entries } = get().compare
      if (entries.length > FEWEST) setEntries(entries.filter((_, at) => at !== index))
    },
    setStrategy: (index, strategy) =>
      setEntries(
        get().compare.entries.map((entry, at) =>
          at === index ? { strategy, config: DEFAULT_CONFIG, run: null } : entry,
        ),
      ),
    setConfig: (index, change) =>
      setEntries(
        get().compare.entries.map((entry, at) =>
          at === index ? { ...entry, config: { ...entry.config, ...change }, run: null } : entry,
        ),
      ),
    start: async () => {
      actions.cancel()
      stop()
      const base = session.problemSetup()
      if (!base) return
      const { entries } = get().compare
      patch({ started: { problem: base.problem, seed: base.seed }, position: 1 })
      // Launched in one go: the engine batches what the searches ask for at the same time.
      const started = await Promise.all(
        entries.map(({ strategy, config }) => runs.launch({ ...base, strategy, config }, { activate: false })),
      )
      const current = get().compare.entries
      setEntries(current.map((entry, at) => (entry === entries[at] ? { ...entry, run: started[at] ?? null } : entry)))
      const failed = started.filter((run) => run === null).length
      if (failed > 0) notify({ tone: 'warning', text: `${failed} of ${started.length} strategies did not start` })
    },
    cancel: () => {
      for (const run of compared()) runs.actions.cancel(run.id)
    },
    setLink: (link) => patch({ link }),
    seek: (position) => {
      stop()
      moveAll(position)
    },
    play: () => {
      let position = get().compare.position >= 1 ? 0 : get().compare.position
      let last = deps.now()
      patch({ playing: true })
      moveAll(position)
      const tick = (): void => {
        const now = deps.now()
        position = Math.min(1, position + (now - last) / 1000 / PLAY_SECONDS)
        last = now
        moveAll(position)
        cancelPlay = null
        if (position < 1) cancelPlay = deps.frame(tick)
        else patch({ playing: false })
      }
      cancelPlay?.()
      cancelPlay = deps.frame(tick)
    },
    stop,
  }

  return {
    actions,
    restore: (entries) => {
      if (entries.length >= FEWEST && entries.length <= MOST) {
        patch({ entries: entries.map(({ strategy, config }) => ({ strategy, config, run: null })), started: null })
      }
    },
    dispose: () => {
      cancelPlay?.()
      cancelTable?.()
      stopListening()
    },
  }
}
