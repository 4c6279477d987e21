import { plainText } from '../../core/outside-text.ts'
import type { ComparedSpec } from '../../formats/compared-spec.ts'
import { configDifference } from '../../formats/strategy-spec.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import type { Actions } from '../app-state.ts'
import { NO_MODEL } from '../models/bundled-models.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import { modelName } from '../models/model-names.ts'
import { pairKey } from '../models/model-pair.ts'
import type { RunsSlice } from '../search/runs-slice.ts'
import type { RunView } from '../search/runs-state.ts'
import { EditHistory } from '../session/edit-history.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import type { CompareEntry, CompareState, OwnPair } from './compare-state.ts'
import { pairOf } from './compare-state.ts'
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
  restore(entries: readonly ComparedSpec[]): void
  /** The entries as links and records have them: settings that differ from the defaults, models by their ids. */
  specs(): readonly ComparedSpec[]
  dispose(): void
}

/** The same problem under two to four strategies and pairs of models, with playheads that move together. */
export function createCompareSlice(
  context: SliceContext,
  engine: EngineSlice,
  runs: RunsSlice,
  session: SessionSlice,
): CompareSlice {
  const { get, set, deps, notify } = context
  let cancelPlay: (() => void) | null = null
  let cancelTable: (() => void) | null = null

  const patch = (change: Partial<CompareState>): void => set({ compare: { ...get().compare, ...change } })

  const compared = (): readonly RunView[] =>
    get().compare.entries.flatMap(({ run }) => {
      const found = run === null ? undefined : get().runs.byId[run]
      return found ? [found] : []
    })

  const edits = new EditHistory<readonly CompareEntry[]>(deps.now)

  const setEntries = (entries: readonly CompareEntry[]): void => {
    const kept = new Set(entries.map(({ run }) => run))
    for (const run of compared()) if (!kept.has(run.id)) runs.actions.cancel(run.id)
    patch({ entries, canUndo: edits.canUndo, canRedo: edits.canRedo })
    refreshTable()
  }

  /** An edit that can be undone. `kind`: as `EditHistory` has it. */
  const edit = (kind: string | null, entries: readonly CompareEntry[]): void => {
    edits.record(get().compare.entries, kind)
    setEntries(entries)
  }

  const change = (kind: string | null, index: number, changed: (entry: CompareEntry) => CompareEntry): void =>
    edit(
      kind,
      get().compare.entries.map((entry, at) => (at === index ? { ...changed(entry), run: null } : entry)),
    )

  /** Entries of before an edit; what was run since for the same column stays with it. */
  const goBack = (entries: readonly CompareEntry[] | null): void => {
    if (!entries) return
    const now = get().compare.entries
    setEntries(entries.map((entry) => now.find((other) => sameColumn(entry, other)) ?? entry))
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

  /** The models that a link or a record names; those that are not here are told, and left to the playground's. */
  const ownPair = ({ policy, reward }: ComparedSpec): OwnPair => {
    const find = (role: 'policy' | 'reward', id: string): ModelChoice | undefined => {
      const found = engine.find(role, id)
      if (found) return found
      const name = plainText(modelName(id, get().engine), 80)
      notify({
        tone: 'warning',
        text: `The model “${name}” is not in this browser`,
        error: {
          code: 'not-found',
          message: `A column of the comparison asks for “${name}”; that of the playground is used instead`,
          nextStep: 'Drag the model’s folder in, and choose it for the column.',
        },
      })
      return undefined
    }
    const ownPolicy = policy === undefined ? undefined : find('policy', policy)
    const ownReward = reward === undefined ? undefined : reward === NO_MODEL ? null : find('reward', reward)
    return {
      ...(ownPolicy === undefined ? {} : { policy: ownPolicy }),
      ...(ownReward === undefined ? {} : { reward: ownReward }),
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
      if (entries.length < MOST) edit(null, [...entries, { strategy, config: DEFAULT_CONFIG, models: {}, run: null }])
    },
    remove: (index) => {
      const { entries } = get().compare
      if (entries.length <= FEWEST) return
      edit(
        null,
        entries.filter((_, at) => at !== index),
      )
    },
    setStrategy: (index, strategy) => change(null, index, (entry) => ({ ...entry, strategy, config: DEFAULT_CONFIG })),
    setConfig: (index, changed) =>
      change(`config ${index} ${Object.keys(changed).join()}`, index, (entry) => ({
        ...entry,
        config: { ...entry.config, ...changed },
      })),
    setModel: (index, role, model) =>
      change(null, index, (entry) => {
        const { [role]: _, ...others } = entry.models
        return { ...entry, models: model === undefined ? others : { ...others, [role]: model } }
      }),
    undo: () => goBack(edits.undo(get().compare.entries)),
    redo: () => goBack(edits.redo(get().compare.entries)),
    start: async () => {
      if (get().compare.starting) return
      actions.cancel()
      stop()
      const base = session.problemSetup()
      if (!base) return
      const { entries } = get().compare
      patch({ starting: true })
      try {
        const chosen = get().engine
        const pairs = entries.map((entry) => pairOf(entry, chosen))
        const beside = new Map(pairs.map((pair) => [pairKey(pair), pair]))
        beside.delete(pairKey(chosen))
        // Models that no column needs any more are let go, too.
        const needed = beside.size > 0 || chosen.beside.length > 0
        if (needed && !(await engine.ensureBeside([...beside.values()]))) return
        patch({ started: { problem: base.problem, seed: base.seed }, position: 1 })
        // Launched in one go: the engine batches what the searches ask for at the same time.
        const started = await Promise.all(
          entries.map(({ strategy, config }, at) => {
            const models = pairs[at]
            return runs.launch({ ...base, strategy, config }, { activate: false, ...(models ? { models } : {}) })
          }),
        )
        const current = get().compare.entries
        setEntries(current.map((entry, at) => (entry === entries[at] ? { ...entry, run: started[at] ?? null } : entry)))
        const failed = started.filter((run) => run === null).length
        if (failed > 0) notify({ tone: 'warning', text: `${failed} of ${started.length} strategies did not start` })
      } finally {
        patch({ starting: false })
      }
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
    restore: (specs) => {
      if (specs.length < FEWEST || specs.length > MOST) return
      const entries = specs.map((spec): CompareEntry => {
        const { strategy, config } = spec
        return { strategy, config: { ...DEFAULT_CONFIG, ...config }, models: ownPair(spec), run: null }
      })
      patch({ entries, started: null })
    },
    specs: () =>
      get().compare.entries.map(({ strategy, config, models: { policy, reward } }) => ({
        strategy,
        config: configDifference(config, DEFAULT_CONFIG),
        ...(policy === undefined ? {} : { policy: policy.id }),
        ...(reward === undefined ? {} : { reward: reward?.id ?? NO_MODEL }),
      })),
    dispose: () => {
      cancelPlay?.()
      cancelTable?.()
      stopListening()
    },
  }
}

/** Whether two entries ask for the same search of one problem. */
function sameColumn(a: CompareEntry, b: CompareEntry): boolean {
  const asked = ({ strategy, config, models: { policy, reward } }: CompareEntry) =>
    JSON.stringify([strategy, configDifference(config, DEFAULT_CONFIG), policy?.id ?? '', reward === null, reward?.id])
  return asked(a) === asked(b)
}
