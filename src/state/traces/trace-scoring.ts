import type { ErrorDetails } from '../../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import type { ScoreChunk, Scorer } from '../../storage/stored-traces.ts'
import { ASKED } from '../../worker/client.ts'
import type { WantedReward } from '../../worker/protocol.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import type { SliceContext } from '../slice-context.ts'
import { isRefused } from './trace-columns.ts'
import type { Slot, Trace, TraceScoring, TracesActions, TracesState } from './traces-state.ts'

/** A call to the worker takes about this long, so that progress is seen and a cancel is quick. */
const CALL_MS = 400
const FIRST_STEPS = 64
const MOST_STEPS = 4096
/** Traces of one call, and of one chunk in storage. */
const MOST_TRACES = 500

/** What scoring needs of the rest of the room. */
export interface TraceScoringDeps {
  readonly context: SliceContext
  patch(change: Partial<TracesState>): void
  /** Shows these scorers, and keeps them for after a reload. */
  show(slots: TracesState['slots']): Promise<void>
  /** @throws StepscopeError `not-found` where the model is not here any more */
  wanted(choice: ModelChoice): WantedReward
  ensureModels(): Promise<boolean>
  /** Saves scores; a failure is told once, and they stay in the page. */
  save(scorer: Scorer, chunks: readonly ScoreChunk[]): Promise<void>
  /** Notes what is being scored, for after a reload; null: nothing. */
  note(job: { readonly slot: Slot; readonly model: ModelChoice } | null): Promise<void>
}

export type TraceScoringPart = Pick<TracesActions, 'score' | 'cancelScoring' | 'scoreSteps'> & {
  /** The engine is gone: what was being scored waits. */
  dispose(): void
}

/** Traces one after the other, of one set, that have no scores yet. */
interface Stretch {
  readonly set: string
  readonly first: number
  readonly traces: readonly Trace[]
}

/** Scores traces in the background, call by call, and keeps each call's scores: nothing is scored twice. */
export function createTraceScoring({
  context,
  patch,
  show,
  wanted,
  ensureModels,
  save,
  note,
}: TraceScoringDeps): TraceScoringPart {
  const { get, deps } = context
  let running: AbortController | null = null

  const openScorer = async (choice: ModelChoice, model: WantedReward, signal: AbortSignal): Promise<Scorer> => {
    const { key, hash, reading, kind, aggregation } = await deps.client.call('openScorer', { model }, signal)
    const known = get().traces.scorers.find((scorer) => scorer.key === key)
    const scorer = known ?? { key, model: choice, hash, reading, kind, aggregation, createdAt: deps.date() }
    if (!known) patch({ scorers: [...get().traces.scorers, scorer] })
    return scorer
  }

  const take = (scorer: Scorer, { set, first }: Stretch, scores: readonly (readonly number[])[]): void => {
    const own = get().traces.scores[scorer.key] ?? {}
    const before = [...(own[set] ?? [])]
    for (const [index, score] of scores.entries()) before[first + index] = score
    for (let at = 0; at < first; at++) before[at] ??= null
    patch({ scores: { ...get().traces.scores, [scorer.key]: { ...own, [set]: before } } })
  }

  /** The stretch as it is saved, with the scores behind it: in its place may stand a longer one, of before. */
  const chunkFrom = ({ key }: Scorer, { set, first }: Stretch): ScoreChunk => {
    const scores: (readonly number[])[] = []
    const own = get().traces.scores[key]?.[set] ?? []
    for (const score of own.slice(first, first + MOST_TRACES)) {
      if (score == null) break
      scores.push(score)
    }
    return { scorer: key, set, first, scores }
  }

  const withFailure = (scorer: Scorer, failure: ErrorDetails): Scorer => {
    const next = { ...scorer, failure }
    patch({ scorers: get().traces.scorers.map((one) => (one.key === scorer.key ? next : one)) })
    return next
  }

  const run = async (slot: Slot, choice: ModelChoice, isAgain: boolean, signal: AbortSignal): Promise<void> => {
    const tell = (change: Partial<TraceScoring>): void => {
      const { scoring } = get().traces
      if (!signal.aborted && scoring) patch({ scoring: { ...scoring, ...change } })
    }
    const model = wanted(choice)
    if (!(await ensureModels())) throw new StepscopeError(get().engine.error ?? NOT_LOADED)
    let scorer = await openScorer(choice, model, signal)
    const slots = get().traces.slots
    if (slots[slot]?.model.id === choice.id) await show({ ...slots, [slot]: { model: choice, scorer: scorer.key } })
    const all = get().traces.traces
    const total = all.length
    const own = get().traces.scores[scorer.key]
    const again = new Set(isAgain ? all.filter((trace) => isRefused(own ?? null, trace)) : [])
    const isDue = (trace: Trace): boolean =>
      again.has(trace) || get().traces.scores[scorer.key]?.[trace.set]?.[trace.index] == null
    let done = all.filter((trace) => !isDue(trace)).length
    tell({ status: 'running', done, total, before: done, startedAt: deps.now() })
    const failed: ErrorDetails[] = []
    let steps = FIRST_STEPS
    let saved: Promise<void> = Promise.resolve()
    for (;;) {
      const stretch = nextStretch(get().traces.traces, isDue, steps)
      if (stretch === null) break
      const began = deps.now()
      const asked = stretch.traces.map(({ asked: of, problem, steps: own }) => ({ asked: of, problem, steps: own }))
      const results = await deps.client.call('scoreTraces', { model, traces: asked }, signal)
      const spent = deps.now() - began
      if (spent > 0)
        steps = Math.max(8, Math.min(MOST_STEPS, Math.round((steps * CALL_MS) / Math.max(spent, CALL_MS / 4))))
      for (const trace of stretch.traces) again.delete(trace)
      // What has no scores is asked again only where the person says so.
      const found = results.map((result) => result.scores ?? [])
      for (const { error } of results) if (error) failed.push(error)
      const failure = failed.at(-1)
      if (failure && failure !== scorer.failure) scorer = withFailure(scorer, failure)
      take(scorer, stretch, found)
      done += found.length
      tell({ done, total: get().traces.traces.length })
      await saved
      saved = save(scorer, [chunkFrom(scorer, stretch)])
    }
    await saved
  }

  return {
    score: async (slot, again = false) => {
      const choice = get().traces.slots[slot]?.model
      if (!choice || running) return
      const controller = new AbortController()
      running = controller
      const now = deps.now()
      patch({
        scoring: { slot, model: choice, status: 'loading', done: 0, total: 0, startedAt: now, before: 0, error: null },
      })
      try {
        await note({ slot, model: choice })
        await run(slot, choice, again, controller.signal)
        patch({ scoring: null })
        await note(null)
      } catch (error) {
        const { scoring } = get().traces
        if (controller.signal.aborted || !scoring) return
        patch({ scoring: { ...scoring, status: 'interrupted', error: toErrorDetails(error) } })
      } finally {
        if (running === controller) running = null
      }
    },
    cancelScoring: () => {
      running?.abort(ASKED)
      running = null
      patch({ scoring: null })
      void note(null)
    },
    scoreSteps: async (slot, key, steps, signal) => {
      const { slots, traces } = get().traces
      const [choice, trace] = [slots[slot]?.model, traces.find((one) => one.key === key)]
      if (!choice || !trace) throw new RangeError('there is no such model or trace')
      const { asked, problem } = trace
      const params = { model: wanted(choice), traces: [{ asked, problem, steps }] }
      if (!(await ensureModels())) throw new StepscopeError(get().engine.error ?? NOT_LOADED)
      const [result] = await deps.client.call('scoreTraces', params, signal)
      if (result?.scores) return result.scores
      if (result?.error) throw new StepscopeError(result.error)
      throw new RangeError('the reward model answered nothing')
    },
    dispose: () => running?.abort(),
  }
}

const NOT_LOADED: ErrorDetails = {
  code: 'not-found',
  message: 'No models are loaded',
  nextStep: 'Load the models first.',
}

/** The first traces that are due, of about so many steps. */
function nextStretch(traces: readonly Trace[], isDue: (trace: Trace) => boolean, steps: number): Stretch | null {
  const from = traces.findIndex(isDue)
  const first = traces[from]
  if (first === undefined) return null
  const taken: Trace[] = []
  let count = 0
  for (let at = from; at < traces.length && taken.length < MOST_TRACES; at++) {
    const trace = traces[at] as Trace
    if (trace.set !== first.set || !isDue(trace) || (taken.length > 0 && count + trace.steps.length > steps)) break
    taken.push(trace)
    count += trace.steps.length
  }
  return { set: first.set, first: first.index, traces: taken }
}
