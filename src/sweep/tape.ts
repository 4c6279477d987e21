import { StepscopeError } from '../core/errors.ts'
import type {
  Branch,
  OpenedPrompt,
  Policy,
  Proposal,
  ProposeRequest,
  RewardModel,
  ScoreRequest,
  StepScores,
  Usage,
} from '../search/models.ts'

/** Seconds. */
interface Clock {
  seconds(): number
}

/** What a model ran. */
export interface Work {
  readonly tokens: number
  readonly flops: number
}

export const NO_WORK: Work = { tokens: 0, flops: 0 }

/** One call to a model: what was asked, to be compared, and what it answered, branches left out. */
interface Call<Answer> {
  readonly asked: string
  readonly answer: Answer
  readonly seconds: number
}

type OpenAnswer = Omit<OpenedPrompt, 'branch'> & { readonly tokens: number }
type ProposeAnswer = readonly (Omit<Proposal, 'branch'> & { readonly length: number })[]
type ScoreAnswer = readonly (Omit<StepScores, 'branch'> & { readonly length: number })[]

/**
 * The calls that a search made to one model, in order, with what it answered. A search that makes the same calls, in the
 * same order, is given the same answers without the model: texts, log-probabilities, scores, and what they cost.
 */
export class Tape {
  private readonly calls: Call<unknown>[] = []
  private complete = false

  /** Whether a search was recorded to its end. */
  get isComplete(): boolean {
    return this.complete
  }

  finish(): void {
    this.complete = true
  }

  add(call: Call<unknown>): void {
    this.calls.push(call)
  }

  /** The call at a place. @throws StepscopeError `internal` where another one was recorded there, or none */
  at(index: number, asked: string): Call<unknown> {
    const call = this.calls[index]
    if (call?.asked === asked) return call
    throw new StepscopeError({
      code: 'internal',
      message: 'A search that shares its samples asked for others',
      expected: call?.asked ?? 'no further call',
      found: asked,
    })
  }
}

/** Where a search's calls go: to the model, or, where a tape has them, to the tape. */
interface Caller {
  call<Answer>(asked: string, answer: () => Promise<Answer>): Promise<Answer>
}

/** Counts the time of calls, and keeps them where there is a tape to record on. */
class LiveCaller implements Caller {
  private readonly tape: Tape | null
  private readonly clock: Clock

  constructor(tape: Tape | null, clock: Clock) {
    this.tape = tape
    this.clock = clock
  }

  async call<Answer>(asked: string, answer: () => Promise<Answer>): Promise<Answer> {
    const began = this.clock.seconds()
    const said = await answer()
    this.tape?.add({ asked, answer: said, seconds: this.clock.seconds() - began })
    return said
  }
}

class ReplayingCaller implements Caller {
  seconds = 0
  private readonly tape: Tape
  private index = 0

  constructor(tape: Tape) {
    this.tape = tape
  }

  async call<Answer>(asked: string): Promise<Answer> {
    const { answer, seconds } = this.tape.at(this.index, asked)
    this.index += 1
    this.seconds += seconds
    return answer as Answer
  }
}

/** A model as one search sees it. */
export interface Taped<Model> {
  readonly model: Model
  /** Whether a tape answers. */
  readonly replays: boolean
  /** What the model ran for this search: nothing where a tape answered. */
  readonly ran: () => Work
  /** Seconds that the model took for answers that came from a tape. */
  readonly saved: () => number
}

/**
 * A policy whose calls are recorded on a tape, or, where the tape is complete, answered by it.
 * @param tape null to call the model and record nothing
 * @param clock what calls are timed by
 */
export function tapedPolicy(policy: Policy, tape: Tape | null, clock: Clock): Taped<Policy> {
  const replays = tape?.isComplete === true
  const counted = new CountedWork()
  const replay = tape !== null && replays ? new ReplayingCaller(tape) : null
  const caller: Caller = replay ?? new LiveCaller(tape, clock)
  const branches = new Branches(policy, replays)
  const model: Policy = {
    info: policy.info,
    open: async (prompt) => {
      let branch: Branch | null = null
      const { tokens, ...opened } = await caller.call<OpenAnswer>('open', () =>
        counted.count(async () => {
          const { branch: own, ...rest } = await policy.open(prompt)
          branch = own
          return [{ ...rest, tokens: own.tokens }, [rest.usage]]
        }),
      )
      return { ...opened, branch: branches.give(branch, tokens) }
    },
    propose: async (requests, signal) => {
      let drawn: readonly Proposal[] = []
      const answer = await caller.call<ProposeAnswer>(requests.map(asked).join(' '), () =>
        counted.count(async () => {
          drawn = await policy.propose(requests, signal)
          const said = drawn.map(({ branch, ...rest }) => ({ ...rest, length: branch.tokens }))
          return [said, drawn.map(({ usage }) => usage)]
        }),
      )
      return answer.map(({ length, ...rest }, index) => ({
        ...rest,
        branch: branches.give(drawn[index]?.branch ?? null, length),
      }))
    },
    extend: (branch, text) => policy.extend(branch, text),
    read: (prompt, text, options) => policy.read(prompt, text, options),
    fork: (branch) => branches.fork(branch),
    release: (branch) => branches.release(branch),
  }
  return { model, replays, ran: () => counted.work, saved: () => replay?.seconds ?? 0 }
}

/** As `tapedPolicy`, of a reward model. */
export function tapedReward(reward: RewardModel, tape: Tape | null, clock: Clock): Taped<RewardModel> {
  const replays = tape?.isComplete === true
  const counted = new CountedWork()
  const replay = tape !== null && replays ? new ReplayingCaller(tape) : null
  const caller: Caller = replay ?? new LiveCaller(tape, clock)
  const branches = new Branches(reward, replays)
  const model: RewardModel = {
    info: reward.info,
    open: async (prompt) => {
      let branch: Branch | null = null
      const { tokens, usage } = await caller.call<{ tokens: number; usage: Usage }>('open', () =>
        counted.count(async () => {
          const opened = await reward.open(prompt)
          branch = opened.branch
          return [{ tokens: opened.branch.tokens, usage: opened.usage }, [opened.usage]]
        }),
      )
      return { branch: branches.give(branch, tokens), usage }
    },
    score: async (requests, signal) => {
      let scored: readonly StepScores[] = []
      const answer = await caller.call<ScoreAnswer>(requests.map(askedScore).join(' '), () =>
        counted.count(async () => {
          scored = await reward.score(requests, signal)
          const said = scored.map(({ branch, ...rest }) => ({ ...rest, length: branch.tokens }))
          return [said, scored.map(({ usage }) => usage)]
        }),
      )
      return answer.map(({ length, ...rest }, index) => ({
        ...rest,
        branch: branches.give(scored[index]?.branch ?? null, length),
      }))
    },
    fork: (branch) => branches.fork(branch),
    release: (branch) => branches.release(branch),
  }
  return { model, replays, ran: () => counted.work, saved: () => replay?.seconds ?? 0 }
}

/** Adds up what a model ran. */
class CountedWork {
  work = NO_WORK

  async count<Answer>(call: () => Promise<readonly [Answer, readonly Usage[]]>): Promise<Answer> {
    const [answer, usages] = await call()
    const { tokens, flops } = this.work
    this.work = {
      tokens: usages.reduce((sum, { executed }) => sum + executed, tokens),
      flops: usages.reduce((sum, usage) => sum + usage.flops, flops),
    }
    return answer
  }
}

/** Branches of a model; of a tape, handles that hold nothing but their length. */
class Branches {
  private readonly owner: { fork(branch: Branch): Branch; release(branch: Branch): void }
  private readonly replays: boolean

  constructor(owner: Branches['owner'], replays: boolean) {
    this.owner = owner
    this.replays = replays
  }

  give(own: Branch | null, tokens: number): Branch {
    return own ?? { tokens, handle: null }
  }

  fork(branch: Branch): Branch {
    return this.replays ? { ...branch } : this.owner.fork(branch)
  }

  release(branch: Branch): void {
    if (!this.replays) this.owner.release(branch)
  }
}

/** What determines an answer besides the branch, which the calls before it determine. */
function asked({ branch, count, seed, node, firstSample, maxTokens, ...rest }: ProposeRequest): string {
  const { temperature, topP, topK } = rest
  return [branch.tokens, count, seed, node, firstSample, maxTokens, temperature, topP, topK].join(',')
}

function askedScore({ branch, steps }: ScoreRequest): string {
  return JSON.stringify([branch.tokens, steps])
}
