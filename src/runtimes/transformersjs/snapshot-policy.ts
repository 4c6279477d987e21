import type { Prompt } from '../../core/prompt.ts'
import { readLogits } from '../../engine/logprobs.ts'
import type { AskedSample } from '../../engine/policy-account.ts'
import { chargeAll, PolicyAccount, samplesOf, settle } from '../../engine/policy-account.ts'
import type { PromptWriter } from '../../engine/prompt/prompt-writer.ts'
import { notationPrompts } from '../../engine/prompt/prompt-writer.ts'
import type { Tokenizer } from '../../engine/tokenizer/tokenizer.ts'
import type { Manifest } from '../../search/manifest.ts'
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
} from '../../search/models.ts'
import type { SnapshotSequence } from './decode-sequences.ts'
import { decodeSequences } from './decode-sequences.ts'
import { misuse, SnapshotNode } from './snapshot.ts'
import type { SnapshotModel } from './snapshot-model.ts'

export interface SnapshotPolicyParts {
  /** How problems are put to it; in their task's notation where nothing is said. */
  readonly prompts?: PromptWriter
  readonly model: SnapshotModel
  readonly tokenizer: Tokenizer
  readonly info: ModelInfo
  readonly stepEnds: readonly [string, ...string[]]
  readonly eosTokenIds: readonly number[]
  /** Per vocabulary id, as the sampler wants them. */
  readonly tokenFlags: Uint32Array
  /** How it is asked. */
  readonly manifest?: Manifest
}

/** One sample of a call; no sequence where the context has no room for another token. */
interface Sample {
  readonly asked: AskedSample
  readonly sequence: SnapshotSequence | null
}

/** What a branch of this policy holds. */
interface Handle {
  readonly node: SnapshotNode
  readonly owner: SnapshotPolicy
  released: boolean
}

/**
 * The search's policy over a model that takes its cache as an input and returns it as an output. A branch is a snapshot of
 * that cache; forking raises a count, and a pass makes new tensors.
 *
 * Rows of one call with equal length share a pass, those of other calls do not: the runtime's sums depend on the number of
 * rows, and a run must not depend on its company. Usage is counted as by the engine's own policy, from the request alone.
 */
export class SnapshotPolicy implements Policy {
  readonly info: ModelInfo
  readonly manifest: Manifest | null
  readonly model: SnapshotModel
  private readonly tokenFlags: Uint32Array
  private readonly prompts: PromptWriter
  private readonly account: PolicyAccount

  constructor(parts: SnapshotPolicyParts) {
    this.model = parts.model
    this.info = { ...parts.info, stepEnds: parts.stepEnds }
    this.manifest = parts.manifest ?? null
    this.tokenFlags = parts.tokenFlags
    this.prompts = parts.prompts ?? notationPrompts(parts.tokenizer)
    this.account = new PolicyAccount({ ...parts, checkLength: (tokens) => parts.model.checkLength(tokens) })
  }

  async open(prompt: Prompt): Promise<OpenedPrompt> {
    const written = this.prompts(prompt)
    const node = await this.model.prompt(written.ids)
    return this.account.opened(written, this.hand(node))
  }

  async extend(branch: Branch, text: string): Promise<{ branch: Branch; tokens: Token[]; usage: Usage }> {
    const parent = this.node(branch)
    const { ids, usage, take, done } = this.account.extending(parent, text)
    if (ids.length === 0) return { branch: this.fork(branch), tokens: [], usage }
    parent.retain()
    try {
      const node = await this.model.append(parent, ids, (logits, index) =>
        take(index, readLogits(logits, ids[index] ?? 0, 0).logprob),
      )
      try {
        return { tokens: done(), branch: this.hand(node), usage }
      } catch (error) {
        node.release()
        throw error
      }
    } finally {
      letGo(parent)
    }
  }

  async propose(requests: readonly ProposeRequest[], signal?: AbortSignal): Promise<Proposal[]> {
    const parents = requests.map(({ branch }) => this.node(branch).retain())
    const owed = chargeAll(requests, parents)
    try {
      const samples = samplesOf(requests).map((asked): Sample => {
        const { request, index, sample, group } = asked
        const node = parents[index]
        const maxTokens = Math.min(request.maxTokens, this.model.contextLength - request.branch.tokens)
        const room = node !== undefined && maxTokens >= 1
        const own = { group: group.histories, tokenIds: [], logprobs: [], end: null }
        return { asked, sequence: room ? { request, node, sample, maxTokens, ...own } : null }
      })
      const sequences = samples.flatMap(({ sequence }) => (sequence ? [sequence] : []))
      await decodeSequences(
        this.model,
        sequences,
        { info: this.info, flags: this.tokenFlags, ...(this.account.cut ? { cut: this.account.cut } : {}) },
        signal,
      )
      return samples.map(({ asked, sequence }) => {
        if (sequence === null || sequence.end === null)
          return this.account.proposal(asked, null, owed(asked), this.fork(asked.request.branch))
        const { tokenIds, logprobs, end } = sequence
        const branch = this.hand(new SnapshotNode(end, tokenIds.slice(-1), null))
        const executed = tokenIds.slice(0, -1)
        return this.account.proposal(
          asked,
          { tokenIds, logprobs, executed, sampled: tokenIds.length },
          owed(asked),
          branch,
        )
      })
    } finally {
      for (const parent of parents) letGo(parent)
    }
  }

  fork(branch: Branch): Branch {
    return this.hand(this.node(branch).retain())
  }

  release(branch: Branch): void {
    const handle = this.handle(branch)
    handle.released = true
    handle.node.release()
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
    const node = await this.model.prompt(promptIds)
    try {
      const end = await this.model.append(node, reading.targets, reading.take)
      end.release()
      return reading.done()
    } finally {
      node.release()
    }
  }

  private hand(node: SnapshotNode): Branch {
    const handle: Handle = { node, owner: this, released: false }
    return { tokens: node.tokens, handle }
  }

  private node(branch: Branch): SnapshotNode {
    return this.handle(branch).node
  }

  private handle(branch: Branch): Handle {
    const handle = branch.handle as Partial<Handle> | null
    if (handle?.owner !== this || !handle.node) throw misuse('The branch belongs to another model.')
    if (handle.released) throw misuse('The branch was used after its release.')
    return handle as Handle
  }
}

/** The end of a request's hold on a node. */
function letGo(node: SnapshotNode): void {
  settle(node)
  node.release()
}
