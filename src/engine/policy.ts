import { allOrNothing } from '../core/all-or-nothing.ts'
import type { Prompt } from '../core/prompt.ts'
import { pushAll } from '../core/push-all.ts'
import type { Manifest } from '../search/manifest.ts'
import type {
  Branch,
  ModelInfo,
  OpenedPrompt,
  Policy,
  Proposal,
  ProposeRequest,
  Token,
  TokenReading,
  Usage,
} from '../search/models.ts'
import { checkLogprobs } from '../search/read-out.ts'
import type { SequenceNode } from './branch.ts'
import type { EngineModel } from './engine-model.ts'
import { readLogits } from './logprobs.ts'
import { chargeAll, PolicyAccount, samplesOf, settle } from './policy-account.ts'
import type { PromptWriter } from './prompt/prompt-writer.ts'
import { notationPrompts } from './prompt/prompt-writer.ts'
import type { DecodeOutcome, ExecuteRequest, SequenceGroup } from './scheduler/scheduler-requests.ts'
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
  /** How it is asked; null for a model in training. */
  readonly manifest: Manifest | null
  readonly model: EngineModel
  readonly tokenizer: Tokenizer
  private readonly prompts: PromptWriter
  private readonly account: PolicyAccount

  constructor(parts: PolicyParts) {
    this.model = parts.model
    this.tokenizer = parts.tokenizer
    this.info = { ...parts.info, stepEnds: parts.stepEnds }
    this.manifest = parts.manifest ?? null
    this.prompts = parts.prompts ?? notationPrompts(parts.tokenizer)
    this.account = new PolicyAccount({
      ...parts,
      eosTokenIds: parts.model.decoder.config.eosTokenIds,
      checkLength: (tokens) => parts.model.checkLength(tokens),
    })
  }

  async open(prompt: Prompt): Promise<OpenedPrompt> {
    const written = this.prompts(prompt)
    const node = await this.model.prompt(written.ids, true)
    return this.account.opened(written, this.model.branches.hand(node))
  }

  /** The tokens of a response as they are put to the model, and where each of its steps ends; nothing is run. */
  write(prompt: Prompt, steps: readonly string[]): { readonly ids: readonly number[]; readonly positions: number[] } {
    const ids = [...this.prompts(prompt).ids]
    const positions = steps.map((step) => {
      pushAll(ids, this.tokenizer.encode(step))
      return ids.length - 1
    })
    return { ids, positions }
  }

  async extend(branch: Branch, text: string): Promise<{ branch: Branch; tokens: Token[]; usage: Usage }> {
    const parent = this.model.branches.node(branch)
    const { ids, usage, take, done } = this.account.extending(parent, text)
    if (ids.length === 0) return { branch: this.fork(branch), tokens: [], usage }
    const node = await this.append(parent, ids, undefined, {
      readings: {
        read: (row, index) => [ids[index] ?? 0, readLogits(row, ids[index] ?? 0, 0).logprob],
        fits: ([id], index) => id === ids[index],
        take: ([, logprob = 0], index) => take(index, logprob),
      },
    })
    try {
      return { tokens: done(), branch: this.model.branches.hand(node), usage }
    } catch (error) {
      node.release()
      throw error
    }
  }

  async propose(requests: readonly ProposeRequest[], signal?: AbortSignal): Promise<Proposal[]> {
    const parents = requests.map(({ branch }) => this.model.branches.node(branch).retain())
    const owed = chargeAll(requests, parents)
    try {
      const samples = samplesOf(requests)
      const outcomes = await allOrNothing(
        samples,
        ({ request, index, sample, group }, ended) => this.draw(request, parents[index], sample, group, ended),
        (outcome) => outcome?.sequence.release(),
        signal,
      )
      return samples.map((asked, i) => {
        const outcome = outcomes[i] ?? null
        const branch =
          outcome === null
            ? this.fork(asked.request.branch)
            : this.model.branches.hand(this.model.node(outcome.sequence, outcome.tokenIds.slice(-1)))
        return this.account.proposal(asked, outcome, owed(asked), branch)
      })
    } finally {
      for (const parent of parents) {
        settle(parent)
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
    const reading = this.account.reading(text, options)
    this.model.checkLength(promptIds.length + reading.textTokens)
    if (reading.targets.length === 0) return []
    const node = await this.model.prompt(promptIds, true)
    try {
      const read = await this.append(node, reading.targets, undefined, { onOutput: reading.take })
      read.release()
      return reading.done()
    } finally {
      node.release()
      this.model.scheduler.released()
    }
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

  /** One sample; null where the context has no room for another token. */
  private async draw(
    request: ProposeRequest,
    node: SequenceNode | undefined,
    sample: number,
    group: SequenceGroup,
    signal: AbortSignal,
  ): Promise<DecodeOutcome | null> {
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
      group,
      maxTokens,
      ...(this.account.cut ? { cut: this.account.cut } : {}),
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
}
