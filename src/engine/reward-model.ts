import { allOrNothing } from '../core/all-or-nothing.ts'
import { logSumExp, sigmoid } from '../core/numerics.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Branch, RewardModel, RewardModelInfo, ScoreRequest, StepScores, Usage } from '../search/models.ts'
import { checkScores } from '../search/read-out.ts'
import type { SequenceNode } from './branch.ts'
import { SharedHistories } from './cache/shared-histories.ts'
import type { EngineModel } from './engine-model.ts'
import { tokenFlops } from './engine-model.ts'
import type { PromptWriter } from './prompt/prompt-writer.ts'
import { notationPrompts } from './prompt/prompt-writer.ts'
import { placeSteps } from './step-readouts.ts'
import type { Tokenizer } from './tokenizer/tokenizer.ts'

export interface RewardModelParts {
  /** How problems are put to it; in their task's notation where nothing is said. */
  readonly prompts?: PromptWriter
  readonly model: EngineModel
  readonly tokenizer: Tokenizer
  readonly info: RewardModelInfo
  /** Text of the token whose output is a step's score. */
  readonly scoreAt: string
  readonly activation: 'sigmoid' | 'softmax'
}

/** Tokens of one request's steps, where they are scored, and how many an earlier request of the call has too. */
interface PlacedSteps {
  readonly parent: SequenceNode
  readonly steps: readonly string[]
  readonly ids: readonly number[]
  readonly readouts: readonly number[]
  readonly known: number
}

/**
 * A model with a score head as the search's reward model. A step's score is read at the last token that completes
 * `scoreAt` in it; where a step does not contain it (cut by length, or ended by the end of the sequence), the
 * token is appended, as the model was trained to be read there. Prompt and steps are tokenized each on its own, which
 * for vocabularies of characters is the same as tokenizing the whole text; subword vocabularies must not merge over
 * the end of a step for that to hold.
 */
export class EngineRewardModel implements RewardModel {
  readonly info: RewardModelInfo
  readonly model: EngineModel
  private readonly tokenizer: Tokenizer
  private readonly prompts: PromptWriter
  private readonly scoreAt: string
  private readonly activation: 'sigmoid' | 'softmax'

  constructor(parts: RewardModelParts) {
    this.info = parts.info
    this.model = parts.model
    this.tokenizer = parts.tokenizer
    this.prompts = parts.prompts ?? notationPrompts(parts.tokenizer)
    this.scoreAt = parts.scoreAt
    this.activation = parts.activation
  }

  async open(prompt: Prompt): Promise<{ branch: Branch; usage: Usage }> {
    const { ids } = this.prompts(prompt)
    const node = await this.model.prompt(ids, false)
    const flops = tokenFlops(this.info.flops, 0, ids.length, 0)
    return {
      branch: this.model.branches.hand(node),
      usage: { asked: ids.length, executed: ids.length, overrun: 0, flops },
    }
  }

  async score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<StepScores[]> {
    const parents = requests.map(({ branch }) => this.model.branches.node(branch).retain())
    try {
      const histories = new Map(parents.map((parent) => [parent, new SharedHistories()]))
      const placed = requests.map(({ steps }, index) => {
        const parent = parents[index] as SequenceNode
        const { ids, readouts } = placeSteps(
          this.tokenizer,
          this.scoreAt,
          steps,
          this.model.contextLength - parent.tokens,
        )
        // Steps of one branch that begin alike are run once as far as they do, and charged to the first.
        return { parent, steps, ids, readouts, known: histories.get(parent)?.add(ids) ?? 0 }
      })
      return await allOrNothing(
        placed,
        (steps, ended) => this.scoreSteps(steps, ended),
        ({ branch }) => this.release(branch),
        signal,
      )
    } finally {
      for (const parent of parents) parent.release()
      this.model.scheduler.released()
    }
  }

  fork(branch: Branch): Branch {
    return this.model.fork(branch)
  }

  release(branch: Branch): void {
    this.model.release(branch)
  }

  private async scoreSteps(
    { parent, steps, ids, readouts, known }: PlacedSteps,
    signal: AbortSignal,
  ): Promise<StepScores> {
    const tokens = parent.tokens + ids.length
    this.model.checkLength(tokens)
    const scores: number[] = []
    const sequence = parent.sequence.fork()
    try {
      await this.model.scheduler.execute({
        sequence,
        base: parent,
        common: known,
        ids,
        readouts,
        readings: { read: (row) => [...row], take: (outputs) => scores.push(this.activate(outputs)) },
        signal,
      })
      checkScores(scores, this.info, steps)
    } catch (error) {
      sequence.release()
      throw error
    }
    return {
      scores,
      branch: this.model.branches.hand(this.model.node(sequence, [])),
      usage: {
        asked: tokens,
        executed: ids.length - known,
        overrun: 0,
        flops: tokenFlops(this.info.flops, parent.tokens + known, ids.length - known, readouts.length),
      },
    }
  }

  /** Sigmoid of a single output; with several labels, the softmax probability of label 1. */
  private activate(outputs: readonly number[]): number {
    const [zero = 0, one = 0] = outputs
    // A sigmoid would make a score of an infinite output.
    if (!outputs.every(Number.isFinite)) return Number.NaN
    if (this.activation === 'sigmoid') return sigmoid(zero)
    return Math.exp(one - logSumExp(outputs))
  }
}
