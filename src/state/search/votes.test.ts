import { expect, it } from 'vitest'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import { describeEvent } from '../../search/describe-event.ts'
import type { RunSetup, SearchEvent } from '../../search/events.ts'
import { runSearch } from '../../search/run-search.ts'
import type { StrategyConfig } from '../../search/settings.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { ScriptedPolicy, ScriptedRewardModel, tableScript } from '../../search/testing/scripted-models.ts'
import { checkerFor, promptOf, taskById } from '../../tasks/registry.ts'

const WRONG = '3*5=16 : 7 2 16\n'
const policy = () =>
  new ScriptedPolicy(
    tableScript({
      '': [WRONG, WRONG, '3*5=15 : 7 2 15\n', '7+2=9 : 3 5 9\n'],
      [WRONG]: ['16+7=23 : 2 23\n'],
      [`${WRONG}16+7=23 : 2 23\n`]: ['23+2=24 : 24\n'],
      [`${WRONG}16+7=23 : 2 23\n23+2=24 : 24\n`]: ['A 24\n'],
      '3*5=15 : 7 2 15\n': ['15+7=22 : 2 22\n'],
      '3*5=15 : 7 2 15\n15+7=22 : 2 22\n': ['22+2=24 : 24\n'],
      '3*5=15 : 7 2 15\n15+7=22 : 2 22\n22+2=24 : 24\n': ['A 24\n'],
      '7+2=9 : 3 5 9\n': ['5*3=15 : 9 15\n'],
      '7+2=9 : 3 5 9\n5*3=15 : 9 15\n': ['9+15=24 : 24\n'],
      '7+2=9 : 3 5 9\n5*3=15 : 9 15\n9+15=24 : 24\n': ['A 24\n'],
    }),
  )

async function search(strategy: RunSetup['strategy'], config: Partial<StrategyConfig>): Promise<SearchEvent[]> {
  const task = taskById('countdown')
  const problem = task.parse('3 5 7 2 > 24')
  const setup: RunSetup = {
    task: 'countdown',
    problem: '3 5 7 2 > 24',
    strategy,
    config: { ...DEFAULT_CONFIG, n: 4, ...config },
    seed: 1,
    prefix: [],
  }
  const reward = new ScriptedRewardModel((text) => (text.includes('=16') ? 0.9 : 0.1))
  const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem), policy: policy(), reward }
  const events: SearchEvent[] = []
  for await (const event of runSearch(setup, context)) events.push(event)
  return events
}

it.each([
  ['sampling', {}],
  ['weighted-vote-prm', {}],
  ['weighted-vote-orm', {}],
] as const)(
  'with right paths in the tree, a vote (%s %j) shows one, though every answer is “A 24”',
  async (strategy, config) => {
    const events = await search(strategy, config)
    const end = events.at(-1)
    expect(end).toMatchObject({ type: 'finished', answer: '24', correct: true })
    const tree = events.reduce(applyEvent, emptyTree())
    if (end) expect(describeEvent(end, tree)).toMatch(/Votes: 2 of 4 responses have one, all for the same/)
    expect(tree.nodes.filter(({ verdict }) => verdict !== null).map(({ verdict }) => verdict?.vote)).toEqual([
      null,
      '2+3*5+7',
      '2+3*5+7',
    ])
  },
)

it('events tell votes only where they count', async () => {
  const events = await search('best-of-n-prm', {})
  expect(JSON.stringify(events)).not.toContain('"vote"')
  expect(events.at(-1)).toMatchObject({ correct: false })
})
