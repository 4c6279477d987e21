import type { Prompt } from '../../core/prompt.ts'
import { promptText } from '../../core/prompt.ts'
import type {
  Branch,
  ModelInfo,
  Policy,
  Proposal,
  ProposalFinish,
  ProposeRequest,
  RewardModel,
  RewardModelInfo,
  ScoreRequest,
  StepScores,
  Token,
  TokenReading,
  Usage,
} from '../models.ts'

/** What a scripted policy knows when it writes one step. */
export interface StepContext {
  /** The text after the prompt. */
  readonly text: string
  readonly temperature: number
  readonly seed: number
  readonly node: number
  readonly sample: number
}

/** A step, its step end included; `eos` where the sequence ends after (or instead of) it. */
export interface ScriptedStep {
  readonly text: string
  readonly finish?: ProposalFinish
}

/** What stands behind a branch: its text, and how much of it the model has run. */
interface Sequence {
  readonly owner: object
  readonly text: string
  /** Tokens run so far; the last sampled one is run when somebody continues. Shared by nobody. */
  executed: number
}

const FLOPS = { token: 100, head: 10, context: 1 } as const

/** Handles of one model: each given out once, released once, and never used after. */
class HandleBook {
  private readonly live = new Set<Branch>()
  private readonly model: string

  constructor(model: string) {
    this.model = model
  }

  get count(): number {
    return this.live.size
  }

  open(text: string, executed: number): Branch {
    const sequence: Sequence = { owner: this, text, executed }
    const branch: Branch = { tokens: text.length, handle: sequence }
    this.live.add(branch)
    return branch
  }

  read(branch: Branch): Sequence {
    if (!this.live.has(branch)) throw new Error(`a branch of the ${this.model} is used after its release`)
    return branch.handle as Sequence
  }

  release(branch: Branch): void {
    if (!this.live.delete(branch)) throw new Error(`a branch of the ${this.model} is released twice`)
  }
}

/** FLOPs of tokens start … end − 1 of a sequence. */
function flopsOf(start: number, end: number): number {
  let flops = 0
  for (let position = start; position < end; position++) {
    flops += FLOPS.token + FLOPS.head + FLOPS.context * (position + 1)
  }
  return flops
}

function info(id: string): ModelInfo {
  return {
    id,
    hash: '0000000000000000',
    family: 'scripted',
    parameters: 0,
    contextLength: 1000,
    backend: 'scripted',
    adapter: 'script',
    flops: FLOPS,
  }
}

export interface ScriptedOptions {
  /** Awaited before every answer: lets a test interleave runs. */
  readonly pause?: () => Promise<void>
  readonly contextLength?: number
  /** Tokens run past every step's end, as an engine that decodes in blocks would. */
  readonly overrun?: number
  /** Of a reward model; `process` where nothing is said. */
  readonly kind?: RewardModelInfo['kind']
}

/**
 * A policy that writes what a script says. One character is one token, with log-probability −0.1; eos is a token
 * without text. Like the engine, it runs a sampled token only when somebody continues from it.
 */
export class ScriptedPolicy implements Policy {
  readonly info: ModelInfo
  readonly calls: ProposeRequest[][] = []
  private readonly script: (context: StepContext) => ScriptedStep
  private readonly options: ScriptedOptions
  private readonly handles = new HandleBook('policy')
  private promptLength = 0

  constructor(script: (context: StepContext) => ScriptedStep, options: ScriptedOptions = {}) {
    this.script = script
    this.options = options
    this.info = { ...info('scripted-policy'), contextLength: options.contextLength ?? 1000 }
  }

  /** Branches given out and not released. */
  get live(): number {
    return this.handles.count
  }

  async open(given: Prompt): Promise<{ branch: Branch; usage: Usage; prompt: string }> {
    await this.options.pause?.()
    const prompt = promptText(given)
    this.promptLength = prompt.length
    const tokens = prompt.length
    const branch = this.handles.open(prompt, tokens)
    return { branch, prompt, usage: { asked: tokens, executed: tokens, overrun: 0, flops: flopsOf(0, tokens) } }
  }

  async extend(branch: Branch, text: string): Promise<{ branch: Branch; tokens: Token[]; usage: Usage }> {
    await this.options.pause?.()
    const before = this.handles.read(branch)
    const whole = before.text + text
    const end = this.handles.open(whole, whole.length - 1)
    const executed = whole.length - 1 - before.executed
    const usage = { asked: whole.length, executed, overrun: 0, flops: flopsOf(before.executed, whole.length - 1) }
    before.executed = before.text.length
    return { branch: end, tokens: tokensOf(text), usage }
  }

  async propose(requests: readonly ProposeRequest[], signal?: AbortSignal): Promise<Proposal[]> {
    this.calls.push([...requests])
    await this.options.pause?.()
    signal?.throwIfAborted()
    return requests.flatMap((request, index) =>
      Array.from({ length: request.count }, (_, offset) => this.write(request, index, request.firstSample + offset)),
    )
  }

  fork(branch: Branch): Branch {
    const { text, executed } = this.handles.read(branch)
    return this.handles.open(text, executed)
  }

  release(branch: Branch): void {
    this.handles.release(branch)
  }

  read(): Promise<TokenReading[]> {
    throw new Error('a scripted policy reads nothing')
  }

  private write(request: ProposeRequest, index: number, sample: number): Proposal {
    const { branch, temperature, seed, node, maxTokens } = request
    const before = this.handles.read(branch)
    const context = { text: before.text.slice(this.promptLength), temperature, seed, node, sample }
    const scripted = this.script(context)
    const cut = scripted.text.length > maxTokens
    const text = cut ? scripted.text.slice(0, maxTokens) : scripted.text
    const finish = cut ? 'length' : (scripted.finish ?? 'step')
    const tokens = finish === 'eos' ? [...tokensOf(text), EOS] : tokensOf(text)
    const whole = before.text + text
    // The first sample pays for what was pending; every sample for its own tokens but the last.
    const pending = before.text.length - before.executed
    before.executed = before.text.length
    const executed = before.text.length + tokens.length - 1
    const overrun = this.options.overrun ?? 0
    return {
      request: index,
      sample,
      branch: this.handles.open(whole, Math.min(executed, whole.length)),
      text,
      tokens,
      finish,
      usage: {
        asked: executed,
        executed: pending + tokens.length - 1 + overrun,
        overrun,
        flops: flopsOf(before.text.length - pending, executed),
      },
    }
  }
}

const EOS: Token = { id: 0, text: '', logprob: -0.1 }

function tokensOf(text: string): Token[] {
  return [...text].map((character) => ({ id: character.charCodeAt(0), text: character, logprob: -0.1 }))
}

/**
 * A reward model that scores what a script says: the text after the prompt up to the step's end. One of whole responses runs
 * what those of one call begin with alike once, as the engine does.
 */
export class ScriptedRewardModel implements RewardModel {
  readonly info: RewardModelInfo
  /** Every text that was scored, in order. */
  readonly scored: string[] = []
  private readonly script: (text: string) => number
  private readonly options: ScriptedOptions
  private readonly handles = new HandleBook('reward model')
  private promptLength = 0

  constructor(script: (text: string) => number, options: ScriptedOptions = {}) {
    this.script = script
    this.options = options
    this.info = { ...info('scripted-prm'), kind: options.kind ?? 'process', aggregation: 'last' }
  }

  get live(): number {
    return this.handles.count
  }

  async open(given: Prompt): Promise<{ branch: Branch; usage: Usage; prompt: string }> {
    await this.options.pause?.()
    const prompt = promptText(given)
    this.promptLength = prompt.length
    const tokens = prompt.length
    const branch = this.handles.open(prompt, tokens)
    return { branch, prompt, usage: { asked: tokens, executed: tokens, overrun: 0, flops: flopsOf(0, tokens) } }
  }

  async score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<StepScores[]> {
    await this.options.pause?.()
    signal?.throwIfAborted()
    const read: string[] = []
    return requests.map(({ branch, steps }) => {
      const before = this.handles.read(branch)
      let text = before.text
      const scores = steps.map((step) => {
        text += step
        const response = text.slice(this.promptLength)
        this.scored.push(response)
        return this.script(response)
      })
      const known = this.info.kind === 'outcome' ? longestShared(text, read) : 0
      read.push(text)
      const start = Math.max(before.text.length, known)
      const executed = text.length - start
      const flops = flopsOf(start, text.length)
      return {
        scores,
        branch: this.handles.open(text, text.length),
        usage: { asked: text.length, executed, overrun: 0, flops },
      }
    })
  }

  fork(branch: Branch): Branch {
    const { text, executed } = this.handles.read(branch)
    return this.handles.open(text, executed)
  }

  release(branch: Branch): void {
    this.handles.release(branch)
  }
}

/** How much of a text one of the others begins with. */
function longestShared(text: string, others: readonly string[]): number {
  const shared = (other: string): number => {
    let length = 0
    while (length < text.length && text[length] === other[length]) length++
    return length
  }
  return Math.max(0, ...others.map(shared))
}

/**
 * A script from a table: the text so far (`''` at the start) to the steps that follow it. Sample i draws step i
 * (modulo their number); temperature 0 draws the first. A step ending in `$` ends the sequence (eos).
 */
export function tableScript(
  table: Readonly<Record<string, readonly string[]>>,
): (context: StepContext) => ScriptedStep {
  return ({ text, temperature, sample }) => {
    const steps = table[text]
    if (!steps || steps.length === 0) throw new Error(`the script has no step after ${JSON.stringify(text)}`)
    const step = steps[temperature === 0 ? 0 : sample % steps.length] ?? ''
    return step.endsWith('$') ? { text: step.slice(0, -1), finish: 'eos' } : { text: step }
  }
}
