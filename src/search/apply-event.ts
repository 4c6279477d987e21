import { aggregate } from './aggregate.ts'
import type { Decision, NodeId, ProposedEvent, RolledOutEvent, SearchEvent, StepData } from './events.ts'
import { EMPTY_LEDGER } from './ledger.ts'
import { aggregationOf } from './settings.ts'
import type { Attempt, NodeState, SearchTree, TreeNode } from './tree.ts'
import { pathTo } from './tree-paths.ts'

/** The tree before the first event. */
export function emptyTree(): SearchTree {
  return {
    started: null,
    aggregation: 'last',
    nodes: [],
    round: 0,
    iterations: [],
    attempts: [],
    ledger: EMPTY_LEDGER,
    finished: null,
  }
}

/** The tree after one more event. Nothing of the given tree changes; nodes the event does not touch are shared. */
export function applyEvent(tree: SearchTree, event: SearchEvent): SearchTree {
  const next = {
    ...tree,
    ledger: event.ledger,
    round: 'round' in event ? Math.max(tree.round, event.round) : tree.round,
  }
  switch (event.type) {
    case 'started':
      return { ...next, started: event, aggregation: aggregationOf(event.setup), nodes: [rootNode()] }
    case 'proposed':
      return { ...next, nodes: propose(tree.nodes, event), attempts: attemptsAfter(tree, event) }
    case 'scored':
      return { ...next, nodes: change(tree.nodes, event.node, { score: event.score, pathScore: event.pathScore }) }
    case 'rolledOut':
      return { ...next, nodes: rollOut(next, event) }
    case 'kept':
    case 'pruned': {
      const state = stateAfter(event.type, event.decision, tree.nodes[event.node])
      return { ...next, nodes: change(tree.nodes, event.node, { state, decision: event.decision }) }
    }
    case 'selected':
      return { ...next, iterations: [...tree.iterations, { round: event.round, selected: event, evaluated: null }] }
    case 'expanded':
      return {
        ...next,
        nodes: event.children.reduce((nodes, { node, prior }) => change(nodes, node, { prior }), tree.nodes),
      }
    case 'evaluated': {
      const last = tree.iterations.at(-1)
      return last ? { ...next, iterations: [...tree.iterations.slice(0, -1), { ...last, evaluated: event }] } : next
    }
    case 'revised': {
      const revise = (attempt: Attempt) => (attempt.round === event.round ? { ...attempt, revised: event } : attempt)
      return { ...next, attempts: tree.attempts.map(revise) }
    }
    case 'backedUp':
      return { ...next, nodes: change(tree.nodes, event.node, { visits: event.visits, value: event.value }) }
    case 'finished':
      return {
        ...next,
        finished: event,
        nodes: event.node === null ? tree.nodes : change(tree.nodes, event.node, { state: 'answer' }),
      }
  }
}

/** A proposal of a sequential revision is where its attempt has come to. */
function attemptsAfter({ started, attempts }: SearchTree, event: ProposedEvent): readonly Attempt[] {
  const { round, node, given } = event
  if (started?.setup.strategy !== 'revision' || given) return attempts
  return [...attempts.filter((attempt) => attempt.round < round), { round, end: node, revised: null }]
}

/** A finished path stays a candidate where another was chosen: it was not cut off. */
function stateAfter(type: 'kept' | 'pruned', { rule }: Decision, node: TreeNode | undefined): NodeState {
  if (type === 'pruned') return rule === 'not-answer' ? 'candidate' : 'pruned'
  if (rule === 'candidate') return 'candidate'
  return rule === 'answer' && node?.verdict ? 'answer' : 'kept'
}

function propose(nodes: readonly TreeNode[], event: ProposedEvent): readonly TreeNode[] {
  const { round, given, samples, subtrees = [], forced = null } = event
  const count = samples.length
  // A rollout's step that is taken up waits for a decision; a step that is drawn once more keeps the one it has.
  const state = nodes[event.node]?.state === 'rolledOut' ? { state: 'proposed' as const } : {}
  if (event.reused) return change(nodes, event.node, { ...state, round, count, subtrees })
  return append(nodes, event, { state: 'proposed', round, count, given, subtrees, forced })
}

function rollOut(tree: SearchTree, { node, round, steps, pathScore, accepted }: RolledOutEvent): readonly TreeNode[] {
  let nodes = tree.nodes
  let end = node
  for (const step of steps) {
    end = step.node
    if (step.reused) continue
    nodes = append(nodes, step, { state: 'rolledOut', round, count: 1, score: step.score })
    const scores = pathTo({ nodes }, end).flatMap(({ score }) => (score === null ? [] : [score]))
    nodes = change(nodes, end, { pathScore: aggregate(tree.aggregation, scores) })
  }
  return change(nodes, node, { rollout: { end, pathScore, accepted } })
}

function rootNode(): TreeNode {
  return {
    id: 0,
    parent: null,
    depth: 0,
    children: [],
    state: 'root',
    round: 0,
    text: '',
    tokens: [],
    logprob: 0,
    finish: null,
    verdict: null,
    count: 1,
    given: false,
    forced: null,
    subtrees: [],
    score: null,
    pathScore: null,
    rollout: null,
    decision: null,
    visits: 0,
    value: null,
    prior: null,
  }
}

function append(nodes: readonly TreeNode[], step: StepData, changes: Partial<TreeNode>): readonly TreeNode[] {
  const parent = nodes[step.parent]
  if (!parent || step.node !== nodes.length) {
    throw new RangeError(`node ${step.node} cannot follow ${nodes.length} nodes below ${step.parent}`)
  }
  const { node: id, parent: parentId, text, tokens, logprob, finish, verdict } = step
  const next = nodes.slice()
  next[parentId] = { ...parent, children: [...parent.children, id] }
  next.push({
    ...rootNode(),
    id,
    parent: parentId,
    depth: parent.depth + 1,
    text,
    tokens,
    logprob,
    finish,
    verdict,
    ...changes,
  })
  return next
}

function change(nodes: readonly TreeNode[], id: NodeId, changes: Partial<TreeNode>): readonly TreeNode[] {
  const node = nodes[id]
  if (!node) throw new RangeError(`there is no node ${id}`)
  const next = nodes.slice()
  next[id] = { ...node, ...changes }
  return next
}
