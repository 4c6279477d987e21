import { expect, it } from 'vitest'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import type { RunSetup } from '../../search/events.ts'
import { runSearch } from '../../search/run-search.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { ScriptedPolicy, ScriptedRewardModel, tableScript } from '../../search/testing/scripted-models.ts'
import { checkerFor, promptOf, taskById } from '../../tasks/registry.ts'
import { readEstimate } from './estimate.ts'
import type { Estimate } from './probe-state.ts'
import type { RunView } from './runs-state.ts'

const GIVEN = '3*5=15 : 7 2 15\n'
const RIGHT = '15+7=22 : 2 22\n'
const WRONG = '15-7=8 : 2 8\n'

const before: Estimate = {
  id: 'completions',
  run: 'run',
  node: 1,
  prefix: [GIVEN],
  count: 4,
  status: 'running',
  error: null,
  completions: [],
  correct: 0,
  mean: null,
  interval: null,
}

it('an estimate counts every completion of the given steps, equal ones and cut ones too', async () => {
  const task = taskById('countdown')
  const problem = task.parse('3 5 7 2 > 24')
  const setup: RunSetup = {
    task: 'countdown',
    problem: '3 5 7 2 > 24',
    strategy: 'sampling',
    config: { ...DEFAULT_CONFIG, n: 4, maxRounds: 3 },
    seed: 1,
    prefix: [GIVEN],
  }
  // Two right ones, of which the search makes one node with its count; a wrong one; one that is cut after three rounds.
  const policy = new ScriptedPolicy(
    tableScript({
      [GIVEN]: [RIGHT, RIGHT, WRONG, '15*2=30 : 7 30\n'],
      [GIVEN + RIGHT]: ['22+2=24 : 24\n'],
      [`${GIVEN}${RIGHT}22+2=24 : 24\n`]: ['A 24\n'],
      [GIVEN + WRONG]: ['A 8\n'],
      [`${GIVEN}15*2=30 : 7 30\n`]: ['30-7=23 : 23\n'],
      [`${GIVEN}15*2=30 : 7 30\n30-7=23 : 23\n`]: ['23+0=23 : 23\n'],
    }),
  )
  const context = {
    prompt: promptOf(task, problem),
    checker: checkerFor(task, problem),
    policy,
    reward: new ScriptedRewardModel(() => 0.5),
  }
  let tree = emptyTree()
  const run = (status: RunView['status']) => ({ status, error: null }) as RunView
  for await (const event of runSearch(setup, context)) {
    tree = applyEvent(tree, event)
    if (event.type === 'started') {
      expect(readEstimate(before, run('running'), tree)).toEqual(before)
    }
  }
  const estimate = readEstimate(before, run('finished'), tree)
  expect(estimate.completions.map(({ text, answer, correct }) => [text, answer, correct]).sort()).toEqual(
    [
      ['15*2=30 : 7 30\n30-7=23 : 23\n23+0=23 : 23\n', null, false],
      [`${RIGHT}22+2=24 : 24\nA 24\n`, '24', true],
      [`${RIGHT}22+2=24 : 24\nA 24\n`, '24', true],
      [`${WRONG}A 8\n`, '8', false],
    ].sort(),
  )
  // Wilson’s 95 % interval of 2 in 4.
  expect(estimate).toMatchObject({
    status: 'finished',
    correct: 2,
    mean: 0.5,
    interval: { low: expect.closeTo(0.15, 3), high: expect.closeTo(0.85, 3) },
  })
})
