import { itemSeed } from '../../core/item-seed.ts'
import type { TrialGroup } from '../../core/statistics.ts'
import { groupedRate, mean } from '../../core/statistics.ts'
import type { Metrics } from '../../objectives/loss.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { sampleResponses } from '../../rewards/sample-responses.ts'
import type { Policy } from '../../search/models.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { checkerFor, promptOf } from '../../tasks/registry.ts'
import type { TrainingSample } from '../run-events.ts'

/** Samples of each problem: their mean is a steadier pass@1 than one sample's. */
const SAMPLES = 4
/** Responses that are shown. */
const SHOWN = 12

/**
 * pass@1 of a policy at temperature 1 with its 95 % interval (`/low`, `/high`), and some of its responses. The same problems and noise at every step.
 * @param proxies what a reward model says of each response of each problem, whose mean stands beside pass@1
 */
export async function evaluatePolicy(
  policy: Policy,
  task: AnyTask,
  problems: readonly unknown[],
  seed: number,
  signal: AbortSignal,
  proxies?: (groups: readonly (readonly SampledResponse[])[]) => Promise<readonly number[]>,
): Promise<{ readonly metrics: Metrics; readonly samples: readonly TrainingSample[] }> {
  if (problems.length === 0) return { metrics: {}, samples: [] }
  const set = problems.map((problem) => ({ prompt: promptOf(task, problem), ...checkerFor(task, problem) }))
  const counts: TrialGroup[] = []
  const samples: TrainingSample[] = []
  const groups: (readonly SampledResponse[])[] = []
  for await (const { problem, responses } of sampleResponses(policy, set, {
    n: SAMPLES,
    seed: itemSeed(seed, 0x5eed),
    signal,
  })) {
    const right = responses.filter(({ verdict }) => verdict.correct).length
    counts.push({ successes: right, trials: responses.length })
    groups[problem] = responses
    const [first] = responses
    if (first && samples.length < SHOWN) {
      samples.push({ problem: task.format(problems[problem]), response: first.text, correct: first.verdict.correct })
    }
  }
  const proxy = proxies && { 'eval/proxy': mean(await proxies(groups)) }
  const { rate, interval } = groupedRate(counts)
  const [low, high] = interval
  return { metrics: { 'eval/pass@1': rate, 'eval/pass@1/low': low, 'eval/pass@1/high': high, ...proxy }, samples }
}
