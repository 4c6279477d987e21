import { toErrorDetails } from '../../core/errors.ts'
import { bareStep } from '../../core/step-text.ts'
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
import { createLabeler } from './task-tools.ts'

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
      const params = { problem: run.setup, steps: of.map(wholeText) }
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

  /** Puts other steps; what the models said stays for those before the first change. */
  const setSteps = (given: readonly WrittenStep[]): void => {
    const run = openRun()
    if (!run) return
    const label = createLabeler(run.setup)
    const { steps: before, original } = get().probe
    const texts = given.map(wholeText)
    let changed = false
    const steps = given.map(({ text, end }, index): ProbeStep => {
      const old = before[index]
      changed ||= !old || wholeText(old) !== texts[index]
      if (!changed && old) return old
      return { text, end, score: null, tokens: [], logprob: null, label: label?.(texts.slice(0, index + 1)) ?? null }
    })
    const edited = Math.max(texts.length, original.length)
    const first = Array.from({ length: edited }, (_, index) => index).find((index) => {
      const was = original[index]
      return was === undefined || wholeText(was) !== texts[index]
    })
    patch({ steps, firstEdit: first ?? null })
    askSoon()
  }

  const ends = (): readonly [string, ...string[]] => endsOf(openRun())

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
    return steps.slice(0, index === undefined ? steps.length : index + 1).map(wholeText)
  }

  const parentOf = (run: RunView): RunParent => ({ run: run.id, node: get().probe.node ?? 0, event: run.cursor })

  const steps = (): readonly WrittenStep[] => get().probe.steps

  const actions: Actions['probe'] = {
    open: (id, node) => {
      const run = get().runs.byId[id]
      const tree = run ? runs.treeAt(id, run.events.length) : null
      if (!run || !tree) return
      asking?.abort()
      const label = createLabeler(run.setup)
      const path = pathTo(tree, node).filter(({ text }) => text !== '')
      const stepEnds = endsOf(run)
      const read = path.map(
        ({ text, score, tokens, logprob }, index): ProbeStep => ({
          ...writtenStep(text, stepEnds),
          score,
          tokens: tokens.map((token) => ({ ...token, alternatives: [] })),
          logprob,
          label: label?.(path.slice(0, index + 1).map((step) => step.text)) ?? null,
        }),
      )
      originalBy = null
      patch({ run: id, node, original: read, steps: read, firstEdit: null, status: 'idle', error: null })
      askSoon()
    },
    close: () => {
      cancelTimer?.()
      asking?.abort()
      patch({ run: null, node: null, original: [], steps: [], firstEdit: null, status: 'idle', error: null })
    },
    editStep: (index, text) =>
      setSteps(steps().map((step, at) => (at === index ? { ...step, text: oneStep(text, ends()) } : step))),
    insertStep: (index, text) => setSteps(steps().toSpliced(index, 0, { text: oneStep(text, ends()), end: ends()[0] })),
    removeStep: (index) => setSteps(steps().toSpliced(index, 1)),
    revert: () => setSteps(get().probe.original),
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

type WrittenStep = Pick<ProbeStep, 'text' | 'end'>

const wholeText = ({ text, end }: WrittenStep): string => text + end

/** What ends the steps of a run's policy. */
function endsOf(run: RunView | null): readonly [string, ...string[]] {
  const started = run?.events[0]
  const [first = '\n', ...others] = (started?.type === 'started' && started.policy.stepEnds) || []
  return [first, ...others]
}

/** A step of a run as people edit it; one that was cut gets the policy's end. */
function writtenStep(step: string, ends: readonly [string, ...string[]]): WrittenStep {
  const text = bareStep(step, ends)
  return { text, end: step.slice(text.length) || ends[0] }
}

/** A text as people type it, without what would make two steps of it. */
function oneStep(text: string, ends: readonly string[]): string {
  const unix = bareStep(text.replace(/\r\n?/g, '\n'), ends)
  return ends.reduce((one, end) => one.replaceAll(end, end.length > 1 && end.trim() === '' ? '\n' : ' '), unix)
}
