import { useEffect, useState } from 'react'
import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { useActions } from '../../state/hooks.ts'
import type { Slot, TraceKey } from '../../state/traces/traces-state.ts'

/** Typing rests this long before the models are asked. */
const DEBOUNCE_MS = 250

export interface StepScores {
  /** By slot, in the order of the slots asked for; null until they are there. */
  readonly scores: readonly (readonly number[])[] | null
  readonly busy: boolean
  readonly error: ErrorDetails | null
}

/** What the slots' models say of these steps of a trace, asked when they rest; null steps ask nothing. */
export function useStepScores(trace: TraceKey, slots: readonly Slot[], steps: readonly string[] | null): StepScores {
  const actions = useActions()
  const key = steps === null ? null : JSON.stringify(steps)
  const asked = slots.join()
  const [found, setFound] = useState<{ readonly key: string | null } & Omit<StepScores, 'busy'>>(NOTHING)
  useEffect(() => {
    if (key === null) return
    const controller = new AbortController()
    const { signal } = controller
    const read = async () => {
      try {
        const scores: (readonly number[])[] = []
        for (const slot of asked.split(',') as Slot[]) {
          scores.push(await actions.traces.scoreSteps(slot, trace, JSON.parse(key) as string[], signal))
        }
        if (!signal.aborted) setFound({ key, scores, error: null })
      } catch (error) {
        if (!signal.aborted) setFound({ key, scores: null, error: toErrorDetails(error) })
      }
    }
    const timer = setTimeout(() => void read(), DEBOUNCE_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [actions, trace, asked, key])
  const fresh = found.key === key
  return { scores: found.scores, error: fresh ? found.error : null, busy: key !== null && !fresh }
}

const NOTHING = { key: null, scores: null, error: null } as const
