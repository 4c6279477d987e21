import { RandomStream } from '../../../core/random.ts'
import type { Ledger, NodeId, StartedEvent } from '../../../search/events.ts'
import type { ModelInfo, Token } from '../../../search/models.ts'
import { DEFAULT_CONFIG } from '../../../search/settings.ts'
import type { SearchTree, TreeNode } from '../../../search/tree.ts'

export interface SyntheticTreeOptions {
  readonly seed: number
  /** Proposals per round, children per kept step, and rounds: the last one is the line with the answer. */
  readonly n: number
  readonly m: number
  readonly rounds: number
  /** Steps of the rollout below each proposal. */
  readonly lookahead?: number
  /** Rounds already decided; the proposals of the next one are still open (default: all, and the answer chosen). */
  readonly decided?: number
}

type Draft = { -readonly [Key in keyof TreeNode]: TreeNode[Key] } & {
  children: NodeId[]
  /** Numbers left after this step. */
  numbers: readonly number[]
  /** Log-odds the score is made of. */
  quality: number
}

const NO_LEDGER: Ledger = (() => {
  const none = { asked: 0, executed: 0, unique: 0, merged: 0, overrun: 0, flops: 0 }
  return { policy: none, reward: none }
})()

const MODEL: ModelInfo = {
  id: 'synthetic',
  hash: '0000000000000000',
  family: 'none',
  parameters: 0,
  contextLength: 0,
  backend: 'scripted',
  adapter: 'none',
  flops: { token: 0, head: 0, context: 0 },
}

/**
 * A tree as a Countdown search would leave it, without any model: for tests, measurements and pictures of trees of
 * any size. The same options give the same tree. About n · rounds nodes, less merged duplicates.
 */
export function syntheticTree(options: SyntheticTreeOptions): SearchTree {
  const { seed, n, m, rounds, lookahead = 0 } = options
  const decided = options.decided ?? rounds
  const random = new RandomStream(seed)
  const numbers = Array.from({ length: rounds }, () => random.integer(1, 13))
  const nodes: Draft[] = []
  const root = addNode(nodes, null, '', numbers, 0, random)
  root.state = 'root'

  let open = [root]
  for (let round = 1; round <= Math.min(rounds, decided + 1) && open.length > 0; round++) {
    const proposals = open.flatMap((parent) => propose(nodes, parent, round === 1 ? n : m, round, random))
    if (round > decided) {
      // Half of the round has its scores already.
      for (const node of proposals.slice(Math.ceil(proposals.length / 2))) node.score = node.pathScore = null
      break
    }
    if (lookahead > 0) for (const node of proposals) rollOut(nodes, node, lookahead, round, random)
    open = decide(proposals, Math.max(1, Math.floor(n / m)))
    if (lookahead > 0 && round < rounds) reuseRollouts(nodes, open)
  }

  const target = judge(nodes)
  const best = bestOf(nodes.filter((node) => node.state === 'candidate'))
  const answered = decided >= rounds && best !== null
  if (answered) best.state = 'answer'
  return {
    started: started(options, `${numbers.join(' ')} > ${target}`),
    aggregation: 'last',
    nodes,
    round: Math.min(rounds, decided + 1),
    iterations: [],
    attempts: [],
    ledger: NO_LEDGER,
    finished: answered
      ? {
          type: 'finished',
          ledger: NO_LEDGER,
          reason: 'answered',
          node: best.id,
          answer: best.verdict?.answer ?? null,
          correct: best.verdict?.correct ?? false,
          response: '',
          explanation: best.verdict?.explanation ?? '',
          candidates: [],
        }
      : null,
  }
}

const isFinal = (node: Draft) => node.numbers.length === 0
const rankScore = (node: Draft) => node.rollout?.pathScore ?? node.pathScore ?? 0

function bestOf(drafts: readonly Draft[]): Draft | null {
  return drafts.reduce<Draft | null>((a, b) => (a === null || rankScore(b) > rankScore(a) ? b : a), null)
}

/** Keeps the best, prunes the rest, sets finished ones aside; gives the kept. */
function decide(proposals: readonly Draft[], slots: number): Draft[] {
  for (const node of proposals) if (isFinal(node)) node.state = 'candidate'
  const ranked = proposals.filter((node) => !isFinal(node)).sort((a, b) => rankScore(b) - rankScore(a) || a.id - b.id)
  ranked.forEach((node, place) => {
    const rival = place < slots ? ranked[slots] : ranked[slots - 1]
    node.state = place < slots ? 'kept' : 'pruned'
    node.decision = {
      rule: 'rank',
      score: rankScore(node),
      against: rival === undefined ? null : rankScore(rival),
      rank: place + 1,
      of: ranked.length,
      kept: slots,
    }
  })
  return ranked.slice(0, slots)
}

/** A kept node's rollout is a chain below it already; the next proposals stand beside it. */
function reuseRollouts(nodes: readonly Draft[], kept: readonly Draft[]): void {
  for (const node of kept) {
    for (const child of node.children) {
      const below = nodes[child]
      if (below?.state === 'rolledOut') below.state = 'proposed'
    }
  }
}

/** Takes the answer of the best finished path as the target, so that the search has succeeded, and judges all others. */
function judge(nodes: readonly Draft[]): number {
  const finals = nodes.filter(isFinal)
  const value = (node: Draft) => Number(node.text.slice(2))
  const best = bestOf(finals.filter((node) => node.state === 'candidate')) ?? finals[0]
  const target = best === undefined ? 24 : value(best)
  for (const node of finals) {
    const correct = value(node) === target
    const explanation = correct ? `reaches ${target}` : `${value(node)} is not ${target}`
    node.verdict = { answer: String(value(node)), correct, explanation }
    if (!correct) node.score = node.pathScore = (node.score ?? 0) * 0.6
  }
  for (const node of nodes) {
    const end = node.rollout === null ? undefined : nodes[node.rollout.end]
    if (node.rollout && end?.verdict?.correct) node.rollout = { ...node.rollout, accepted: true }
  }
  return target
}

function addNode(
  nodes: Draft[],
  parent: Draft | null,
  text: string,
  numbers: readonly number[],
  round: number,
  random: RandomStream,
): Draft {
  const tokens: Token[] = [...text].map((character) => ({
    id: character.charCodeAt(0),
    text: character,
    logprob: Math.log(random.next()) / 8,
  }))
  const quality = parent === null ? 0 : parent.quality * 0.8 + (random.next() + random.next() - 1.05) * 5
  const score = 1 / (1 + Math.exp(-quality))
  const node: Draft = {
    id: nodes.length,
    parent: parent?.id ?? null,
    depth: parent === null ? 0 : parent.depth + 1,
    children: [],
    state: 'proposed',
    round,
    text,
    tokens,
    logprob: tokens.reduce((sum, token) => sum + token.logprob, 0),
    finish: parent === null ? null : 'step',
    verdict: null,
    count: 1,
    given: false,
    forced: null,
    score: parent === null ? null : score,
    pathScore: parent === null ? null : score,
    rollout: null,
    decision: null,
    subtrees: [],
    visits: 0,
    value: null,
    prior: null,
    numbers,
    quality,
  }
  nodes.push(node)
  parent?.children.push(node.id)
  return node
}

/** `a op b = result`, and what is left; the answer's line where one number is left. */
function nextStep(numbers: readonly number[], random: RandomStream): { text: string; numbers: readonly number[] } {
  if (numbers.length < 2) return { text: `A ${numbers[0]}\n`, numbers: [] }
  const left = [...numbers]
  const take = () => left.splice(random.integer(0, left.length - 1), 1)[0] as number
  const [low, high] = [take(), take()].sort((p, q) => p - q) as [number, number]
  const symbol = random.pick(['+', '+', '-', '*'])
  const results: Readonly<Record<string, number>> = { '+': high + low, '-': high - low, '*': high * low }
  const result = Math.min(999, results[symbol] ?? 0)
  left.push(result)
  return { text: `${high}${symbol}${low}=${result} : ${left.join(' ')}\n`, numbers: left }
}

function propose(nodes: Draft[], parent: Draft, count: number, round: number, random: RandomStream): Draft[] {
  const made = new Map<string, Draft>()
  for (const child of parent.children) {
    const node = nodes[child]
    if (node) made.set(node.text, node)
  }
  for (let sample = 0; sample < count; sample++) {
    const step = nextStep(parent.numbers, random)
    const twin = made.get(step.text)
    if (twin) twin.count++
    else made.set(step.text, addNode(nodes, parent, step.text, step.numbers, round, random))
  }
  return [...made.values()]
}

function rollOut(nodes: Draft[], from: Draft, steps: number, round: number, random: RandomStream): void {
  let end = from
  for (let step = 0; step < steps && !isFinal(end); step++) {
    const existing = end.children[0] === undefined ? undefined : nodes[end.children[0]]
    if (existing !== undefined) {
      end = existing
      continue
    }
    const { text, numbers } = nextStep(end.numbers, random)
    end = addNode(nodes, end, text, numbers, round, random)
    end.state = 'rolledOut'
  }
  if (end !== from) from.rollout = { end: end.id, pathScore: end.pathScore ?? 0, accepted: false }
}

function started({ seed, n, m, rounds, lookahead = 0 }: SyntheticTreeOptions, problem: string): StartedEvent {
  return {
    type: 'started',
    ledger: NO_LEDGER,
    prompt: `Q ${problem}\n`,
    policy: MODEL,
    reward: { ...MODEL, kind: 'process', aggregation: 'last' },
    setup: {
      task: 'countdown',
      problem,
      strategy: lookahead > 0 ? 'lookahead' : 'beam',
      seed,
      prefix: [],
      config: { ...DEFAULT_CONFIG, n, m, lookahead, maxRounds: rounds, maxStepTokens: 32 },
    },
  }
}
