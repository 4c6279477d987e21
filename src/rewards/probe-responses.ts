import { orderedWork } from '../core/ordered-work.ts'
import type { Prompt } from '../core/prompt.ts'
import { bareStep, endedStep } from '../core/step-text.ts'
import type { RewardModel } from '../search/models.ts'
import type { ProbeKind, ProbeResult } from './probes.ts'
import { PROBE_KINDS, probesOf } from './probes.ts'
import { defaultConcurrency } from './problem-set.ts'
import { scoreProbe } from './score-probe.ts'
import { scoreResponses } from './score-responses.ts'
import type { TakenGroup } from './take-apart.ts'

interface ProbedGroup extends TakenGroup {
  readonly prompt: Prompt
  readonly task: { paraphrase?(step: string): string | null }
}

/** What probes did, and of each kind how many changes the model's vocabulary cannot hold, where there are some. */
export interface ProbedResponses {
  readonly results: readonly ProbeResult[]
  readonly unwritten: readonly { readonly kind: ProbeKind; readonly count: number }[]
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
    ).map((probe) => ({ probe, prompt, before: scores[index]?.[0] ?? [] })),
  )
  const results: ProbeResult[] = []
  const unwritten = new Map<ProbeKind, number>()
  const one = async ({ probe, prompt, before }: (typeof all)[number], _: number, ended: AbortSignal) => ({
    kind: probe.kind,
    result: await scoreProbe(probe, before, (steps) => scoreOne(model, prompt, steps, ended)),
  })
  for await (const { kind, result } of orderedWork(all, defaultConcurrency(1), one, signal)) {
    if (result) results.push(result)
    else unwritten.set(kind, (unwritten.get(kind) ?? 0) + 1)
  }
  return {
    results,
    unwritten: PROBE_KINDS.flatMap((kind) => {
      const count = unwritten.get(kind)
      return count === undefined ? [] : [{ kind, count }]
    }),
  }
}

async function scoreOne(model: RewardModel, prompt: Prompt, steps: readonly string[], signal: AbortSignal) {
  const problem = { prompt, responses: [steps.map((step) => endedStep(step))] }
  for await (const { scores } of scoreResponses(model, [problem], { signal })) return scores[0] ?? []
  throw new RangeError('the reward model answered nothing')
}
