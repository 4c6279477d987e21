import { plainText } from '../../core/outside-text.ts'
import { strategyName } from '../../search/settings.ts'
import type { StoredRun } from '../../storage/stored-run.ts'
import type { Actions } from '../app-state.ts'
import type { Saving } from '../session/saving.ts'
import { isFull } from '../session/saving.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import type { RunSummary } from './history-state.ts'
import { shownTitle, storedRun } from './run-files.ts'
import type { RunsSlice } from './runs-slice.ts'
import type { RunId } from './runs-state.ts'

export interface HistorySlice {
  readonly actions: Actions['history']
  /** Opens a saved run as the active one. @returns whether it was there */
  open(run: RunId, options?: { readonly adopt: boolean }): Promise<boolean>
  dispose(): void
}

/** The list of saved runs. */
export function createHistorySlice(
  context: SliceContext,
  saving: Saving,
  runs: RunsSlice,
  session: SessionSlice,
  owner: () => string | null,
): HistorySlice {
  const { get, set, deps, notify } = context
  let all: readonly RunSummary[] = []
  let cancelRefresh: (() => void) | null = null
  let toldUnreadable = false
  /** Deleted here: a list that was read before says otherwise. */
  const removed = new Set<RunId>()
  let asked = 0
  let shown = 0

  /** Saved runs, and those that are in this page alone. */
  const withUnsaved = (): readonly RunSummary[] => {
    const { runs: open, probe } = get()
    const kept = Object.values(open.byId).filter(({ unsaved }) => unsaved !== null)
    if (kept.length === 0) return all
    const completions = new Set(probe.estimates.map(({ id }) => id))
    const shown = kept.map((run): RunSummary => {
      const { purpose } = all.find(({ id }) => id === run.id) ?? {}
      const record = storedRun({ ...run, selected: null }, run.createdAt)
      const { unsaved: _, ...rest } = summary({ ...record, status: run.status })
      return { ...rest, purpose: purpose ?? (completions.has(run.id) ? 'completions' : 'search'), unsaved: true }
    })
    const ids = new Set(shown.map(({ id }) => id))
    return [...shown, ...all.filter(({ id }) => !ids.has(id))].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  }

  const show = (): void => {
    const { history } = get()
    const words = history.query.toLowerCase().split(/\s+/).filter(Boolean)
    const listed = withUnsaved()
    const runs = words.length === 0 ? listed : listed.filter((run) => words.every((word) => textOf(run).includes(word)))
    const ready = saving.available() ? { status: 'ready' as const, error: null } : {}
    set({ history: { ...history, ...ready, runs } })
  }

  const refresh = async (): Promise<void> => {
    const turn = ++asked
    const listed = await saving.attempt((storage) => storage.listRuns())
    // Of two that were asked for, the later one knows more.
    if (!listed) return show()
    if (turn < shown) return
    shown = turn
    all = listed.runs.filter(({ id }) => !removed.has(id)).map(summary)
    show()
    if (listed.unreadable > 0 && !toldUnreadable) {
      toldUnreadable = true
      notify({ tone: 'warning', text: `${listed.unreadable} saved runs cannot be read and are left out` })
    }
  }

  const stopListening = runs.onChange(() => {
    cancelRefresh ??= deps.later(() => {
      cancelRefresh = null
      void refresh()
    }, REFRESH_MS)
  })

  const open: HistorySlice['open'] = async (id, options = { adopt: true }) => {
    if (get().runs.byId[id]) {
      runs.actions.activate(id)
      return true
    }
    const found = await saving.attempt((storage) => storage.readRun(id))
    if (!found) return false
    const { run, events } = found
    // Another tab makes its events; here it stands as far as it was saved.
    const status = run.status === 'running' || run.status === 'paused' ? 'interrupted' : run.status
    const { setup, measured, createdAt, parent, selected } = run
    const title = shownTitle(run)
    runs.open({ id, title, setup, source: 'saved', status, events, measured, createdAt, parent, selected })
    if (options.adopt) session.adopt(setup, parent)
    return true
  }

  return {
    open,
    dispose: () => {
      stopListening()
      cancelRefresh?.()
    },
    actions: {
      refresh,
      search: (query) => {
        set({ history: { ...get().history, query } })
        show()
      },
      open: async (id) => {
        try {
          if (!(await open(id))) notify({ tone: 'warning', text: 'This run is not saved here any more' })
        } catch (error) {
          notifyError(context, 'The run was not opened', error)
        }
      },
      remove: async (id) => {
        const run = get().history.runs.find((other) => other.id === id)
        if (!run) return
        const wasOpen = get().runs.byId[id] !== undefined
        runs.actions.close(id)
        // It leaves the list at once; reading all of them again may take longer than a look.
        removed.add(id)
        all = all.filter((other) => other.id !== id)
        show()
        await runs.flush()
        const marked = await saving.tried((storage) => storage.changeRun(id, { removed: true, removedBy: owner() }))
        if ('error' in marked) {
          const gone =
            isFull(marked.error) && (await saving.attempt((storage) => storage.deleteRun(id).then(() => true)))
          // It was in this page alone.
          const never = run.unsaved && (marked.error.code === 'not-found' || !saving.available())
          if (gone || never) runs.forget(id)
          removed.delete(id)
          await refresh()
          const name = plainText(run.title, 80)
          if (never) notify({ tone: 'info', text: `Deleted “${name}” for good: it was not saved` })
          else if (gone)
            notify({ tone: 'info', text: `Deleted “${name}” for good: there was no room to keep it for undo` })
          else notify({ tone: 'warning', text: `“${name}” was not deleted`, error: marked.error })
          return
        }
        notify({ tone: 'info', text: `Deleted “${plainText(run.title, 80)}”` }, async () => {
          removed.delete(id)
          await saving.attempt((storage) => storage.changeRun(id, { removed: false, removedBy: null }))
          await refresh()
          if (wasOpen) await open(id, { adopt: false })
        })
      },
    },
  }
}

const REFRESH_MS = 400

/** What a query is looked for in; made once for each run as listed. */
const texts = new WeakMap<RunSummary, string>()
function textOf(run: RunSummary): string {
  const known = texts.get(run)
  if (known !== undefined) return known
  const { title, setup, purpose, answer, status } = run
  const text =
    `${title} ${setup.problem} ${purpose} ${setup.strategy} ${strategyName(setup.strategy)} ${answer ?? ''} ${status}`.toLowerCase()
  texts.set(run, text)
  return text
}

function summary(run: StoredRun): RunSummary {
  const { id, purpose, createdAt, updatedAt, status, setup, eventCount, answer, correct } = run
  return {
    id,
    title: shownTitle(run),
    purpose,
    createdAt,
    updatedAt,
    status,
    setup,
    events: eventCount,
    answer,
    correct,
    unsaved: false,
  }
}
