import { toErrorDetails } from '../../core/errors.ts'
import type { RunSetup } from '../../search/events.ts'
import { problemOf } from '../../tasks/registry.ts'
import type { ManifestFields, ModelSource, ParamsOf } from '../../worker/protocol.ts'
import type { SliceContext } from '../slice-context.ts'
import type { EngineSlice } from './engine-slice.ts'
import type { OwnModelsSlice } from './own-models-slice.ts'
import type { ReadingActions, ReadingOf, ReadingState } from './reading-state.ts'

/** Typing rests this long before the worker is asked. */
const DEBOUNCE_MS = 150
/** Where a task has no steps of its own to show. */
const STEPS = ['First, 3 * 4 = 12.', 'Then 12 + 2 = 14.']

export interface ReadingSlice {
  readonly actions: ReadingActions
  dispose(): void
}

/** A reward model's reading: looked at on a sample, and changed. */
export function createReadingSlice(
  { get, set, deps }: SliceContext,
  engine: EngineSlice,
  ownModels: Pick<OwnModelsSlice, 'pendingSource' | 'setFields' | 'canSetFields'>,
): ReadingSlice {
  let cancelTimer: (() => void) | null = null
  let asking: AbortController | null = null
  let fields: ManifestFields = {}

  const patch = (change: Partial<ReadingState>): void => set({ reading: { ...get().reading, ...change } })

  const sourceOf = (of: ReadingOf): ModelSource | null => {
    if (of === 'folder') return ownModels.pendingSource()
    const { reward } = get().engine
    return reward && engine.sourceOf(reward)
  }

  /** A text alone is what no task knows: then it is put as it is. */
  const problemOfSample = (text: string): ParamsOf<'previewReading'>['problem'] => {
    const { task } = get().session
    const setup: Pick<RunSetup, 'task' | 'problem'> = { task, problem: text }
    try {
      problemOf(setup)
      return setup
    } catch {
      return text
    }
  }

  const ask = async (of: ReadingOf): Promise<void> => {
    asking?.abort()
    const controller = new AbortController()
    asking = controller
    try {
      const source = sourceOf(of)
      if (source === null) throw new RangeError('there is no reward model to look at')
      const { problem, steps } = get().reading.sample
      const params = {
        model: { source, manifest: fields },
        problem: problemOfSample(problem),
        steps: steps.split('\n').filter((step) => step !== ''),
      }
      const preview = await deps.client.call('previewReading', params, controller.signal)
      if (!controller.signal.aborted) patch({ status: 'ready', preview, model: source.id, error: null })
    } catch (error) {
      if (!controller.signal.aborted) patch({ status: 'failed', error: toErrorDetails(error) })
    }
  }

  const askSoon = (of: ReadingOf): void => {
    cancelTimer?.()
    patch({ status: 'waiting' })
    cancelTimer = deps.later(() => {
      cancelTimer = null
      void ask(of)
    }, DEBOUNCE_MS)
  }

  const actions: ReadingActions = {
    look: (of, given) => {
      fields = given
      const { reading, session } = get()
      if (reading.of !== of) patch({ of, preview: null, model: null, error: null, sample: sampleOf(session) })
      askSoon(of)
    },
    setSample: (sample) => {
      const { of } = get().reading
      patch({ sample })
      if (of !== null) askSoon(of)
    },
    close: () => {
      cancelTimer?.()
      asking?.abort()
      patch({ of: null, status: 'idle', preview: null, model: null, error: null })
    },
    canChange: () => {
      const { reward } = get().engine
      return reward !== null && ownModels.canSetFields(reward)
    },
    apply: async (given) => {
      const { reward } = get().engine
      return reward !== null && (await ownModels.setFields(reward, given))
    },
  }

  return {
    actions,
    dispose: () => {
      cancelTimer?.()
      asking?.abort()
    },
  }
}

/** The problem at hand, with a solution where its task can write one. */
function sampleOf({ task: id, problemText }: { readonly task: string; readonly problemText: string }) {
  try {
    const { task, problem } = problemOf({ task: id, problem: problemText })
    const steps = task.traces?.demonstrate(problem, 1)
    return { problem: problemText, steps: (steps ?? STEPS).map((step) => step.replace(/\n+$/, '')).join('\n') }
  } catch {
    return { problem: problemText, steps: STEPS.join('\n') }
  }
}
