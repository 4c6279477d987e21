import { expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { whatDiffers } from './what-differs.ts'

const row = {
  strategy: 'beam',
  config: { ...DEFAULT_CONFIG, n: 4, m: 2 },
  policy: { id: 'p', hash: 'a' },
  reward: { id: 'r', hash: 'b' },
} as const
const name = (id: string) => `model ${id}`

it('says nothing of columns that are alike', () => {
  expect(whatDiffers([row, row], name)).toEqual({ parts: [], words: ['', ''] })
})

it('tells columns by the settings and models in which they differ, and names the parts', () => {
  const wider = { ...row, config: { ...row.config, n: 8 } }
  const trained = { ...row, policy: { id: 'q', hash: 'c' } }
  expect(whatDiffers([row, wider, trained], name)).toEqual({
    parts: ['settings', 'policy'],
    words: ['n 4, model p', 'n 8, model p', 'n 4, model q'],
  })
})

it('tells weights of one name apart by their hash, and leaves out settings that only one strategy uses', () => {
  const other = { ...row, strategy: 'lookahead', config: { ...row.config, lookahead: 3 } } as const
  const further = { ...row, reward: { id: 'r', hash: 'd' } }
  expect(whatDiffers([row, other], name)).toEqual({ parts: ['strategy'], words: ['', ''] })
  expect(whatDiffers([row, further], name)).toEqual({ parts: ['reward model'], words: ['model r (b)', 'model r (d)'] })
})

it('does not call it a difference where a strategy asks no reward model', () => {
  const greedy = { ...row, strategy: 'greedy-decoding', reward: null } as const
  expect(whatDiffers([row, greedy], name).parts).toEqual(['strategy'])
})
