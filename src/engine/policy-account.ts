import type {
  Branch,
  ModelInfo,
  OpenedPrompt,
  Proposal,
  ProposalFinish,
  ProposeRequest,
  Token,
  TokenReading,
  Usage,
} from '../search/models.ts'
import { checkReadings } from '../search/read-out.ts'
import { GROUP_SIZE, SharedHistories } from './cache/shared-histories.ts'
import { TOKEN_ENDS_STEP } from './decoder/decoder.ts'
import { tokenFlops } from './engine-model.ts'
import { readLogits } from './logprobs.ts'
import type { WrittenPrompt } from './prompt/prompt-writer.ts'
import { stepEndCut } from './tokenizer/step-end.ts'
import type { Tokenizer } from './tokenizer/tokenizer.ts'

export interface PolicyAccountParts {
  readonly info: ModelInfo
  readonly tokenizer: Tokenizer
  readonly stepEnds: readonly string[]
  readonly eosTokenIds: readonly number[]
  /** Per vocabulary id, as the sampler wants them. */
  readonly tokenFlags: Uint32Array
  /** Throws a StepscopeError where the context has no room for so many tokens. */
  readonly checkLength: (tokens: number) => void
}

/** One sample of a call. */
export interface AskedSample {
  readonly request: ProposeRequest
  /** Of the request in its call. */
  readonly index: number
  readonly sample: number
  /** Of its group. */
  readonly first: boolean
  readonly group: SampleGroup
}

/** Samples of one request that start together, and run once what they have in common. */
interface SampleGroup {
  readonly size: number
  readonly histories: SharedHistories
}

/** What an engine did for a sample. */
export interface SampledTokens {
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  /** Those that were run, what was cut afterwards included. */
  readonly executed: readonly number[]
  /** How often a token was drawn: as often as the head was evaluated. */
  readonly sampled: number
}

/** A history whose last tokens may wait to be run: the first request that continues it pays for them. */
interface ChargedNode {
  readonly pending: readonly number[]
  charged: boolean
}

/** The samples of a call, by request, then sample, in groups of those that start together. */
export function samplesOf(requests: readonly ProposeRequest[]): AskedSample[] {
  return requests.flatMap((request, index) => {
    const groups = Array.from({ length: Math.ceil(request.count / GROUP_SIZE) }, (_, i) => ({
      size: Math.min(GROUP_SIZE, request.count - i * GROUP_SIZE),
      histories: new SharedHistories(),
    }))
    return groups.flatMap((group, at) =>
      Array.from({ length: group.size }, (_, i) => {
        const sample = request.firstSample + at * GROUP_SIZE + i
        return { request, index, sample, first: i === 0, group }
      }),
    )
  })
}

/** What each of a call's requests pays for at its node, which it takes over until the call's end. */
export function chargeAll(
  requests: readonly ProposeRequest[],
  nodes: readonly ChargedNode[],
): (asked: AskedSample) => number {
  const pending = requests.map(({ count }, index) => {
    const node = nodes[index]
    return node && count > 0 ? charge(node) : 0
  })
  return ({ request, index, sample }) => (sample === request.firstSample ? (pending[index] ?? 0) : 0)
}

/** Takes over a node's pending tokens for the current request. @returns how many it has to pay for */
function charge(node: ChargedNode): number {
  if (node.charged || node.pending.length === 0) return 0
  node.charged = true
  return node.pending.length
}

/** The end of a request: what was not executed after all is paid by whoever continues later. */
export function settle(node: ChargedNode): void {
  if (node.pending.length > 0) node.charged = false
}

/**
 * What calls of a policy cost and say, whichever engine ran them: usage, finish and readings. A function of the requests and
 * their tokens alone.
 */
export class PolicyAccount {
  /** Finds a step end that is spread over several tokens; absent where none can be. */
  readonly cut: ((tokenIds: readonly number[]) => number | null) | undefined
  private readonly parts: PolicyAccountParts
  private readonly eos: ReadonlySet<number>

  constructor(parts: PolicyAccountParts) {
    this.parts = parts
    this.cut = stepEndCut(parts.tokenizer, parts.stepEnds)
    this.eos = new Set(parts.eosTokenIds)
  }

  /** A prompt that was opened: all of it counts, whoever else holds it. */
  opened({ ids, text }: WrittenPrompt, branch: Branch): OpenedPrompt {
    const { info, tokenizer } = this.parts
    const tokens = ids.length
    const texts = tokenizer.texts(ids)
    return {
      branch,
      prompt: text,
      promptTokens: ids.map((id, index) => ({ id, text: texts[index] ?? '' })),
      usage: { asked: tokens, executed: tokens, overrun: 0, flops: tokenFlops(info.flops, 0, tokens, 0) },
    }
  }

  /**
   * A given text after a node, which pays for what is pending there: all of its tokens but the last are run, and each is read.
   * @throws StepscopeError where the context has no room for it
   */
  extending(node: ChargedNode & { readonly tokens: number }, text: string): GivenText {
    const { info, tokenizer, checkLength } = this.parts
    const ids = tokenizer.encode(text)
    const [context, added] = [node.tokens, ids.length]
    checkLength(context + added)
    const pending = added === 0 ? 0 : charge(node)
    const executed = added === 0 ? 0 : pending + added - 1
    const flops = added === 0 ? 0 : tokenFlops(info.flops, context - pending, executed, added)
    const texts = tokenizer.texts(ids)
    const read: Token[] = []
    return {
      ids,
      usage: { asked: context + added, executed, overrun: 0, flops },
      take: (index, logprob) => read.push({ id: ids[index] ?? 0, text: texts[index] ?? '', logprob }),
      done: () => {
        checkReadings(read, info, text)
        return read
      },
    }
  }

  /**
   * A sample as the search sees it; samples of a group in their order.
   * @param tokens null where the context had no room for another token
   * @param pending tokens of the branch that this sample pays for
   * @param branch the sequence after it, or the one before where there are no tokens
   */
  proposal(
    { request, index, sample, first, group }: AskedSample,
    tokens: SampledTokens | null,
    pending: number,
    branch: Branch,
  ): Proposal {
    const context = request.branch.tokens
    if (tokens === null) {
      const usage: Usage = { asked: context, executed: 0, overrun: 0, flops: 0 }
      return { request: index, sample, branch, text: '', tokens: [], finish: 'length', usage }
    }
    const { tokenIds, logprobs, executed, sampled } = tokens
    const known = group.histories.add(executed)
    const fresh = executed.length - known
    // The head is evaluated once for each history, the node's own included.
    const readouts = Math.max(0, sampled - (first ? 0 : known + 1))
    const finish = this.finish(tokenIds)
    const texts = this.parts.tokenizer.texts(finish === 'eos' ? tokenIds.slice(0, -1) : tokenIds)
    const { flops } = this.parts.info
    return {
      request: index,
      sample,
      branch,
      text: texts.join(''),
      tokens: tokenIds.map((id, i) => ({ id, text: texts[i] ?? '', logprob: logprobs[i] ?? 0 })),
      finish,
      usage: {
        asked: context + tokenIds.length,
        executed: pending + fresh,
        overrun: executed.length - Math.max(known, tokenIds.length - 1),
        flops: tokenFlops(flops, context - pending, pending, 0) + tokenFlops(flops, context + known, fresh, readouts),
      },
    }
  }

  /** A given text to be read: its tokens, what takes their logits in order, and the readings at the end. */
  reading(text: string, { alternatives = 0, eos = false }: { alternatives?: number; eos?: boolean }): TextReading {
    const { tokenizer, info } = this.parts
    const ids = tokenizer.encode(text)
    const [end] = eos ? this.eos : []
    const targets = end === undefined ? ids : [...ids, end]
    const texts = tokenizer.texts(ids)
    const readings: TokenReading[] = []
    return {
      textTokens: ids.length,
      targets,
      take: (logits, index) => {
        const id = targets[index] ?? 0
        const { logprob, best } = readLogits(logits, id, alternatives)
        const others = best.map((token) => this.token(token.id, token.logprob))
        readings.push({ id, text: texts[index] ?? '', logprob, alternatives: others })
      },
      done: () => {
        checkReadings(readings, info, text)
        return readings
      },
    }
  }

  private finish(tokenIds: readonly number[]): ProposalFinish {
    const last = tokenIds[tokenIds.length - 1]
    if (last === undefined) return 'length'
    if (this.eos.has(last)) return 'eos'
    if (((this.parts.tokenFlags[last] ?? 0) & TOKEN_ENDS_STEP) !== 0) return 'step'
    return (this.cut?.(tokenIds) ?? null) === null ? 'length' : 'step'
  }

  private token(id: number, logprob: number): Token {
    return { id, text: this.eos.has(id) ? '' : this.parts.tokenizer.text(id), logprob }
  }
}

/** A given text while it is read. */
export interface GivenText {
  readonly ids: readonly number[]
  readonly usage: Usage
  /** In the order of the tokens. */
  take(index: number, logprob: number): void
  /** @throws StepscopeError `bad-checkpoint` where a number cannot be used */
  done(): Token[]
}

export interface TextReading {
  /** Of the text alone. */
  readonly textTokens: number
  /** Tokens to be read, the end of the sequence among them where it was asked for. */
  readonly targets: readonly number[]
  take(logits: Float32Array, index: number): void
  /** @throws StepscopeError `bad-checkpoint` where a number cannot be used */
  done(): TokenReading[]
}
