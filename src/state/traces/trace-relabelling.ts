import { toErrorDetails } from '../../core/errors.ts'
import { ASKED } from '../../worker/client.ts'
import type { SliceContext } from '../slice-context.ts'
import type { TraceLabelChange, TracesActions, TracesState } from './traces-state.ts'

/** Completions drawn in one call, about: progress is seen, and the engine's batches are full. */
const COMPLETIONS = 512

export interface TraceRelabellingDeps {
  readonly context: SliceContext
  patch(change: Partial<TracesState>): void
  ensureModels(): Promise<boolean>
  readonly write: TracesActions['setLabels']
}

export type TraceRelabelling = Pick<TracesActions, 'relabel' | 'cancelRelabelling'> & { dispose(): void }

/** Monte Carlo labels by completions of the loaded policy, some traces a call; what is labelled is kept at once. */
export function createTraceRelabelling({
  context,
  patch,
  ensureModels,
  write,
}: TraceRelabellingDeps): TraceRelabelling {
  const { get, deps } = context
  let running: AbortController | null = null
  return {
    relabel: async (keys, k, seed) => {
      if (running) return
      const controller = new AbortController()
      running = controller
      const { signal } = controller
      const wanted = new Set(keys)
      const chosen = get().traces.traces.filter(({ key }) => wanted.has(key))
      const startedAt = deps.now()
      patch({ error: null, relabelling: { done: 0, total: chosen.length, startedAt } })
      try {
        if (!(await ensureModels())) return
        for (let from = 0; from < chosen.length; ) {
          let to = from
          for (let drawn = 0; to < chosen.length && (to === from || drawn < COMPLETIONS); to++) {
            drawn += (chosen[to]?.steps.length ?? 0) * k
          }
          const part = chosen.slice(from, to)
          const traces = part.map(({ asked, problem, steps }) => ({ asked, problem, steps }))
          const labels = await deps.client.call('labelTraces', { traces, k, seed }, signal)
          const { policy } = get().engine.models ?? {}
          const changes = part.map((trace, index): TraceLabelChange => {
            const drawn = labels[index] ?? []
            const steps = drawn.map(({ right, runs }) => right / runs)
            return {
              trace: trace.key,
              steps,
              // Nothing right follows a step from which no completion was right.
              firstError: steps.indexOf(0),
              runs: drawn,
              policy: policy ? { id: policy.id, hash: policy.hash } : null,
            }
          })
          await write('monte-carlo', changes)
          from = to
          if (!signal.aborted) patch({ relabelling: { done: from, total: chosen.length, startedAt } })
        }
      } catch (error) {
        if (!signal.aborted) patch({ error: toErrorDetails(error) })
      } finally {
        if (running === controller) {
          running = null
          patch({ relabelling: null })
        }
      }
    },
    cancelRelabelling: () => {
      running?.abort(ASKED)
      running = null
      patch({ relabelling: null })
    },
    dispose: () => running?.abort(),
  }
}
