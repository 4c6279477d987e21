import type { Prompt } from '../../core/prompt.ts'
import { FAMILY_SIZE, SharedHistories } from '../../engine/cache/shared-histories.ts'
import { TOKEN_ENDS_STEP } from '../../engine/decoder/decoder.ts'
import { tokenFlops } from '../../engine/engine-model.ts'
import { readLogits } from '../../engine/logprobs.ts'
import type { PromptWriter } from '../../engine/prompt/prompt-writer.ts'
import { notationPrompts } from '../../engine/prompt/prompt-writer.ts'
import { stepEndCut } from '../../engine/tokenizer/step-end.ts'
import type { Tokenizer } from '../../engine/tokenizer/tokenizer.ts'
import type { Manifest } from '../../search/manifest.ts'
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
} from '../../search/models.ts'
import { checkReadings } from '../../search/read-out.ts'
import type { Lane } from './decode-lanes.ts'
import { decodeLanes } from './decode-lanes.ts'
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

/** One sample of a call; no lane where the context has no room for another token. */
interface Sample {
  readonly request: ProposeRequest
  readonly index: number
  readonly sample: number
  /** Of its family. */
  readonly first: boolean
  readonly family: SharedHistories
  readonly lane: Lane | null
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
  readonly stepEnd: string
  readonly manifest: Manifest | null
  readonly model: SnapshotModel
  private readonly tokenizer: Tokenizer
  private readonly tokenFlags: Uint32Array
  private readonly prompts: PromptWriter
  private readonly eos: ReadonlySet<number>
  private readonly cut: ((tokenIds: readonly number[]) => number | null) | undefined

  constructor(parts: SnapshotPolicyParts) {
    this.model = parts.model
    this.tokenizer = parts.tokenizer
    this.info = parts.info
    this.stepEnd = parts.stepEnds[0]
    this.manifest = parts.manifest ?? null
    this.tokenFlags = parts.tokenFlags
    this.prompts = parts.prompts ?? notationPrompts(parts.tokenizer)
    this.eos = new Set(parts.eosTokenIds)
    this.cut = stepEndCut(parts.tokenizer, parts.stepEnds)
  }

  async open(prompt: Prompt): Promise<{ branch: Branch; usage: Usage; prompt: string }> {
    const { ids, text } = this.prompts(prompt)
    const node = await this.model.prompt(ids)
    const flops = tokenFlops(this.info.flops, 0, ids.length, 0)
    return {
      branch: this.hand(node),
      prompt: text,
      usage: { asked: ids.length, executed: ids.length, overrun: 0, flops },
    }
  }

  async extend(branch: Branch, text: string): Promise<{ branch: Branch; tokens: Token[]; usage: Usage }> {
    const parent = this.node(branch)
    const ids = this.tokenizer.encode(text)
    const tokens = parent.tokens + ids.length
    this.model.checkLength(tokens)
    if (ids.length === 0) {
      return { branch: this.fork(branch), tokens: [], usage: { asked: tokens, executed: 0, overrun: 0, flops: 0 } }
    }
    const pending = charge(parent)
    const flops = tokenFlops(this.info.flops, parent.tokens - pending, pending + ids.length - 1, ids.length)
    const texts = this.tokenizer.texts(ids)
    const read: Token[] = []
    parent.retain()
    try {
      const node = await this.model.append(parent, ids, (logits, index) => {
        const id = ids[index] ?? 0
        read.push({ id, text: texts[index] ?? '', logprob: readLogits(logits, id, 0).logprob })
      })
      try {
        checkReadings(read, this.info, text)
      } catch (error) {
        node.release()
        throw error
      }
      return {
        branch: this.hand(node),
        tokens: read,
        usage: { asked: tokens, executed: pending + ids.length - 1, overrun: 0, flops },
      }
    } finally {
      settle(parent)
    }
  }

  async propose(requests: readonly ProposeRequest[], signal?: AbortSignal): Promise<Proposal[]> {
    const parents = requests.map(({ branch }) => this.node(branch).retain())
    const pending = requests.map(({ count }, index) => {
      const parent = parents[index]
      return parent && count > 0 ? charge(parent) : 0
    })
    const samples: Sample[] = []
    try {
      for (const [index, request] of requests.entries()) {
        const node = parents[index]
        const maxTokens = Math.min(request.maxTokens, this.model.contextLength - request.branch.tokens)
        let family = new SharedHistories()
        for (let i = 0; i < request.count; i++) {
          const sample = request.firstSample + i
          const first = i % FAMILY_SIZE === 0
          if (first) family = new SharedHistories()
          const room = node !== undefined && maxTokens >= 1
          const lane = room ? { request, node, sample, family, maxTokens, tokenIds: [], logprobs: [], end: null } : null
          samples.push({ request, index, sample, first, family, lane })
        }
      }
      const lanes = samples.flatMap(({ lane }) => (lane ? [lane] : []))
      await decodeLanes(
        this.model,
        lanes,
        { info: this.info, flags: this.tokenFlags, ...(this.cut ? { cut: this.cut } : {}) },
        signal,
      )
      return samples.map((sample) =>
        this.proposal(sample, sample.sample === sample.request.firstSample ? (pending[sample.index] ?? 0) : 0),
      )
    } finally {
      for (const parent of parents) settle(parent)
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
    const textIds = this.tokenizer.encode(text)
    const [eos] = options.eos ? this.eos : []
    const targets = eos === undefined ? textIds : [...textIds, eos]
    this.model.checkLength(promptIds.length + textIds.length)
    if (targets.length === 0) return []
    const texts = this.tokenizer.texts(textIds)
    const readings: TokenReading[] = []
    const node = await this.model.prompt(promptIds)
    try {
      const end = await this.model.append(node, targets, (logits, index) => {
        const id = targets[index] ?? 0
        const { logprob, best } = readLogits(logits, id, options.alternatives ?? 0)
        const alternatives = best.map((token) => this.token(token.id, token.logprob))
        readings.push({ id, text: texts[index] ?? '', logprob, alternatives })
      })
      end.release()
      checkReadings(readings, this.info, text)
    } finally {
      node.release()
    }
    return readings
  }

  private proposal({ request, index, sample, first, family, lane }: Sample, pending: number): Proposal {
    const context = request.branch.tokens
    if (lane === null || lane.end === null) {
      const usage: Usage = { asked: context, executed: 0, overrun: 0, flops: 0 }
      const branch = this.fork(request.branch)
      return { request: index, sample, branch, text: '', tokens: [], finish: 'length', usage }
    }
    const { tokenIds, logprobs } = lane
    const known = family.add(tokenIds.slice(0, -1))
    const fresh = tokenIds.length - 1 - known
    // The head is evaluated once for each history, the node's own included.
    const heads = Math.max(0, tokenIds.length - (first ? 0 : known + 1))
    const finish = this.finish(tokenIds)
    const texts = this.tokenizer.texts(finish === 'eos' ? tokenIds.slice(0, -1) : tokenIds)
    const { flops } = this.info
    return {
      request: index,
      sample,
      branch: this.hand(new SnapshotNode(lane.end, tokenIds.slice(-1), null)),
      text: texts.join(''),
      tokens: tokenIds.map((id, i) => ({ id, text: texts[i] ?? '', logprob: logprobs[i] ?? 0 })),
      finish,
      usage: {
        asked: context + tokenIds.length,
        executed: pending + fresh,
        overrun: 0,
        flops: tokenFlops(flops, context - pending, pending, 0) + tokenFlops(flops, context + known, fresh, heads),
      },
    }
  }

  private finish(tokenIds: readonly number[]): ProposalFinish {
    const last = tokenIds[tokenIds.length - 1]
    if (last === undefined) return 'length'
    if (this.eos.has(last)) return 'eos'
    if (((this.tokenFlags[last] ?? 0) & TOKEN_ENDS_STEP) !== 0) return 'step'
    return (this.cut?.(tokenIds) ?? null) === null ? 'length' : 'step'
  }

  private token(id: number, logprob: number): Token {
    return { id, text: this.eos.has(id) ? '' : this.tokenizer.text(id), logprob }
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

/** Takes over a node's pending tokens for the current request. @returns how many it has to pay for */
function charge(node: SnapshotNode): number {
  if (node.charged || node.pending.length === 0) return 0
  node.charged = true
  return node.pending.length
}

/** The end of a request's hold on a node. What was not executed after all is paid by whoever continues later. */
function settle(node: SnapshotNode): void {
  if (node.pending.length > 0) node.charged = false
  node.release()
}
