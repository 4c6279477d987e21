import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { readRunFile } from '../../formats/run-file.ts'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import type { SearchEvent } from '../../search/events.ts'
import { stepsTo } from '../../search/tree-paths.ts'
import { taskById } from '../../tasks/registry.ts'
import { engineLoader } from '../../worker/engine-loader.ts'
import { sourcesOf } from '../../worker/sources/model-provider.ts'
import { searchTask } from '../../worker/task-search.ts'
import { INITIAL_SESSION } from '../initial-state.ts'
import { storeRig } from '../testing/store-rig.ts'

const text = readFileSync('public/runs/first-visit.json', 'utf8')
const file = readRunFile(text, 'first-visit.json')

it('is a finished search that solves what greedy decoding does not, made by the bundled models', () => {
  const tree = file.events.reduce(applyEvent, emptyTree())
  const answer = tree.finished
  if (answer?.node == null) throw new Error('it has no answer')
  const task = taskById(file.setup.task)
  const problem = task.parse(file.setup.problem)
  const steps = stepsTo(tree, answer.node)
  expect(steps.join('')).toBe(answer.response)
  expect(task.verify(problem, steps)).toMatchObject({ correct: true, answer: answer.answer })
  expect(file.models?.policy).toMatchObject({ id: 'countdown-policy', parameters: 806_912, backend: 'cpu' })

  const problems = readFileSync('public/datasets/countdown4-problems.jsonl', 'utf8').trim().split('\n')
  const listed = problems
    .map((line) => JSON.parse(line) as { numbers: number[]; target: number; greedy_correct: boolean })
    .find(({ numbers, target }) => `${numbers.join(' ')} > ${target}` === file.setup.problem)
  expect(listed?.greedy_correct).toBe(false)
})

it('replays with consistent nodes and ledgers at every event', () => {
  let tree = emptyTree()
  let flops = 0
  for (const event of file.events) {
    tree = applyEvent(tree, event)
    for (const model of [event.ledger.policy, event.ledger.reward]) {
      expect(model.executed).toBe(model.unique + model.merged + model.overrun)
      expect(model.asked).toBeGreaterThanOrEqual(model.unique)
    }
    const total = event.ledger.policy.flops + event.ledger.reward.flops
    expect(total).toBeGreaterThanOrEqual(flops)
    flops = total
  }
  tree.nodes.forEach((node, id) => {
    expect(node.id).toBe(id)
    for (const child of node.children) expect(tree.nodes[child]?.parent).toBe(id)
  })
  expect(tree.nodes.every(({ state }) => state !== 'proposed')).toBe(true)
})

it('is what a first visit shows, with its setup one click from running live', async () => {
  const rig = storeRig({ files: { 'runs/first-visit.json': text } })
  await rig.ready()
  expect(rig.active()).toMatchObject({ source: 'sample', status: 'finished', cursor: file.events.length })
  expect(rig.state().session).toMatchObject({ problemText: file.setup.problem, config: file.setup.config })
  expect(INITIAL_SESSION).toMatchObject({ problemText: file.setup.problem, seed: file.setup.seed })
  expect(rig.state().history.runs).toEqual([])
  const live = await rig.store.actions.runs.start()
  expect(rig.active()).toMatchObject({ id: live, source: 'live', setup: file.setup })
  await rig.store.dispose()
})

it('is what the bundled models do today', async () => {
  const loader = engineLoader(sourcesOf(({ id }) => openCheckpointDirectory(`public/checkpoints/${id}`)))
  const { signal } = new AbortController()
  const bundled = (id: string) => ({ source: { kind: 'bundled', id } }) as const
  const engine = await loader.load(
    { backend: 'cpu', policy: bundled('countdown-policy'), reward: bundled('countdown-prm') },
    () => {},
    signal,
  )
  const made: SearchEvent[] = []
  for await (const event of searchTask(file.setup, engine, signal)) made.push(event)
  engine.dispose()
  // How it was computed may change without the run; that it says so may not.
  expect({ ...engine.policy.info, choices: file.models?.policy.choices }).toEqual(file.models?.policy)
  expect(file.models?.policy.choices).toMatchObject({ product: 'reference' })
  expect(made.map(withoutScores), 'record it again: npx tsx scripts/record-first-visit.ts').toEqual(
    file.events.map(withoutScores),
  )
  const scores = made.flatMap((event) => (event.type === 'scored' ? [event.pathScore] : []))
  const recorded = file.events.flatMap((event) => (event.type === 'scored' ? [event.pathScore] : []))
  scores.forEach((score, index) => {
    expect(score).toBeCloseTo(recorded[index] ?? Number.NaN, 4)
  })
})

/** What must be equal to the bit: which steps, in which order, what was decided, what it cost. */
function withoutScores(event: SearchEvent): unknown {
  if (event.type === 'proposed') return [event.type, event.node, event.parent, event.text, event.samples, event.ledger]
  if (event.type === 'kept' || event.type === 'pruned') return [event.type, event.node, event.decision.rank]
  if (event.type === 'finished') return [event.type, event.response, event.reason, event.ledger]
  return [event.type, event.ledger]
}
