import { allOrNothing } from '../core/all-or-nothing.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Branch, RewardModel, RewardModelInfo, ScoreRequest, StepScores, Usage } from '../search/models.ts'
import { checkScores } from '../search/read-out.ts'
import type { SequenceNode } from './branch.ts'
import { SharedHistories } from './cache/shared-histories.ts'
import type { EngineModel } from './engine-model.ts'
import { tokenFlops } from './engine-model.ts'
import type { ScoreFunction } from './reading/score-function.ts'
import type { Continuation, StepReader } from './reading/step-reader.ts'

export interface RewardModelParts {
  readonly model: EngineModel
  readonly info: RewardModelInfo
  readonly reader: StepReader
  readonly scoring: ScoreFunction
}

/** A response as a reward model reads it, all at once. */
export interface ReadResponse {
  readonly ids: readonly number[]
  /** Where scores are read, from 0. */
  readonly positions: readonly number[]
  /** One for each position. */
  readonly scores: readonly number[]
  /** What the scores are made of: raw numbers of the head, or the logits of the two tokens. */
  readonly outputs: readonly (readonly number[])[]
}

/** One request's further steps: sequences one after the other, and how many tokens an earlier request of the call has too. */
interface PlacedSteps {
  readonly parent: SequenceNode
  readonly prompt: Prompt
  readonly before: readonly string[]
  readonly steps: readonly string[]
  readonly continuations: readonly Continuation[]
  /** What the first of them starts from, for all requests that start there. */
  readonly base: object
  readonly known: number
}

/** What a branch of this model stands for. */
interface BranchSteps {
  readonly prompt: Prompt
  readonly steps: readonly string[]
}

/** A model with a score head, or whose logits are read as scores, as the search's reward model. */
export class EngineRewardModel implements RewardModel {
  readonly info: RewardModelInfo
  readonly model: EngineModel
  private readonly reader: StepReader
  private readonly scoring: ScoreFunction
  private readonly stepsOf = new WeakMap<object, BranchSteps>()

  constructor({ model, info, reader, scoring }: RewardModelParts) {
    this.info = info
    this.model = model
    this.reader = reader
    this.scoring = scoring
  }

  /** Whether it says one number of a whole response; a search's steps are then read as if the response ended with each. */
  get wholes(): boolean {
    return this.reader.wholes
  }

  async open(prompt: Prompt): Promise<{ branch: Branch; usage: Usage }> {
    const ids = this.reader.open(prompt)
    const node = await this.model.prompt(ids, false)
    const flops = tokenFlops(this.info.flops, 0, ids.length, 0)
    return {
      branch: this.hand(node, { prompt, steps: [] }),
      usage: { asked: ids.length, executed: ids.length, overrun: 0, flops },
    }
  }

  async score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<StepScores[]> {
    const parents = requests.map(({ branch }) => this.model.branches.node(branch).retain())
    try {
      const starts = new Map<SequenceNode, Map<number, { readonly base: object; readonly shared: SharedHistories }>>()
      const placed = requests.map(({ branch, steps }, index): PlacedSteps => {
        const parent = parents[index] as SequenceNode
        const { prompt, steps: before } = this.stepsOf.get(branch.handle as object) as BranchSteps
        const history = { prompt, steps: before, ids: parent.sequence.tokenIds }
        const continuations = this.reader.continue(history, steps, this.model.contextLength - parent.tokens)
        const { from, ids } = continuations[0] ?? { from: parent.tokens, ids: [] }
        const ofParent = starts.get(parent) ?? new Map()
        starts.set(parent, ofParent)
        const start = ofParent.get(from) ?? {
          base: from === parent.tokens ? parent : {},
          shared: new SharedHistories(),
        }
        ofParent.set(from, start)
        // Steps of one branch that begin alike are run once as far as they do, and charged to the first.
        return { parent, prompt, before, steps, continuations, base: start.base, known: start.shared.add(ids) }
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

  /** The tokens of a response, and where its scores are read; nothing is run. */
  write(prompt: Prompt, steps: readonly string[]): Pick<ReadResponse, 'ids' | 'positions'> {
    return this.reader.write(prompt, steps)
  }

  /** Reads a whole response; nothing of it is kept. @throws StepscopeError as `score` */
  async read(prompt: Prompt, steps: readonly string[], signal?: AbortSignal): Promise<ReadResponse> {
    const { ids, positions } = this.reader.write(prompt, steps)
    const outputs: (readonly number[])[] = []
    const end = (positions.at(-1) ?? -1) + 1
    this.model.checkLength(end)
    const sequence = this.model.createSequence()
    try {
      // Nothing is remembered, so that a model can be read in several ways.
      await this.model.scheduler.execute({
        sequence,
        ids: ids.slice(0, end),
        readouts: positions,
        onOutput: (row) => outputs.push([...this.scoring.keep(row)]),
        signal,
      })
    } finally {
      sequence.release()
      this.model.scheduler.released()
    }
    return { ids, positions, outputs, scores: this.scoresOf(outputs, steps) }
  }

  fork(branch: Branch): Branch {
    const fork = this.model.fork(branch)
    this.stepsOf.set(fork.handle as object, this.stepsOf.get(branch.handle as object) as BranchSteps)
    return fork
  }

  release(branch: Branch): void {
    this.model.release(branch)
  }

  private hand(node: SequenceNode, steps: BranchSteps): Branch {
    const branch = this.model.branches.hand(node)
    this.stepsOf.set(branch.handle as object, steps)
    return branch
  }

  private async scoreSteps(
    { parent, prompt, before, steps, continuations, base, known }: PlacedSteps,
    signal: AbortSignal,
  ): Promise<StepScores> {
    const outputs: (readonly number[])[] = []
    const usage = { asked: continuations.length === 0 ? parent.tokens : 0, executed: 0, overrun: 0, flops: 0 }
    const sequence = parent.sequence.fork()
    try {
      for (const [index, continuation] of continuations.entries()) {
        const { from, ids, readouts } = continuation
        this.model.checkLength(from + ids.length)
        const common = index === 0 ? known : 0
        sequence.truncate(from)
        await this.execute(sequence, continuation, outputs, { ...(index === 0 ? { base, common } : {}), signal })
        usage.asked += from + ids.length
        usage.executed += ids.length - common
        usage.flops += tokenFlops(this.info.flops, from + common, ids.length - common, readouts.length)
      }
      const scores = this.scoresOf(outputs, steps)
      const branch = this.hand(this.model.node(sequence, []), { prompt, steps: [...before, ...steps] })
      return { scores, branch, usage }
    } catch (error) {
      sequence.release()
      throw error
    }
  }

  private async execute(
    sequence: ReturnType<EngineModel['createSequence']>,
    { ids, readouts }: Continuation,
    outputs: (readonly number[])[],
    options: { readonly base?: object; readonly common?: number; readonly signal: AbortSignal },
  ): Promise<void> {
    await this.model.scheduler.execute({
      sequence,
      ids,
      readouts,
      readings: { read: (row) => [...this.scoring.keep(row)], take: (kept) => outputs.push(kept) },
      ...options,
    })
  }

  private scoresOf(outputs: readonly (readonly number[])[], steps: readonly string[]): number[] {
    const scores = outputs.map((kept) => this.scoring.score(kept))
    checkScores(scores, this.info, steps)
    return scores
  }
}
