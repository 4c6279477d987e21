import { z } from 'zod'
import { toErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { pushAll } from '../../core/push-all.ts'
import type { MadeLabels, StoredTrace, TraceSet } from '../../storage/stored-traces.ts'
import { TASKS } from '../../tasks/registry.ts'
import type { Actions } from '../app-state.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import type { HeldModels } from '../models/model-kinds.ts'
import { wantedModel } from '../models/model-kinds.ts'
import { exportRun } from '../search/run-files.ts'
import { readProblem } from '../search/task-tools.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import { traceOfText } from './text-trace.ts'
import { exportRows } from './trace-export.ts'
import { createTraceFiles } from './trace-files.ts'
import { createTraceHandLabels } from './trace-hand-labels.ts'
import { createTraceRelabelling } from './trace-relabelling.ts'
import { createTraceScoring } from './trace-scoring.ts'
import { bytesOf, heldTrace, TraceShelf } from './trace-shelf.ts'
import type { SetId, SlotState, Trace, TraceKey, TracesState } from './traces-state.ts'
import { LABEL_KINDS, PICTURES } from './traces-state.ts'

export interface TracesSlice {
  readonly actions: Actions['traces']
  /** Models and saved choices are known: what the room needs of them can be read. @param others tabs that are open besides this one */
  start(others: () => Promise<ReadonlySet<string>>): void
  /** A model has other weights or another reading now: its scores so far are of the one before. */
  modelChanged(model: ModelChoice): void
  dispose(): void
}

const JOB_KEY = 'scoring of traces'
const CHOICES_KEY = 'reward-model room'
const SAVE_MS = 300

const choiceSchema = z.object({ kind: z.string(), id: z.string(), name: z.string() })
const slotSchema = z.object({ model: choiceSchema, scorer: z.string().nullable() }).nullable()
const choicesSchema = z.object({
  slots: z.object({ a: slotSchema, b: slotSchema }),
  truth: z.enum(['any', ...LABEL_KINDS]),
  picture: z.enum(PICTURES),
  selected: z.string().nullable(),
})
const jobSchema = z.object({ slot: z.enum(['a', 'b']), model: choiceSchema, owner: z.string().nullable() })

/** The reward-model room: traces, who scored them, and what people and completions say of their steps. */
export function createTracesSlice(
  context: SliceContext,
  saving: Saving,
  held: HeldModels,
  engine: EngineSlice,
  owner: () => string | null,
): TracesSlice {
  const { get, set, deps, notify } = context
  const shelf = new TraceShelf(saving)
  let othersOf: (() => Promise<ReadonlySet<string>>) | null = null
  let entered = false
  let opening: Promise<void> | null = null
  let cancelSave: (() => void) | null = null
  /** Models that changed in this page: which of their scores are of them as they are now, scoring finds out. */
  const changed = new Set<string>()

  const patch = (change: Partial<TracesState>): void => {
    set({ traces: { ...get().traces, ...change } })
  }

  const choices = () => {
    const { slots, truth, picture, selected } = get().traces
    return { slots, truth, picture, selected }
  }
  const keepChoices = async (): Promise<void> => {
    await saving.attempt((storage) => storage.writeSetting(CHOICES_KEY, choices()), { once: true })
  }
  const saveChoices = (): void => {
    cancelSave ??= deps.later(() => {
      cancelSave = null
      void keepChoices()
    }, SAVE_MS)
  }
  const choose = (change: Partial<TracesState>): void => {
    patch(change)
    saveChoices()
  }

  /** Both, without scores where their model has changed. */
  const without = ({ a, b }: TracesState['slots'], isChanged: (model: ModelChoice) => boolean) => {
    const one = (slot: SlotState | null) => (slot && isChanged(slot.model) ? { ...slot, scorer: null } : slot)
    return { a: one(a), b: one(b) }
  }

  const hold = (added: TraceSet, traces: readonly Trace[]): void => {
    const { sets, traces: before, bytes } = get().traces
    const more = traces.reduce((sum, trace) => sum + bytesOf(trace), 0)
    patch({ sets: [...sets, added], traces: [...before, ...traces], bytes: bytes + more })
  }

  const add = async (added: TraceSet, stored: readonly StoredTrace[]): Promise<void> => {
    hold(
      added,
      stored.map((trace, index) => heldTrace(added.id, index, trace)),
    )
    await saving.attempt((storage) => storage.traces.writeSet(added), { once: true })
  }

  const wanted = (choice: ModelChoice) => ({
    ...wantedModel(choice, held),
    weights: get().engine.weights.reward,
  })

  const ensureModels = () => engine.ensureReady()
  const files = createTraceFiles({ context, shelf, patch, add, ensureModels })
  const scoring = createTraceScoring({
    context,
    patch,
    show: async (slots) => {
      patch({ slots })
      await keepChoices()
    },
    wanted,
    ensureModels,
    save: async (scorer, chunks) => {
      await saving.attempt((storage) => storage.traces.writeScores(scorer, chunks), { once: true })
    },
    note: async (job) => {
      const noted = job && { ...job, owner: owner() }
      await saving.attempt((storage) => storage.writeSetting(JOB_KEY, noted), { once: true })
    },
  })

  const writeLabels: Actions['traces']['setLabels'] = async (kind, labels) => {
    const made = { ...get().traces.made[kind] }
    const records = labels.map(({ trace, runs: drawn = null, policy = null, ...rest }): MadeLabels => {
      const { set: of, index } = placeOf(trace)
      return { set: of, index, kind, runs: drawn, policy, at: deps.date(), ...rest }
    })
    for (const record of records) made[`${record.set}/${record.index}`] = record
    patch({ made: { ...get().traces.made, [kind]: made } })
    await saving.attempt((storage) => storage.traces.writeLabels(records))
  }
  const relabelling = createTraceRelabelling({ context, patch, ensureModels, write: writeLabels })

  const removeLabels: Actions['traces']['removeLabels'] = async (kind, traces) => {
    const made = { ...get().traces.made[kind] }
    for (const trace of traces) delete made[trace]
    patch({ made: { ...get().traces.made, [kind]: made } })
    const keys = traces.map((trace) => {
      const { set: of, index } = placeOf(trace)
      return [of, index, kind] as const
    })
    await saving.attempt((storage) => storage.traces.deleteLabels(keys))
  }
  const byHand = createTraceHandLabels({ context, saving, patch, write: writeLabels, remove: removeLabels })

  /** What this browser kept, and scoring that was interrupted. */
  const open = async (others: () => Promise<ReadonlySet<string>>): Promise<void> => {
    const alone = (await others()).size === 0
    const saved = choicesSchema.safeParse(await saving.attempt((storage) => storage.readSetting(CHOICES_KEY)))
    if (saved.success) {
      const { slots, ...rest } = saved.data as Pick<TracesState, 'slots'>
      patch({ ...rest, slots: without(slots, (model) => changed.has(keyOf(model))) })
    } else patch({ slots: { a: defaultSlot(), b: null } })
    if (alone) await saving.attempt((storage) => storage.traces.deleteOrphans())
    const sets = (await saving.attempt((storage) => storage.traces.listSets())) ?? []
    for (const one of sets) {
      if (one.removed) {
        if (alone) await shelf.delete(one.id)
        continue
      }
      // Added while this was going on.
      if (get().traces.sets.some(({ id }) => id === one.id)) continue
      const traces: Trace[] = []
      for await (const chunk of shelf.read(one.id)) {
        pushAll(
          traces,
          chunk.traces.map((trace, at) => heldTrace(one.id, chunk.first + at, trace)),
        )
      }
      hold(one, traces)
    }
    const labels = (await saving.attempt((storage) => storage.traces.readLabels())) ?? []
    const made: Record<MadeLabels['kind'], Record<TraceKey, MadeLabels>> = { human: {}, 'monte-carlo': {} }
    for (const one of labels) made[one.kind][`${one.set}/${one.index}`] = one
    await byHand.restore()
    const scorers = (await saving.attempt((storage) => storage.traces.listScorers())) ?? []
    const scores: Record<string, Record<SetId, (readonly number[] | null)[]>> = {}
    for (const chunk of (await saving.attempt((storage) => storage.traces.readScores())) ?? []) {
      scores[chunk.scorer] ??= {}
      const own = scores[chunk.scorer] as Record<SetId, (readonly number[] | null)[]>
      own[chunk.set] ??= []
      const list = own[chunk.set] as (readonly number[] | null)[]
      for (let at = list.length; at < chunk.first; at++) list[at] = null
      for (const [at, score] of chunk.scores.entries()) list[chunk.first + at] = score
    }
    patch({ made, scorers, scores, status: 'ready' })
    await resume(others)
  }

  const resume = async (others: () => Promise<ReadonlySet<string>>): Promise<void> => {
    const job = jobSchema.safeParse(await saving.attempt((storage) => storage.readSetting(JOB_KEY)))
    if (!job.success) return
    const { slot, model, owner: last } = job.data
    // Another tab is at it.
    if (last !== null && (await others()).has(last)) return
    choose({ slots: { ...get().traces.slots, [slot]: slotOf(model as ModelChoice) } })
    void scoring.score(slot)
  }

  /** A model with the newest scores that it has here. */
  const slotOf = (model: ModelChoice): SlotState => {
    const key = keyOf(model)
    const scorer = changed.has(key) ? null : get().traces.scorers.findLast((one) => keyOf(one.model) === key)
    return { model, scorer: scorer?.key ?? null }
  }

  const defaultSlot = (): SlotState | null => {
    const { reward } = get().engine
    return reward && { model: { kind: reward.kind, id: reward.id, name: reward.name }, scorer: null }
  }

  const openIfAsked = async (): Promise<void> => {
    if (!entered || othersOf === null) return
    opening ??= open(othersOf).catch((error: unknown) => {
      patch({ status: 'ready', error: toErrorDetails(error) })
    })
    await opening
  }

  const savedRun = async (id: string) => {
    const found = await saving.attempt((storage) => storage.readRun(id))
    return found && { ...found.run, events: found.events, cursor: found.events.length, selected: null }
  }

  const remove = (id: SetId): void => {
    const { sets, traces, selected, bytes } = get().traces
    const gone = sets.find((one) => one.id === id)
    if (!gone) return
    const own = traces.filter((trace) => trace.set === id)
    const left = own.reduce((sum, trace) => sum + bytesOf(trace), 0)
    patch({
      sets: sets.filter((one) => one.id !== id),
      traces: traces.filter((trace) => trace.set !== id),
      selected: selected?.startsWith(`${id}/`) ? null : selected,
      bytes: bytes - left,
      view: { ...get().traces.view, set: '' },
    })
    // It goes for good at the next start; until then it can be undone.
    const mark = (removed: boolean) =>
      saving.attempt((storage) => storage.traces.writeSet({ ...gone, removed }), { once: true })
    void mark(true)
    notify({ tone: 'info', text: `${gone.count} traces of ${gone.name} were taken away` }, async () => {
      hold(gone, own)
      await mark(false)
    })
  }

  const actions: Actions['traces'] = {
    ...files,
    ...scoring,
    ...relabelling,
    enter: async () => {
      entered = true
      await openIfAsked()
    },
    addText: async (problem, steps) => {
      const trace = traceOfText(problem, steps, askedOf(problem))
      if (trace.problem === '' || trace.steps.length === 0) return false
      await files.put({ name: trace.problem.slice(0, 60), source: 'text', formats: ['Text'] }, [trace])
      return true
    },
    addRun: async (id) => {
      try {
        const run = get().runs.byId[id] ?? (await savedRun(id))
        if (!run) {
          notify({ tone: 'warning', text: 'This run is not saved here any more' })
          return
        }
        const { name, text } = exportRun(run, deps.appVersion)
        await files.openFile(new File([text], name))
      } catch (error) {
        notifyError(context, 'The run was not taken over', error)
      }
    },
    removeSet: remove,
    setView: (change) => patch({ view: { ...get().traces.view, ...change } }),
    setTruth: (truth) => choose({ truth }),
    select: (trace) => choose({ selected: trace }),
    show: (picture) => choose({ picture }),
    setSlot: (slot, choice) => {
      const given = choice && choice.scorer === null ? slotOf(choice.model) : choice
      choose({ slots: { ...get().traces.slots, [slot]: given } })
    },
    takeModel: async ({ role, ...model }) => {
      await openIfAsked()
      if (role !== 'policy') choose({ slots: { ...get().traces.slots, a: slotOf(model) } })
      else
        notify({ tone: 'info', text: `“${plainText(model.name, 80)}” is loaded as the policy: it is no reward model` })
    },
    setLabels: writeLabels,
    removeLabels,
    labelByHand: byHand.labelByHand,
    undoByHand: byHand.undoByHand,
    exportTraces: async (keys, format, labels) => {
      try {
        const wantedKeys = new Set(keys)
        const { traces, made } = get().traces
        const chosen = traces.filter(({ key }) => wantedKeys.has(key))
        return await exportRows(chosen, shelf, made, format, labels)
      } catch (error) {
        notifyError(context, 'The traces were not exported', error)
        return null
      }
    },
    dismissError: () => patch({ error: null }),
  }

  return {
    actions,
    modelChanged: (model) => {
      const key = keyOf(model)
      changed.add(key)
      if (opening !== null) choose({ slots: without(get().traces.slots, (one) => keyOf(one) === key) })
    },
    start: (others) => {
      othersOf = others
      void openIfAsked()
    },
    dispose: () => {
      cancelSave?.()
      files.dispose()
      scoring.dispose()
      relabelling.dispose()
    },
  }
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}:${id}`
}

function placeOf(key: TraceKey): { readonly set: SetId; readonly index: number } {
  const at = key.lastIndexOf('/')
  return { set: key.slice(0, at), index: Number(key.slice(at + 1)) }
}

/** The problem of a text as the first task with a notation of its own that can read it. */
function askedOf(text: string) {
  for (const { id, notation, label } of TASKS) {
    if (!notation || !label) continue
    const read = readProblem(id, text.trim(), '')
    if (read.ok) return { task: id, problem: read.text }
  }
  return null
}
