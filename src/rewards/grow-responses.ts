import { BranchScope } from '../search/branch-scope.ts'
import type { Branch, Policy, Proposal, ProposalFinish, Usage } from '../search/models.ts'
import { addUsage, NO_USAGE } from './usage.ts'

/** How responses are drawn from a policy. */
export interface SamplingSettings {
  /** 0 is greedy. */
  readonly temperature: number
  /** Keep the smallest set of tokens whose probability reaches topP (1 = all). */
  readonly topP: number
  /** Keep the topK most probable tokens (0 = all). */
  readonly topK: number
  readonly maxSteps: number
  readonly maxStepTokens: number
  /** Prompt and response together; the model's context where that is less. */
  readonly maxTokens: number
  /**
   * Whether the answer's step ends a response, as in a search. Without, it goes on to the end of the sequence, so that
   * reinforcement learning sees that token too.
   */
  readonly stopAtAnswer: boolean
}

export const DEFAULT_SAMPLING: SamplingSettings = {
  temperature: 1,
  topP: 1,
  topK: 0,
  maxSteps: 40,
  maxStepTokens: 64,
  maxTokens: Number.POSITIVE_INFINITY,
  stopAtAnswer: true,
}

/** One sampled step with every token of it, an end-of-sequence token included. */
export interface SampledStep {
  /** With its step end; '' where the sequence ended at once. */
  readonly text: string
  readonly tokenIds: readonly number[]
  /** log π of each token under the model's full softmax at temperature 1 (nats), whatever it was drawn with. */
  readonly logprobs: readonly number[]
  readonly finish: ProposalFinish
}

/** Why a response ended: its answer, the end of the sequence, no room in a step or the context, or too many steps. */
export const RESPONSE_ENDS = ['answer', 'eos', 'length', 'max-steps'] as const
export type ResponseEnd = (typeof RESPONSE_ENDS)[number]

export interface GrownResponse {
  readonly steps: readonly SampledStep[]
  readonly end: ResponseEnd
}

/** Where responses start from, and how many are drawn. */
export interface GrowthRoot {
  /** Stays the caller's. */
  readonly branch: Branch
  readonly count: number
  readonly seed: number
  /** Steps of the response before the branch; none where it starts at the prompt. */
  readonly before?: readonly string[]
}

/** Responses that agree so far. */
interface Growing {
  readonly root: GrowthRoot
  readonly branch: Branch
  readonly steps: readonly SampledStep[]
  /** Which of the root's responses they are. */
  readonly samples: readonly number[]
}

/**
 * Draws responses from several roots at once, step by step as trees: responses that agree so far are one node, so that
 * no history is run twice, and all nodes draw their next step in one batch.
 *
 * Response i of a root is a function of the root's seed and history, the settings and i: noise is keyed by the depth and
 * the first response of a node, so it depends neither on what else is drawn at the same time nor on how many are drawn
 * after it.
 * @returns responses of each root, in order
 */
export async function growResponses(
  policy: Policy,
  roots: readonly GrowthRoot[],
  isFinal: (steps: readonly string[]) => boolean,
  settings: SamplingSettings,
  signal?: AbortSignal,
): Promise<{ responses: GrownResponse[][]; usage: Usage }> {
  const responses = new Map<GrowthRoot, GrownResponse[]>(roots.map((root) => [root, []]))
  const room = Math.min(policy.info.contextLength, settings.maxTokens)
  const scope = new BranchScope()
  let usage = NO_USAGE
  let open: Growing[] = roots
    .filter(({ count }) => count > 0)
    .map((root) => ({ root, branch: root.branch, steps: [], samples: indices(root.count) }))

  const end = ({ root, steps, samples }: Omit<Growing, 'branch'>, why: ResponseEnd): void => {
    const list = responses.get(root)
    for (const sample of samples) if (list) list[sample] = { steps, end: why }
  }
  const endOf = ({ root, steps, branch }: Growing): ResponseEnd | null => {
    const last = steps.at(-1)
    if (last && last.finish !== 'step') return last.finish
    if (last && settings.stopAtAnswer && isFinal([...(root.before ?? []), ...writtenSteps(steps)])) return 'answer'
    if (branch.tokens >= room) return 'length'
    return steps.length >= settings.maxSteps ? 'max-steps' : null
  }

  try {
    for (let depth = 0; ; depth++) {
      const going: Growing[] = []
      for (const node of open) {
        const why = endOf(node)
        if (why === null) going.push(node)
        else end(node, why)
        if (why !== null) scope.release(node.branch)
      }
      if (going.length === 0) break
      signal?.throwIfAborted()
      const proposals = await policy.propose(
        going.map(({ root, branch, samples }) => ({
          branch,
          count: samples.length,
          temperature: settings.temperature,
          topP: settings.topP,
          topK: settings.topK,
          seed: root.seed,
          node: ((depth << 16) | (samples[0] ?? 0)) >>> 0,
          firstSample: 0,
          maxTokens: Math.min(settings.maxStepTokens, room - branch.tokens),
        })),
        signal,
      )
      for (const { branch } of proposals) scope.own(branch, policy)
      usage = addUsage(usage, ...proposals.map((proposal) => proposal.usage))
      open = grow(going, proposals, (branch) => scope.release(branch))
      for (const { branch } of going) scope.release(branch)
    }
  } finally {
    scope.close()
  }
  return { responses: roots.map((root) => responses.get(root) ?? []), usage }
}

/** The texts of the steps, without an end of the sequence that stands alone. */
export function writtenSteps(steps: readonly SampledStep[]): string[] {
  return steps.map(({ text }) => text).filter((text) => text !== '')
}

/** The nodes after a step: proposals of equal tokens from one node are one node. */
function grow(
  parents: readonly Growing[],
  proposals: readonly Proposal[],
  release: (branch: Branch) => void,
): Growing[] {
  const nodes = new Map<string, { readonly node: Growing; readonly samples: number[] }>()
  for (const { request, sample, branch, text, tokens, finish } of proposals) {
    const parent = parents[request]
    const own = parent?.samples[sample]
    if (!parent || own === undefined) throw new RangeError(`the policy answered request ${request}, sample ${sample}`)
    const tokenIds = tokens.map(({ id }) => id)
    const key = `${request}:${finish}:${tokenIds.join()}`
    const twin = nodes.get(key)
    if (twin) {
      twin.samples.push(own)
      release(branch)
      continue
    }
    const step = { text, tokenIds, logprobs: tokens.map(({ logprob }) => logprob), finish }
    const samples = [own]
    nodes.set(key, { node: { root: parent.root, branch, steps: [...parent.steps, step], samples }, samples })
  }
  return [...nodes.values()].map(({ node }) => node)
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
