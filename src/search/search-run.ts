import { StepscopeError } from '../core/errors.ts'
import type { Prompt } from '../core/prompt.ts'
import { opening } from '../core/prompt.ts'
import { bareStep, endedStep } from '../core/step-text.ts'
import { aggregate } from './aggregate.ts'
import { BranchScope } from './branch-scope.ts'
import type {
  Decision,
  KeptEvent,
  Ledger,
  ProposedEvent,
  PrunedEvent,
  RunSetup,
  ScoredEvent,
  StartedEvent,
  StepData,
} from './events.ts'
import { ModelAccount } from './ledger.ts'
import type {
  Aggregation,
  Branch,
  Checker,
  Policy,
  Proposal,
  ProposalFinish,
  ProposeRequest,
  RewardModel,
  Token,
  Usage,
} from './models.ts'
import type { PathNode } from './path-node.ts'
import { stepData } from './path-node.ts'
import type { StrategyConfig } from './settings.ts'
import { aggregationOf, choosesByVote, judgesResponses } from './settings.ts'

/** What a search works with: the problem's prompt and check, and the two models. */
export interface SearchContext {
  /** The problem as the models read it. */
  readonly prompt: Prompt
  readonly checker: Checker
  readonly policy: Policy
  /** Null for strategies that need none. */
  readonly reward: RewardModel | null
}

/** A node to propose from, and how many steps. */
export interface Expansion {
  readonly node: PathNode
  readonly count: number
  /** Subtrees that stand at the node: each owns an equal part of the samples, in this order. */
  readonly subtrees?: readonly number[]
}

/** A proposed step before it is in the tree, with what it cost. */
interface Group {
  readonly node: PathNode
  readonly reused: boolean
  readonly samples: number[]
  readonly subtrees: Set<number>
  readonly costs: { readonly usage: Usage; readonly merged: boolean }[]
}

/**
 * One running search, as strategies see it: it proposes and scores, numbers the nodes, keeps the ledger, owns the
 * branches, and makes the events. The strategies decide.
 */
export class SearchRun {
  readonly setup: RunSetup
  readonly checker: Checker
  readonly policyAccount = new ModelAccount()
  readonly rewardAccount = new ModelAccount()
  private readonly context: SearchContext
  private readonly signal: AbortSignal | undefined
  private readonly scope = new BranchScope()
  /** Where whole responses are judged: the reward model's prompt, which each of them continues. */
  private responseBranch: Branch | null = null
  /** Nodes that hold a branch. */
  private readonly holders = new Set<PathNode>()
  private nodes = 0
  /** What the task reads before the first step. */
  private before: readonly string[] = []

  constructor(setup: RunSetup, context: SearchContext, signal?: AbortSignal) {
    this.setup = setup
    this.context = context
    this.checker = context.checker
    this.signal = signal
  }

  get config(): StrategyConfig {
    return this.setup.config
  }

  /** How step scores become path scores. */
  get aggregation(): Aggregation {
    return aggregationOf(this.setup)
  }

  get ledger(): Ledger {
    return { policy: this.policyAccount.ledger, reward: this.rewardAccount.ledger }
  }

  /** Opens the prompt on both models, and takes the given steps. Returns the node that the search starts from. */
  async *start(): AsyncGenerator<StartedEvent | ProposedEvent | ScoredEvent | KeptEvent, PathNode> {
    const { prompt, policy, reward } = this.context
    this.checkGivenSteps()
    let node = newNode(null, null, { texts: [], judged: [] }, false)
    node.pathScore = aggregate(this.aggregation, [])
    node.id = this.nodes++
    const opened = await policy.open(prompt)
    this.hold(node, 'policyBranch', this.scope.own(opened.branch, policy))
    this.before = opening(opened.prompt)
    this.policyAccount.add(opened.usage)
    if (opened.branch.tokens >= this.contextLength) {
      throw new StepscopeError({
        code: 'bad-problem',
        message: 'The problem leaves no room for an answer in the models’ context',
        expected: `fewer than ${this.contextLength} tokens`,
        found: String(opened.branch.tokens),
        nextStep: 'Choose a shorter problem, or models with a longer context.',
      })
    }
    if (reward) {
      const scored = await reward.open(prompt)
      const branch = this.scope.own(scored.branch, reward)
      if (judgesResponses(this.setup.strategy)) this.responseBranch = branch
      else this.hold(node, 'rewardBranch', branch)
      this.rewardAccount.add(scored.usage)
    }
    yield {
      type: 'started',
      setup: this.setup,
      prompt: opened.prompt,
      ...(opened.promptTokens ? { promptTokens: opened.promptTokens } : {}),
      policy: policy.info,
      reward: reward?.info ?? null,
      ledger: this.ledger,
    }
    for (const step of this.setup.prefix) {
      node = yield* this.extend(node, endedStep(step, policy.info.stepEnds))
    }
    this.releaseAllBut([node])
    return node
  }

  /**
   * Proposes steps from several nodes in one batch. Identical steps from one node become one node with several
   * samples, in whichever call they were drawn; a step that already stands in the tree as part of a rollout is taken up
   * from there.
   * Returns the proposed nodes in the order of proposal.
   */
  async *propose(
    expansions: readonly Expansion[],
    round: number,
    temperature = this.config.temperature,
  ): AsyncGenerator<ProposedEvent, PathNode[]> {
    const proposals = await this.draw(expansions, temperature)
    const groups: Group[] = []
    for (const proposal of proposals) {
      const parent = expansions[proposal.request]?.node
      if (!parent) throw new RangeError(`the policy answered request ${proposal.request}, which was not asked`)
      const twin = groups.find(({ node }) => node.parent === parent && isSameStep(node, proposal))
      const standing = [...parent.children, parent.greedyChild].find((child) => child && isSameStep(child, proposal))
      const known = twin?.node ?? standing
      if (known) this.scope.release(proposal.branch)
      const group = twin ?? {
        node: standing ?? this.grow(parent, proposal),
        reused: standing !== undefined && standing !== null,
        samples: [],
        subtrees: new Set<number>(),
        costs: [],
      }
      if (!twin) groups.push(group)
      group.samples.push(proposal.sample)
      const { subtrees = [], count = 1 } = expansions[proposal.request] ?? {}
      const owner = subtrees[Math.floor(((proposal.sample - parent.drawn) * subtrees.length) / count)]
      if (owner !== undefined) group.subtrees.add(owner)
      group.costs.push({ usage: proposal.usage, merged: known !== undefined && known !== null })
    }
    for (const { node, count } of expansions) node.drawn += count
    for (const { node, reused, samples, subtrees, costs } of groups) {
      if (!reused) node.id = this.nodes++
      const again = node.parent?.children.includes(node) === true
      if (!again) node.parent?.children.push(node)
      node.samples = again ? [...node.samples, ...samples] : samples
      node.fresh = samples.length
      node.subtrees = [...subtrees]
      for (const { usage, merged } of costs) {
        if (merged) this.policyAccount.merge(usage)
        else this.policyAccount.add(usage)
      }
      // The reward model does not read a step again that a rollout had scored; an engine without a tree would.
      if (reused) this.rewardAccount.reuse(node.asked.reward * samples.length)
      yield {
        type: 'proposed',
        round,
        ...stepData(node),
        samples: node.samples,
        given: false,
        reused,
        ...(subtrees.size > 0 ? { subtrees: node.subtrees } : {}),
        ledger: this.ledger,
      }
    }
    return groups.map(({ node }) => node)
  }

  /** Scores the nodes' own steps in one batch; nodes that have a score are passed over. */
  async *score(nodes: readonly PathNode[], round: number): AsyncGenerator<ScoredEvent, void> {
    const fresh = nodes.filter(({ scored }) => !scored)
    const usages = await this.read(fresh)
    for (const node of fresh) {
      const usage = usages.get(node)
      if (usage) this.rewardAccount.add(usage, node.samples.length)
      yield {
        type: 'scored',
        round,
        node: node.id,
        score: node.score,
        pathScore: node.pathScore,
        ledger: this.ledger,
      }
    }
  }

  /**
   * Judges whole responses, each once, in one batch: what they begin with alike is read once. A response without any text
   * has no score.
   */
  async *judge(nodes: readonly PathNode[], round: number): AsyncGenerator<ScoredEvent, void> {
    const { reward } = this.context
    const written = nodes.filter(({ texts }) => texts.length > 0)
    const branch = required(this.responseBranch)
    this.signal?.throwIfAborted()
    const requests = written.map(({ texts }) => ({ branch, steps: [texts.join('')] }))
    const results = reward && written.length > 0 ? await reward.score(requests, this.signal) : []
    for (const result of results) reward?.release(result.branch)
    for (const node of nodes) {
      const result = results[written.indexOf(node)]
      node.scored = true
      if (result) {
        node.score = result.scores[0] ?? null
        if (node.score === null) throw new RangeError('the reward model left a response without a score')
        node.stepScores = [node.score]
        node.pathScore = node.score
        node.rankScore = node.score
        this.rewardAccount.add(result.usage, node.samples.length)
      }
      const { id, score, pathScore } = node
      yield { type: 'scored', round, node: id, score, pathScore, ledger: this.ledger }
    }
  }

  /**
   * Finds the greedy step from each node that has none yet, in one batch, as `greedyChild`: not in the tree until
   * `enter` gives it its id. Returns what each of the new ones cost.
   */
  async rollOutStep(nodes: readonly PathNode[]): Promise<Map<PathNode, Usage>> {
    const unknown = nodes.filter(({ greedyChild }) => greedyChild === null)
    const proposals = await this.draw(
      unknown.map((node) => ({ node, count: 1 })),
      0,
    )
    const usages = new Map<PathNode, Usage>()
    for (const proposal of proposals) {
      const parent = unknown[proposal.request]
      if (!parent) throw new RangeError(`the policy answered request ${proposal.request}, which was not asked`)
      const child = this.grow(parent, proposal)
      parent.greedyChild = child
      usages.set(child, proposal.usage)
    }
    return usages
  }

  /**
   * Runs the reward model over the nodes' own steps in one batch and notes the scores. A step without text (the end of
   * the sequence alone) has none. Returns what each reading cost.
   */
  async read(nodes: readonly PathNode[]): Promise<Map<PathNode, Usage>> {
    const { reward } = this.context
    const usages = new Map<PathNode, Usage>()
    const written = nodes.filter(({ step }) => step?.text)
    for (const node of nodes) {
      node.scored = true
      if (node.parent) inheritScores(node, node.parent)
    }
    if (!reward || written.length === 0) return usages
    this.signal?.throwIfAborted()
    const requests = written.map(({ parent, step }) => ({
      branch: required(parent?.rewardBranch),
      steps: [step?.text ?? ''],
    }))
    const results = await reward.score(requests, this.signal)
    for (const { branch } of results) this.scope.own(branch, reward)
    for (const [index, node] of written.entries()) {
      const result = results[index]
      const score = result?.scores[0]
      if (!result || score === undefined) throw new RangeError('the reward model left a step without a score')
      node.score = score
      node.stepScores = [...node.stepScores, score]
      node.pathScore = aggregate(this.aggregation, node.stepScores)
      node.rankScore = node.pathScore
      node.asked.reward = result.usage.asked
      usages.set(node, result.usage)
      if (node.finished) this.scope.release(result.branch)
      else this.hold(node, 'rewardBranch', result.branch)
    }
    return usages
  }

  /** Gives a rollout's step its place in the tree. */
  enter(node: PathNode): StepData {
    node.id = this.nodes++
    return stepData(node)
  }

  /** Puts a step of the task's own after a node, run like one that was sampled. Not part of what the task judges. */
  async *forceStep(parent: PathNode, step: string, round: number): AsyncGenerator<ProposedEvent, PathNode> {
    const node = await this.append(parent, endedStep(step, this.context.policy.info.stepEnds), true)
    yield this.entered(node, round, { forced: 'wait' })
    return node
  }

  /** Puts the beginning of an answer after a node and lets the policy complete it: one step, which ends the response. */
  async *forceAnswer(parent: PathNode, marker: string, round: number): AsyncGenerator<ProposedEvent, PathNode> {
    const { policy } = this.context
    this.signal?.throwIfAborted()
    const put = await policy.extend(required(parent.policyBranch), marker)
    const branch = this.scope.own(put.branch, policy)
    const [proposal] =
      branch.tokens < this.contextLength ? await this.drawFrom(branch, parent, this.config.temperature) : []
    if (proposal) this.scope.release(branch)
    const drawn = proposal ?? { branch, text: '', tokens: [], finish: 'length' as const, usage: null }
    const node = this.grow(
      parent,
      { ...drawn, text: marker + drawn.text, tokens: [...put.tokens, ...drawn.tokens], usage: put.usage },
      { ends: true },
    )
    node.id = this.nodes++
    parent.drawn++
    this.policyAccount.add(put.usage)
    if (drawn.usage) this.policyAccount.add(drawn.usage)
    yield this.entered(node, round, { forced: 'answer' })
    return node
  }

  /** The text after the prompt's own, with what the task reads before the first step. */
  textOf(node: PathNode): readonly string[] {
    return [...this.before, ...node.texts]
  }

  /** Whether a further step can follow. */
  hasRoom(node: PathNode): boolean {
    const branch = node.policyBranch
    return branch !== null && branch.tokens < this.contextLength
  }

  kept(node: PathNode, round: number, decision: Decision): KeptEvent {
    return { type: 'kept', round, node: node.id, decision, ledger: this.ledger }
  }

  pruned(node: PathNode, round: number, decision: Decision): PrunedEvent {
    return { type: 'pruned', round, node: node.id, decision, ledger: this.ledger }
  }

  /** Gives back the branches of all nodes but these and the rollouts below them. */
  releaseAllBut(open: readonly PathNode[]): void {
    const staying = new Set(open)
    for (const node of [...this.holders]) {
      let above: PathNode | null = node
      while (above && !staying.has(above)) above = above.parent
      if (!above) this.release(node)
    }
  }

  /** Gives back the branches of one node: nothing is proposed below it any more. */
  release(node: PathNode): void {
    this.holders.delete(node)
    for (const key of ['policyBranch', 'rewardBranch'] as const) {
      const branch = node[key]
      if (branch) this.scope.release(branch)
      node[key] = null
    }
  }

  /** Gives back everything; however the run ends. */
  close(): void {
    this.scope.close()
    this.holders.clear()
  }

  /** Each is one step, and nothing can be continued from a step that ends the response. */
  private checkGivenSteps(): void {
    const { prefix } = this.setup
    const { stepEnds = ['\n'] } = this.context.policy.info
    const ended = prefix.map((step) => endedStep(step, stepEnds))
    const several = ended.find((step) => stepEnds.some((end) => bareStep(step, stepEnds).includes(end)))
    if (several !== undefined) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: 'A given step has several steps in it',
        expected: `text without ${stepEnds.map((end) => JSON.stringify(end)).join(' or ')}, which ends this policy’s steps`,
        found: JSON.stringify(several),
        place: { field: 'prefix' },
        nextStep: 'Give every step by itself.',
      })
    }
    const last = ended.findIndex((_, index) => this.checker.isFinal(ended.slice(0, index + 1)))
    if (last < 0 || last === prefix.length - 1) return
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'A given step follows the answer',
      expected: `no step after ${JSON.stringify(prefix[last])}`,
      found: JSON.stringify(prefix[last + 1]),
      place: { field: 'prefix' },
      nextStep: 'Leave out the steps after the answer, or the answer.',
    })
  }

  private async *extend(
    parent: PathNode,
    text: string,
  ): AsyncGenerator<ProposedEvent | ScoredEvent | KeptEvent, PathNode> {
    const node = await this.append(parent, text)
    yield this.entered(node, 0, { given: true })
    const scored = this.context.reward !== null && this.responseBranch === null
    if (scored) yield* this.score([node], 0)
    const score = scored ? node.pathScore : null
    yield this.kept(node, 0, { rule: 'given', score, against: null, rank: 1, of: 1, kept: 1 })
    return node
  }

  /** Runs a text after a node as a step that stands in the tree. */
  private async append(parent: PathNode, text: string, waits = false): Promise<PathNode> {
    const { policy } = this.context
    this.signal?.throwIfAborted()
    const { branch, tokens, usage } = await policy.extend(required(parent.policyBranch), text)
    this.scope.own(branch, policy)
    const node = this.grow(parent, { branch, text, tokens, finish: 'step', usage }, { waits })
    node.id = this.nodes++
    this.policyAccount.add(usage)
    return node
  }

  /** The event of a step that nobody proposed. */
  private entered(
    node: PathNode,
    round: number,
    { given = false, forced }: { readonly given?: boolean; readonly forced?: 'wait' | 'answer' },
  ): ProposedEvent {
    const { samples } = node
    const how = { samples, given, reused: false, ...(forced ? { forced } : {}) }
    return { type: 'proposed', round, ...stepData(node), ...how, ledger: this.ledger }
  }

  /** One sample from a branch that stands behind a node. */
  private async drawFrom(branch: Branch, node: PathNode, temperature: number): Promise<Proposal[]> {
    const { policy } = this.context
    const proposals = await policy.propose([this.requestOf(branch, node, 1, temperature)], this.signal)
    for (const proposal of proposals) this.scope.own(proposal.branch, policy)
    return proposals
  }

  private requestOf(branch: Branch, node: PathNode, count: number, temperature: number): ProposeRequest {
    const { topP, topK, maxStepTokens } = this.config
    return {
      branch,
      count,
      temperature,
      topP,
      topK,
      seed: this.setup.seed,
      // Greedy steps draw no noise, and those of a rollout start from nodes without an id.
      node: temperature === 0 ? 0 : node.id,
      // A node that is sampled from again draws other noise.
      firstSample: node.drawn,
      maxTokens: Math.min(maxStepTokens, this.contextLength - branch.tokens),
    }
  }

  private async draw(expansions: readonly Expansion[], temperature: number): Promise<Proposal[]> {
    const { policy } = this.context
    if (expansions.length === 0) return []
    this.signal?.throwIfAborted()
    const requests = expansions.map(({ node, count }) =>
      this.requestOf(required(node.policyBranch), node, count, temperature),
    )
    const proposals = await policy.propose(requests, this.signal)
    for (const { branch } of proposals) this.scope.own(branch, policy)
    return proposals
  }

  private get contextLength(): number {
    const { policy, reward } = this.context
    return Math.min(policy.info.contextLength, reward?.info.contextLength ?? Number.POSITIVE_INFINITY)
  }

  /**
   * @param how.waits the step is put in for “Wait”: the task does not judge it
   * @param how.ends the response is over, whatever the step says
   */
  private grow(
    parent: PathNode,
    drawn: Pick<Proposal, 'branch' | 'text' | 'tokens' | 'finish' | 'usage'>,
    { waits = false, ends = false }: { readonly waits?: boolean; readonly ends?: boolean } = {},
  ): PathNode {
    const { branch, text, tokens, finish, usage } = drawn
    const texts = text === '' ? parent.texts : [...parent.texts, text]
    const judged = text === '' || waits ? parent.judged : [...parent.judged, text]
    const full = branch.tokens >= this.contextLength
    const final = ends || (!waits && this.checker.isFinal([...this.before, ...judged]))
    const finished = finish !== 'step' || full || final
    const step = this.stepOf(text, tokens, finish, finished ? judged : null)
    const node = newNode(parent, step, { texts, judged }, finished)
    node.asked.policy = usage.asked
    if (finished) this.scope.release(branch)
    else this.hold(node, 'policyBranch', branch)
    return node
  }

  private stepOf(
    text: string,
    tokens: readonly Token[],
    finish: ProposalFinish,
    response: readonly string[] | null,
  ): Omit<StepData, 'node' | 'parent'> {
    const logprob = tokens.reduce((sum, token) => sum + token.logprob, 0)
    if (!response) return { text, tokens, logprob, finish, verdict: null }
    const { answer, correct, explanation, vote } = this.checker.verify([...this.before, ...response])
    // Told where it counts, so that the event says all that the choice is made by.
    const counted = vote !== undefined && choosesByVote(this.setup) ? { vote } : {}
    return { text, tokens, logprob, finish, verdict: { answer, correct, ...counted, explanation } }
  }

  private hold(node: PathNode, key: 'policyBranch' | 'rewardBranch', branch: Branch): void {
    node[key] = branch
    this.holders.add(node)
  }
}

function newNode(
  parent: PathNode | null,
  step: PathNode['step'],
  { texts, judged }: Pick<PathNode, 'texts' | 'judged'>,
  finished: boolean,
): PathNode {
  return {
    id: -1,
    parent,
    step,
    texts,
    judged,
    finished,
    samples: [0],
    fresh: 1,
    drawn: 0,
    children: [],
    subtrees: [],
    scored: false,
    score: null,
    stepScores: parent?.stepScores ?? [],
    pathScore: parent?.pathScore ?? 0,
    rankScore: parent?.pathScore ?? 0,
    policyBranch: null,
    rewardBranch: null,
    greedyChild: null,
    asked: { policy: 0, reward: 0 },
  }
}

/** An end without a score of its own has the score of the path before it. */
function inheritScores(node: PathNode, parent: PathNode): void {
  node.stepScores = parent.stepScores
  node.pathScore = parent.pathScore
  node.rankScore = parent.pathScore
}

function isSameStep({ step }: PathNode, { text, finish }: Proposal): boolean {
  return step?.text === text && step.finish === finish
}

function required(branch: Branch | null | undefined): Branch {
  if (!branch) throw new RangeError('the node’s branch was given back already')
  return branch
}
