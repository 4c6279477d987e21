import { expect, it } from 'vitest'
import { namedStrategy, todaysStrategy } from './earlier-setup.ts'

it.each([
  [{}, 'best-of-n-prm'],
  [{ answerBy: 'score' }, 'best-of-n-prm'],
  [{ answerBy: 'weighted-vote' }, 'weighted-vote-prm'],
  [{ answerBy: 'majority' }, 'sampling'],
] as const)('best of n with %j is %s', (config, strategy) => {
  expect(todaysStrategy({ strategy: 'best-of-n', config, seed: 3 })).toEqual({ strategy, config, seed: 3 })
})

it('other strategies keep their names, and nothing else is one', () => {
  const beam = { strategy: 'beam', config: { answerBy: 'weighted-vote' } } as const
  expect(todaysStrategy(beam)).toEqual(beam)
  expect([namedStrategy('beam'), namedStrategy('best-of-n'), namedStrategy('best')]).toEqual([
    'beam',
    'best-of-n',
    undefined,
  ])
})
