import { z } from 'zod'
import type { HandLabel } from '../../rewards/hand-labels.ts'
import { firstErrorByHand } from '../../rewards/hand-labels.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import { labelsOf } from './trace-labels.ts'
import type { StepLabel, Trace, TracesActions, TracesState } from './traces-state.ts'

const HISTORY_KEY = 'undo of labels by hand'
/** Changes that can be taken back, of all traces together. */
const MOST_CHANGES = 500

const labelSchema = z.union([z.literal(1), z.literal(0), z.literal('neutral'), z.null()])
const historySchema = z.array(z.object({ trace: z.string(), steps: z.array(labelSchema) }))

interface HandLabelDeps {
  readonly context: SliceContext
  readonly saving: Saving
  patch(change: Partial<TracesState>): void
  readonly write: TracesActions['setLabels']
  readonly remove: TracesActions['removeLabels']
}

export type TraceHandLabels = Pick<TracesActions, 'labelByHand' | 'undoByHand'> & {
  /** What this browser kept of earlier changes. */
  restore(): Promise<void>
}

/** What a person says of steps, kept at once with what stood there before. */
export function createTraceHandLabels({ context, saving, patch, write, remove }: HandLabelDeps): TraceHandLabels {
  const { get } = context

  const remember = async (handHistory: TracesState['handHistory']): Promise<void> => {
    patch({ handHistory })
    await saving.attempt((storage) => storage.writeSetting(HISTORY_KEY, handHistory), { once: true })
  }
  const keep = (trace: string, steps: readonly HandLabel[]): Promise<void> =>
    steps.every((label) => label === null)
      ? remove('human', [trace])
      : write('human', [{ trace, steps, firstError: firstErrorByHand(steps) }])

  return {
    labelByHand: async (key, steps) => {
      const { traces, made, handHistory } = get().traces
      const trace = traces.find((one) => one.key === key)
      if (!trace) return
      const before = { trace: key, steps: handLabels(trace, made) }
      await Promise.all([keep(key, steps), remember([...handHistory, before].slice(-MOST_CHANGES))])
    },
    undoByHand: async (key) => {
      const { handHistory } = get().traces
      const at = handHistory.findLastIndex(({ trace }) => trace === key)
      const last = handHistory[at]
      if (last) await Promise.all([keep(key, last.steps), remember(handHistory.toSpliced(at, 1))])
    },
    restore: async () => {
      const saved = historySchema.safeParse(await saving.attempt((storage) => storage.readSetting(HISTORY_KEY)))
      if (saved.success) patch({ handHistory: saved.data })
    },
  }
}

/** A person's labels of a trace, one for each step. */
export function handLabels(trace: Trace, made: TracesState['made']): readonly HandLabel[] {
  const own = labelsOf('human', trace, made)?.steps
  return trace.steps.map((_, step) => handLabel(own?.[step] ?? null))
}

function handLabel(label: StepLabel): HandLabel {
  return label === 1 || label === 0 || label === 'neutral' ? label : null
}
