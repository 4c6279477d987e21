import { describe, expect, it } from 'vitest'
import { nameOfUnknown, savedModelName, trainingId, trainingName, withNames } from './training-names.ts'

// Without `Z`: the time zone of whoever reads.
const AT = '2026-11-26T23:15:07'

describe('a training run has an id for files and a name for people', () => {
  it('of its objective, its model and the time', () => {
    expect(trainingId('ranked-reward', '3fa2b1c9-0000')).toBe('ranked-rm-3fa2b1')
    expect(trainingName('sft', 'Countdown policy', AT)).toBe('SFT of Countdown policy, 26 Nov 23:15')
    expect(savedModelName('SFT of Countdown policy, 26 Nov 23:15', 60)).toBe(
      'SFT of Countdown policy, 26 Nov 23:15, step 60',
    )
  })

  it('a second one of the same minute has another', () => {
    const first = trainingName('dpo', 'mine', AT)
    const second = trainingName('dpo', 'mine', AT, [first])
    expect(second).toBe('DPO of mine, 26 Nov 23:15 (2)')
    expect(trainingName('dpo', 'mine', AT, [first, second])).toBe('DPO of mine, 26 Nov 23:15 (3)')
  })

  it.each(['', ' (2)'])('a model that was trained here is named without when', (number) => {
    const model = `SFT of Countdown policy, 2 Oct 09:01${number}, step 40`
    expect(trainingName('grpo', model, AT)).toBe('GRPO of SFT of Countdown policy, 26 Nov 23:15')
  })
})

const bundled = { kind: 'bundled', id: 'countdown-policy', name: 'Countdown policy' }
const run = {
  id: 'sft-3fa2b1',
  title: 'SFT 3fa2b1',
  recipe: { objective: 'sft' },
  models: { model: bundled, reference: null, rewardModel: null },
  parent: null,
  createdAt: AT,
} as const

it('where earlier versions wrote ids there are names', () => {
  expect(withNames(run).title).toBe('SFT of Countdown policy, 26 Nov 23:15')
  const trained = { kind: 'trained', id: 'ranked-rm-0a1b2c', name: 'Ranked RM 0a1b2c, step 5' }
  const child = {
    ...run,
    models: { model: trained, reference: bundled, rewardModel: trained },
    parent: { id: 'ranked-rm-0a1b2c', title: 'Ranked RM 0a1b2c', step: 4 },
  }
  const named = withNames(child)
  expect(named.models.model.name).toBe('earlier Ranked RM run, step 5')
  expect(named.models.rewardModel?.name).toBe('earlier Ranked RM run, step 5')
  expect(named.models.reference).toEqual(bundled)
  expect(named.parent).toEqual({ id: 'ranked-rm-0a1b2c', title: 'earlier Ranked RM run', step: 4 })
  expect(JSON.stringify(named).match(/"(title|name)":"[^"]*[0-9a-f]{6}/)).toBeNull()
})

it('names stay as they are, those of people too', () => {
  const named = { ...run, title: 'my best 3fa2b1', parent: { id: 'a', title: 'the first' } }
  expect(withNames(named)).toEqual(named)
  expect(withNames(withNames(run))).toEqual(withNames(run))
})

it('an id of a run that is not here is told by its objective', () => {
  expect(nameOfUnknown('implicit-prm-0a1b2c')).toBe('unknown Implicit PRM run')
  expect(nameOfUnknown('Qwen/Qwen3-0.6B')).toBeNull()
  expect(nameOfUnknown('countdown-prm')).toBeNull()
  expect(nameOfUnknown('sft-7b')).toBeNull()
})
