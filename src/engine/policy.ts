import { allOrNothing } from '../core/all-or-nothing.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Manifest } from '../search/manifest.ts'
import type {
  Branch,
  ModelInfo,
  Policy,
  Proposal,
  ProposalFinish,
  ProposeRequest,
  Token,
  TokenReading,
  Usage,
} from '../search/models.ts'
import { checkLogprobs, checkReadings } from '../search/read-out.ts'
import type { SequenceNode } from './branch.ts'
import { FAMILY_SIZE, SharedHistories } from './cache/shared-histories.ts'
import { TOKEN_ENDS_STEP } from './decoder/decoder.ts'
import type { EngineModel } from './engine-model.ts'
import { tokenFlops } from './engine-model.ts'
import { readLogits } from './logprobs.ts'
import type { PromptWriter } from './prompt/prompt-writer.ts'
import { notationPrompts } from './prompt/prompt-writer.ts'
import type { ExecuteRequest, LaneFamily, LaneOutcome } from './scheduler/scheduler-requests.ts'
import { stepEndCut } from './tokenizer/step-end.ts'
import type { Tokenizer } from './tokenizer/tokenizer.ts'

export interface PolicyParts {
  /** How problems are put to it; in their task's notation where nothing is said. */
  readonly prompts?: PromptWriter
  readonly model: EngineModel
  readonly tokenizer: Tokenizer
  readonly info: ModelInfo
  readonly stepEnds: readonly [string, ...string[]]
  /** As given to the model's scheduler. */
  readonly tokenFlags: Uint32Array
  /** How it is asked; absent for a model in training. */
  readonly manifest?: Manifest
}

/**
 * A language model on the engine as the search's policy.
 *
 * Usage is a function of the request alone. `open` reports the whole prompt as executed even where another run holds
 * the same prompt and nothing had to be run; that saving is the engine's and shows in its counters only. A branch's
 * pending tokens (a sampled step end that nobody has continued yet) are charged to the first request that asks for
 * the branch or one of its forks, decided when the request is made, and there to its first sample. Tokens that the
 * samples of one request begin with alike are run once and charged once, to the first of them.
 */
export class EnginePolicy implements Policy {
  readonly info: ModelInfo
  readonly stepEnd: string
  /** How it is asked; null for a model in training. */
  readonly manifest: Manifest | null
  readonly model: EngineModel
  readonly tokenizer: Tokenizer
  private readonly tokenFlags: Uint32Array
  private readonly prompts: PromptWriter
  private readonly cut: ((tokenIds: readonly number[]) => number | null) | undefined
  private readonly eos: ReadonlySet<number>

  constructor(parts: PolicyParts) {
    this.model = parts.model
    this.tokenizer = parts.tokenizer
    this.info = parts.info
    this.stepEnd = parts.stepEnds[0]
    this.manifest = parts.manifest ?? null
    this.tokenFlags = parts.tokenFlags
    this.prompts = parts.prompts ?? notationPrompts(parts.tokenizer)
    this.eos = new Set(parts.model.decoder.config.eosTokenIds)
    this.cut = stepEndCut(parts.tokenizer, parts.stepEnds)
  }

  async open(prompt: Prompt): Promise<{ branch: Branch; usage: Usage; prompt: string }> {
    const { ids, text } = this.prompts(prompt)
    const node = await this.model.prompt(ids, true)
    const flops = tokenFlops(this.info.flops, 0, ids.length, 0)
    return {
      branch: this.model.branches.hand(node),
      prompt: text,
      usage: { asked: ids.length, executed: ids.length, overrun: 0, flops },
    }
  }

  async extend(branch: Branch, text: string): Promise<{ branch: Branch; tokens: Token[]; usage: Usage }> {
    const parent = this.model.branches.node(branch)
    const ids = this.tokenizer.encode(text)
    const tokens = parent.tokens + ids.length
    this.model.checkLength(tokens)
    if (ids.length === 0) {
      return { branch: this.fork(branch), tokens: [], usage: { asked: tokens, executed: 0, overrun: 0, flops: 0 } }
    }
    const pending = this.charge(parent)
    const flops = tokenFlops(this.info.flops, parent.tokens - pending, pending + ids.length - 1, ids.length)
    const texts = this.tokenizer.texts(ids)
    const read: Token[] = []
    const node = await this.append(parent, ids, undefined, {
      readings: {
        read: (row, index) => [ids[index] ?? 0, readLogits(row, ids[index] ?? 0, 0).logprob],
        fits: ([id], index) => id === ids[index],
        take: ([id = 0, logprob = 0], index) => read.push({ id, text: texts[index] ?? '', logprob }),
      },
    })
    try {
      checkReadings(read, this.info, text)
    } catch (error) {
      node.release()
      throw error
    }
    return {
      branch: this.model.branches.hand(node),
      tokens: read,
      usage: { asked: tokens, executed: pending + ids.length - 1, overrun: 0, flops },
    }
  }

  async propose(requests: readonly ProposeRequest[], signal?: AbortSignal): Promise<Proposal[]> {
    const parents = requests.map(({ branch }) => this.model.branches.node(branch).retain())
    const pending = requests.map(({ count }, index) => {
      const parent = parents[index]
      return parent && count > 0 ? this.charge(parent) : 0
    })
    try {
      const samples = requests.flatMap((request, index) => {
        const families = Array.from({ length: Math.ceil(request.count / FAMILY_SIZE) }, (_, i) => ({
          size: Math.min(FAMILY_SIZE, request.count - i * FAMILY_SIZE),
          histories: new SharedHistories(),
        }))
        return Array.from({ length: request.count }, (_, i) => ({
          request,
          index,
          sample: request.firstSample + i,
          first: i % FAMILY_SIZE === 0,
          family: families[Math.floor(i / FAMILY_SIZE)] as (typeof families)[number],
        }))
      })
      const outcomes = await allOrNothing(
        samples,
        ({ request, index, sample, family }, ended) => this.draw(request, parents[index], sample, family, ended),
        (outcome) => outcome?.sequence.release(),
        signal,
      )
      return samples.map(({ request, index, sample, first, family }, i) => {
        const owed = sample === request.firstSample ? (pending[index] ?? 0) : 0
        const outcome = outcomes[i] ?? null
        const known = family.histories.add(outcome?.executed ?? [])
        // The head is evaluated once for each history, the node's own included.
        const heads = Math.max(0, (outcome?.sampled ?? 0) - (first ? 0 : known + 1))
        return this.proposal(request, index, sample, outcome, { pending: owed, known, heads })
      })
    } finally {
      for (const parent of parents) {
        // Not executed after all: whoever continues the branch later pays.
        if (parent.pending.length > 0) parent.charged = false
        parent.release()
      }
      this.model.scheduler.released()
    }
  }

  fork(branch: Branch): Branch {
    return this.model.fork(branch)
  }

  release(branch: Branch): void {
    this.model.release(branch)
  }

  /** Reads a text after a prompt; with `eos`, a last reading says how probable the end of the sequence is there. */
  async read(
    prompt: Prompt,
    text: string,
    options: { alternatives?: number; eos?: boolean } = {},
  ): Promise<TokenReading[]> {
    const promptIds = this.prompts(prompt).ids
    const textIds = this.tokenizer.encode(text)
    const [eos] = options.eos ? this.eos : []
    const targets = eos === undefined ? textIds : [...textIds, eos]
    this.model.checkLength(promptIds.length + textIds.length)
    if (targets.length === 0) return []
    const texts = this.tokenizer.texts(textIds)
    const readings: TokenReading[] = []
    const node = await this.model.prompt(promptIds, true)
    try {
      const onOutput = (row: Float32Array, index: number) => {
        const id = targets[index] ?? 0
        const { logprob, best } = readLogits(row, id, options.alternatives ?? 0)
        const alternatives = best.map((token) => this.token(token.id, token.logprob))
        readings.push({ id, text: texts[index] ?? '', logprob, alternatives })
      }
      const read = await this.append(node, targets, undefined, { onOutput })
      read.release()
      checkReadings(readings, this.info, text)
    } finally {
      node.release()
      this.model.scheduler.released()
    }
    return readings
  }

  /**
   * Executes given tokens after a node, all but the last, and reads the logits that predict each of them.
   * @returns a node that ends in the last token, pending; owned by the caller
   */
  private async append(
    parent: SequenceNode,
    ids: readonly number[],
    signal: AbortSignal | undefined,
    outputs: Pick<ExecuteRequest, 'onOutput' | 'readings'>,
  ): Promise<SequenceNode> {
    parent.retain()
    try {
      await this.model.scheduler.advance(parent)
      const sequence = parent.sequence.fork()
      try {
        const executed = ids.slice(0, -1)
        await this.model.scheduler.execute({
          sequence,
          ids: executed,
          ...(parent.slot === null ? {} : { before: parent.slot }),
          readouts: executed.map((_, index) => index),
          ...outputs,
          signal,
        })
      } catch (error) {
        sequence.release()
        throw error
      }
      return this.model.node(sequence, ids.slice(-1))
    } finally {
      parent.release()
    }
  }

  /** Takes over a node's pending tokens for the current request. @returns how many it has to pay for */
  private charge(node: SequenceNode): number {
    if (node.charged || node.pending.length === 0) return 0
    node.charged = true
    return node.pending.length
  }

  /** One sample; null where the context has no room for another token. */
  private async draw(
    request: ProposeRequest,
    node: SequenceNode | undefined,
    sample: number,
    family: LaneFamily,
    signal: AbortSignal,
  ): Promise<LaneOutcome | null> {
    const maxTokens = Math.min(request.maxTokens, this.model.contextLength - request.branch.tokens)
    if (node === undefined || maxTokens < 1) return null
    await this.model.scheduler.advance(node)
    const outcome = await this.model.scheduler.decode({
      node,
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      seed: request.seed,
      noiseNode: request.node,
      sample,
      family,
      maxTokens,
      ...(this.cut ? { cut: this.cut } : {}),
      signal,
    })
    try {
      checkLogprobs(outcome.logprobs, this.info, `sampled below node ${request.node}`)
    } catch (error) {
      outcome.sequence.release()
      throw error
    }
    return outcome
  }

  private proposal(
    request: ProposeRequest,
    index: number,
    sample: number,
    outcome: LaneOutcome | null,
    /** Of its cost: the node's tokens it pays for, its own that an earlier sample paid for, evaluations of the head. */
    { pending, known, heads }: { readonly pending: number; readonly known: number; readonly heads: number },
  ): Proposal {
    const context = request.branch.tokens
    const usage: Usage = { asked: context, executed: 0, overrun: 0, flops: 0 }
    if (outcome === null) {
      return {
        request: index,
        sample,
        branch: this.fork(request.branch),
        text: '',
        tokens: [],
        finish: 'length',
        usage,
      }
    }
    const { tokenIds, logprobs, executed, sequence } = outcome
    const fresh = executed.length - known
    const last = tokenIds[tokenIds.length - 1]
    const finish = this.finish(last, tokenIds)
    const texts = this.tokenizer.texts(finish === 'eos' ? tokenIds.slice(0, -1) : tokenIds)
    const { flops } = this.info
    return {
      request: index,
      sample,
      branch: this.model.branches.hand(this.model.node(sequence, tokenIds.slice(-1))),
      text: texts.join(''),
      tokens: tokenIds.map((id, i) => ({ id, text: texts[i] ?? '', logprob: logprobs[i] ?? 0 })),
      finish,
      usage: {
        asked: context + tokenIds.length,
        executed: pending + fresh,
        overrun: executed.length - Math.max(known, tokenIds.length - 1),
        flops: tokenFlops(flops, context - pending, pending, 0) + tokenFlops(flops, context + known, fresh, heads),
      },
    }
  }

  private finish(last: number | undefined, tokenIds: readonly number[]): ProposalFinish {
    if (last === undefined) return 'length'
    if (this.eos.has(last)) return 'eos'
    if (((this.tokenFlags[last] ?? 0) & TOKEN_ENDS_STEP) !== 0) return 'step'
    return (this.cut?.(tokenIds) ?? null) === null ? 'length' : 'step'
  }

  private token(id: number, logprob: number): Token {
    return { id, text: this.eos.has(id) ? '' : this.tokenizer.text(id), logprob }
  }
}
