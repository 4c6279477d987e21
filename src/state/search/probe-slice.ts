import { toErrorDetails } from '../../core/errors.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { pathTo } from '../../search/tree-paths.ts'
import type { LoadedModels } from '../../worker/protocol.ts'
import type { Actions } from '../app-state.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import { readEstimate } from './estimate.ts'
import type { Estimate, ProbeState, ProbeStep } from './probe-state.ts'
import type { RunsSlice } from './runs-slice.ts'
import type { RunParent, RunView } from './runs-state.ts'
import { createLabeler, STEP_END } from './task-tools.ts'

/** Typing rests this long before the models are asked. */
const DEBOUNCE_MS = 150
const ESTIMATES = 20

export interface ProbeSlice {
  readonly actions: Actions['probe']
  /** Models are ready: asks them anew, for what others said is not theirs. */
  retry(): void
  dispose(): void
}

/** A path whose steps can be edited: scores, log-probabilities, completions, and searches from there. */
export function createProbeSlice(context: SliceContext, runs: RunsSlice): ProbeSlice {
  const { get, set, deps } = context
  let cancelTimer: (() => void) | null = null
  let asking: AbortController | null = null
  /** Which models read `original`; null while they are the recorded numbers. */
  let originalBy: string | null = null

  const patch = (change: Partial<ProbeState>): void => set({ probe: { ...get().probe, ...change } })

  const openRun = (): RunView | null => {
    const { run } = get().probe
    return run === null ? null : (get().runs.byId[run] ?? null)
  }

  /** Asks the models about the steps as they stand; an answer to older steps is dropped. */
  const ask = async (): Promise<void> => {
    asking?.abort()
    const controller = new AbortController()
    asking = controller
    const run = openRun()
    const started = run?.events[0]
    if (!run || started?.type !== 'started') return
    if (get().engine.phase !== 'ready') {
      patch({ status: 'waiting' })
      return
    }
    patch({ status: 'running', error: null })
    const read = async (of: readonly ProbeStep[]): Promise<ProbeStep[]> => {
      const texts = of.map(({ text }) => text + STEP_END)
      const params = { problem: run.setup, steps: texts }
      const { scores, readings } = await deps.client.call('probe', params, controller.signal)
      return of.map((step, index) => {
        const tokens = readings[index] ?? []
        const logprob = tokens.reduce((sum, token) => sum + token.logprob, 0)
        return { ...step, score: scores[index] ?? null, tokens, logprob }
      })
    }
    try {
      const now = modelsOf(get().engine.models)
      const { firstEdit, original } = get().probe
      // Before and after an edit are told by the same models.
      const before = firstEdit !== null && originalBy !== now ? await read(original) : original
      const after = await read(get().probe.steps)
      if (controller.signal.aborted) return
      originalBy = now
      patch({ status: 'ready', steps: after, original: firstEdit === null ? after : before })
    } catch (error) {
      if (controller.signal.aborted) return
      patch({ status: 'failed', error: toErrorDetails(error) })
    }
  }

  const askSoon = (): void => {
    cancelTimer?.()
    asking?.abort()
    patch({ status: 'waiting' })
    cancelTimer = deps.later(() => {
      cancelTimer = null
      void ask()
    }, DEBOUNCE_MS)
  }

  /** Puts new lines; what the models said stays for steps before the first change. */
  const setLines = (lines: readonly string[]): void => {
    const run = openRun()
    if (!run) return
    const label = createLabeler(run.setup)
    const { steps: before, original } = get().probe
    let changed = false
    const steps = lines.map((text, index): ProbeStep => {
      const old = before[index]
      changed ||= old?.text !== text
      if (!changed && old) return old
      const known = label?.(lines.slice(0, index + 1).map((line) => line + STEP_END)) ?? null
      return { text, score: null, tokens: [], logprob: null, label: known }
    })
    const edited = Math.max(lines.length, original.length)
    const first = Array.from({ length: edited }, (_, index) => index).find(
      (index) => lines[index] !== original[index]?.text,
    )
    patch({ steps, firstEdit: first ?? null })
    askSoon()
  }

  const stopListening = runs.onChange((changed) => {
    const { estimates } = get().probe
    if (!estimates.some(({ id }) => changed.includes(id))) return
    patch({
      estimates: estimates.map((estimate) => {
        const run = get().runs.byId[estimate.id]
        const tree = run && changed.includes(estimate.id) ? runs.treeAt(run.id, run.events.length) : null
        return run && tree ? readEstimate(estimate, run, tree) : estimate
      }),
    })
  })

  const prefixTo = (index: number | undefined): string[] => {
    const { steps } = get().probe
    return steps.slice(0, index === undefined ? steps.length : index + 1).map(({ text }) => text + STEP_END)
  }

  const parentOf = (run: RunView): RunParent => ({ run: run.id, node: get().probe.node ?? 0, event: run.cursor })

  const lines = (): string[] => get().probe.steps.map(({ text }) => text)

  const actions: Actions['probe'] = {
    open: (id, node) => {
      const run = get().runs.byId[id]
      const tree = run ? runs.treeAt(id, run.events.length) : null
      if (!run || !tree) return
      asking?.abort()
      const label = createLabeler(run.setup)
      const path = pathTo(tree, node).filter(({ text }) => text !== '')
      const steps = path.map(
        ({ text, score, tokens, logprob }, index): ProbeStep => ({
          text: withoutEnd(text),
          score,
          tokens: tokens.map((token) => ({ ...token, alternatives: [] })),
          logprob,
          label: label?.(path.slice(0, index + 1).map((step) => step.text)) ?? null,
        }),
      )
      originalBy = null
      patch({ run: id, node, original: steps, steps, firstEdit: null, status: 'idle', error: null })
      askSoon()
    },
    close: () => {
      cancelTimer?.()
      asking?.abort()
      patch({ run: null, node: null, original: [], steps: [], firstEdit: null, status: 'idle', error: null })
    },
    editStep: (index, text) => setLines(lines().map((line, at) => (at === index ? withoutEnd(text) : line))),
    insertStep: (index, text) => setLines(lines().toSpliced(index, 0, withoutEnd(text))),
    removeStep: (index) => setLines(lines().toSpliced(index, 1)),
    revert: () => setLines(get().probe.original.map(({ text }) => text)),
    estimate: async (count, index) => {
      const run = openRun()
      if (!run) return
      const prefix = prefixTo(index)
      const config = { ...DEFAULT_CONFIG, n: count, m: 1 }
      const setup = { ...run.setup, strategy: 'sampling' as const, config, seed: deps.randomSeed(), prefix }
      const id = deps.randomId()
      const estimate: Estimate = {
        id,
        run: run.id,
        node: index === undefined && get().probe.firstEdit === null ? get().probe.node : null,
        prefix,
        count,
        status: 'running',
        error: null,
        completions: [],
        correct: 0,
        mean: null,
        interval: null,
      }
      patch({ estimates: [estimate, ...get().probe.estimates].slice(0, ESTIMATES) })
      const title = `${count} completions of ${run.title}`
      const started = await runs.launch(setup, {
        id,
        parent: parentOf(run),
        title,
        activate: false,
        purpose: 'completions',
      })
      if (started === null) patch({ estimates: get().probe.estimates.filter((other) => other.id !== id) })
    },
    cancelEstimate: (id) => runs.actions.cancel(id),
    continueSearch: async (index) => {
      const run = openRun()
      if (!run) return null
      try {
        return await runs.launch({ ...run.setup, prefix: prefixTo(index) }, { parent: parentOf(run) })
      } catch (error) {
        notifyError(context, 'The search did not start', error)
        return null
      }
    },
  }

  return {
    actions,
    retry: () => {
      if (get().probe.run !== null) void ask()
    },
    dispose: () => {
      cancelTimer?.()
      asking?.abort()
      stopListening()
    },
  }
}

function modelsOf(models: LoadedModels | null): string | null {
  return models && `${models.policy.hash} ${models.reward?.hash}`
}

/** A line as people edit it: no step end, and no line break that would make two steps. */
function withoutEnd(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trimEnd()
}
