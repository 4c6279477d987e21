import { StepscopeError } from '../core/errors.ts'
import type { Prompt } from '../core/prompt.ts'
import { bareStep, endedStep } from '../core/step-text.ts'
import type { RewardModel } from '../search/models.ts'
import type { ProbeKind, ProbeResult } from './probes.ts'
import { PROBE_KINDS, probesOf } from './probes.ts'
import { scoreResponses } from './score-responses.ts'
import type { TakenGroup } from './take-apart.ts'

interface ProbedGroup extends TakenGroup {
  readonly prompt: Prompt
  readonly task: { paraphrase?(step: string): string | null }
}

/** What probes did, and the kinds whose texts the model's vocabulary does not have. */
export interface ProbedResponses {
  readonly results: readonly ProbeResult[]
  readonly unwritten: readonly ProbeKind[]
}

/** Probes the first response of every problem, one of each kind that it allows, and scores what becomes of it. */
export async function probeResponses(
  model: RewardModel,
  groups: readonly ProbedGroup[],
  scores: readonly (readonly (readonly number[])[])[],
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<ProbedResponses> {
  const all = groups.flatMap(({ prompt, responses, label, task: { paraphrase } }, index) =>
    probesOf(
      (responses[0]?.steps ?? []).map((step) => bareStep(step)),
      seed + index,
      {
        ...(paraphrase ? { paraphrase: (steps, at) => paraphrase(steps[at] ?? '') } : {}),
        ...(label ? { isRight: (steps) => label(steps.map((step) => endedStep(step))).label === 1 } : {}),
      },
    ).map((probe) => ({ ...probe, prompt, scores: scores[index]?.[0] ?? [] })),
  )
  const results: ProbeResult[] = []
  const unwritten: ProbeKind[] = []
  for (const kind of PROBE_KINDS) {
    const probes = all.filter((probe) => probe.kind === kind)
    const changed = probes.map(({ prompt, steps }) => ({ prompt, responses: [steps.map((step) => endedStep(step))] }))
    try {
      for await (const { problem, scores: after } of scoreResponses(model, changed, { signal })) {
        const probe = probes[problem]
        const own = after[0] ?? []
        if (probe === undefined) continue
        results.push({
          kind,
          expects: probe.expects,
          before: probe.scores[probe.before] ?? Number.NaN,
          after: own[probe.at] ?? Number.NaN,
          lowestBefore: Math.min(...probe.scores),
          lowestAfter: Math.min(...own),
        })
      }
    } catch (error) {
      if (!(error instanceof StepscopeError && error.details.code === 'bad-problem')) throw error
      unwritten.push(kind)
    }
  }
  return { results: results.filter((result) => !unwritten.includes(result.kind)), unwritten }
}
