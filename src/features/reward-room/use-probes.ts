import { useCallback, useEffect, useRef, useState } from 'react'
import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import type { Probe, ProbeResult } from '../../rewards/probes.ts'
import { scoreProbe } from '../../rewards/score-probe.ts'
import { useActions } from '../../state/hooks.ts'
import { probesOfTrace } from '../../state/traces/trace-probes.ts'
import type { Slot, Trace } from '../../state/traces/traces-state.ts'

/** A probe of a trace, and what each slot's model made of it. */
export interface Probed {
  readonly trace: Trace
  readonly probe: Probe
  /** Null of a model whose vocabulary cannot hold the change. */
  readonly results: readonly (ProbeResult | null)[]
}

export interface ProbeRun {
  /** Null before the first. */
  readonly found: readonly Probed[] | null
  /** Probes scored of those under way; null where none are. */
  readonly progress: { readonly done: number; readonly total: number } | null
  readonly error: ErrorDetails | null
  run(traces: readonly Trace[], seed: number): Promise<void>
  cancel(): void
}

/** Changes traces by the seed, and has every change scored by the slots' models. */
export function useProbes(
  slots: readonly Slot[],
  scoresOf: (slot: Slot, trace: Trace) => readonly number[] | null,
): ProbeRun {
  const actions = useActions()
  const [found, setFound] = useState<readonly Probed[] | null>(null)
  const [progress, setProgress] = useState<ProbeRun['progress']>(null)
  const [error, setError] = useState<ErrorDetails | null>(null)
  const running = useRef<AbortController | null>(null)
  const cancel = useCallback(() => {
    running.current?.abort()
    setProgress(null)
  }, [])
  useEffect(() => () => running.current?.abort(), [])
  const run = async (traces: readonly Trace[], seed: number) => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    const { signal } = controller
    const probes = traces.flatMap((trace) => probesOfTrace(trace, seed).map((probe) => ({ trace, probe })))
    setError(null)
    setProgress({ done: 0, total: probes.length })
    try {
      const all: Probed[] = []
      for (const { trace, probe } of probes) {
        const results: (ProbeResult | null)[] = []
        for (const slot of slots) {
          const before = scoresOf(slot, trace) ?? []
          const result = await scoreProbe(probe, before, (steps) =>
            actions.traces.scoreSteps(slot, trace.key, steps, signal),
          )
          if (signal.aborted) return
          results.push(result)
        }
        all.push({ trace, probe, results })
        setProgress({ done: all.length, total: probes.length })
      }
      setFound(all)
      setProgress(null)
    } catch (caught) {
      if (signal.aborted) return
      setProgress(null)
      setError(toErrorDetails(caught))
    }
  }
  return { found, progress, error, run, cancel }
}
