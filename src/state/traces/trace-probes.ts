import type { Probe, ProbeTools } from '../../rewards/probes.ts'
import { probesOf } from '../../rewards/probes.ts'
import { labelsOf, problemOf } from '../../tasks/registry.ts'
import type { Trace } from './traces-state.ts'

/** Probes of a trace by a seed, with the rules of its task where it has some. */
export function probesOfTrace(trace: Trace, seed: number): readonly Probe[] {
  return probesOf(
    trace.steps.map((step) => step.trimEnd()),
    seed,
    toolsOf(trace),
  )
}

function toolsOf({ asked }: Trace): ProbeTools {
  if (asked === null) return {}
  try {
    const { task, problem } = problemOf(asked)
    const { paraphrase } = task
    const label = task.label ? labelsOf(task) : null
    return {
      ...(paraphrase ? { paraphrase: (steps, index) => paraphrase(steps[index] ?? '') } : {}),
      ...(label
        ? {
            isRight: (steps) =>
              label(
                problem,
                steps.map((step) => `${step}\n`),
              ).label === 1,
          }
        : {}),
    }
  } catch {
    // A problem that its task cannot read: changes are made by their kind alone.
    return {}
  }
}
