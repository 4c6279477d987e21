import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import type { Prompt } from '../../core/prompt.ts'
import { endedStep } from '../../core/step-text.ts'
import { scoreResponses } from '../../rewards/score-responses.ts'
import type { RewardModel } from '../../search/models.ts'
import type { OpenedReward } from '../engine-host.ts'
import type { ParamsOf, ResultOf } from '../protocol.ts'
import { promptOfTrace } from './prompt-of-trace.ts'

type Model = ParamsOf<'openScorer'>['model']
type Open = (model: Model, signal: AbortSignal) => Promise<OpenedReward>

/** Two models side by side. */
const PLACES = 2

/** Reward models of the room for traces: the engine's own where it is the same, else loaded beside it. */
export class ScoreHost {
  private readonly open: Open
  /** The one that was used last is the last. */
  private held: { readonly key: string; readonly opened: Promise<OpenedReward> }[] = []

  constructor(open: Open) {
    this.open = open
  }

  async describe({ model }: ParamsOf<'openScorer'>, signal: AbortSignal): Promise<ResultOf<'openScorer'>> {
    const { key, reading, part } = await this.get(model, signal)
    try {
      const { hash, kind, aggregation } = part.value.model.info
      return { key, hash, kind, aggregation, reading }
    } finally {
      part.release()
    }
  }

  async score({ model, traces }: ParamsOf<'scoreTraces'>, signal: AbortSignal): Promise<ResultOf<'scoreTraces'>> {
    const { part } = await this.get(model, signal)
    try {
      const reward = part.value.model
      const problems = traces.map((trace) => ({
        prompt: promptOfTrace(trace),
        responses: [trace.steps.map((step) => endedStep(step))],
      }))
      return await scoreAll(reward, problems, signal)
    } finally {
      part.release()
    }
  }

  /** Lets go of all models; those in use stay until they are done. */
  release(): void {
    for (const { opened } of this.held) letGo(opened)
    this.held = []
  }

  /** A model, held for the caller, who lets go of it: it may be taken out of its place meanwhile. */
  private async get(model: Model, signal: AbortSignal): Promise<OpenedReward> {
    try {
      return await this.find(model, signal)
    } catch (error) {
      // Whoever asked for it first may have left while it was loading.
      if (signal.aborted || toErrorDetails(error).code !== 'cancelled') throw error
      return this.find(model, signal)
    }
  }

  private find(model: Model, signal: AbortSignal): Promise<OpenedReward> {
    const key = JSON.stringify(model)
    const found = this.held.find((one) => one.key === key)
    const entry = found ?? { key, opened: this.open(model, signal) }
    this.held = [...this.held.filter((one) => one !== entry), entry]
    while (this.held.length > PLACES) {
      const [oldest] = this.held.splice(0, 1)
      if (oldest) letGo(oldest.opened)
    }
    if (!found) {
      entry.opened.catch(() => {
        this.held = this.held.filter((one) => one !== entry)
      })
    }
    return entry.opened.then((opened) => {
      opened.part.retain()
      return opened
    })
  }
}

function letGo(opened: Promise<OpenedReward>): void {
  opened.then(
    ({ part }) => part.release(),
    // Its opening failed, and whoever asked was told.
    () => {},
  )
}

interface Problem {
  readonly prompt: Prompt
  readonly responses: readonly (readonly string[])[]
}

/** Scores of each response; what cannot be scored by itself (too long, say) has an error instead, and the others their scores. */
async function scoreAll(
  reward: RewardModel,
  problems: readonly Problem[],
  signal: AbortSignal,
): Promise<ResultOf<'scoreTraces'>> {
  const scores: ResultOf<'scoreTraces'>[number][] = []
  try {
    for await (const scored of scoreResponses(reward, problems, { signal })) {
      scores[scored.problem] = { scores: scored.scores[0] ?? [] }
    }
    return scores
  } catch (error) {
    const details = toErrorDetails(error)
    const own = error instanceof StepscopeError && details.code !== 'cancelled' && details.code !== 'device-lost'
    if (!own || signal.aborted) throw error
    if (problems.length <= 1) return problems.map(() => ({ error: details }))
    const middle = Math.ceil(problems.length / 2)
    return [
      ...(await scoreAll(reward, problems.slice(0, middle), signal)),
      ...(await scoreAll(reward, problems.slice(middle), signal)),
    ]
  }
}
