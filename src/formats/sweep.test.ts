import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toErrorDetails } from '../core/errors.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import type { SweepConfig } from '../sweep/config.ts'
import type { SweepResult } from '../sweep/result.ts'
import { keptResult, readResults, readSweepFile, writeResults, writeSweepFile } from './sweep.ts'

const config: SweepConfig = {
  version: 1,
  task: 'countdown',
  problems: { source: 'generated', difficulty: '3-numbers', count: 5, seed: 1, split: 'held-out' },
  lines: [{ strategy: 'beam', config: { m: 2 } }],
  budgets: [1, 8],
  vary: { answerBy: ['score', 'majority'] },
  models: [{ policy: 'countdown-policy', reward: null }],
  seeds: [1],
}

const refusal = (change: object) => {
  try {
    readSweepFile(JSON.stringify({ ...config, ...change }), 'a.json')
  } catch (error) {
    return toErrorDetails(error)
  }
  throw new Error('it was accepted')
}

describe('the config of a sweep', () => {
  it('comes back as it was written', () => {
    expect(readSweepFile(writeSweepFile(config), 'a.json')).toEqual(config)
  })

  it('is refused by the name of the field that cannot be used', () => {
    expect(refusal({ budgets: [] })).toMatchObject({ code: 'bad-setting', place: { file: 'a.json', field: 'budgets' } })
    expect(refusal({ lines: [{ strategy: 'bean', config: {} }] })).toMatchObject({
      place: { field: 'lines.0.strategy' },
    })
    expect(refusal({ vary: { answerBy: ['loudest'] } })).toMatchObject({ place: { field: 'vary.answerBy.0' } })
    expect(refusal({ lines: [{ strategy: 'rebase', config: { balance: 0 } }] })).toMatchObject({
      message: expect.stringContaining('rebase:n=1'),
      place: { field: 'balance' },
    })
    expect(refusal({ budgets: [2000] })).toMatchObject({ place: { field: 'n' } })
  })
})

describe('results', () => {
  const result: SweepResult = {
    key: 'beam:n=8:m=2|0|1|3',
    search: 'beam:n=8:m=2',
    problem: 3,
    strategy: 'beam',
    config: { ...DEFAULT_CONFIG, n: 8, m: 2 },
    budget: 8,
    pair: 0,
    seed: 1,
    correct: null,
    answer: null,
    policyTokens: 0,
    rewardTokens: 0,
    tokensAsked: 0,
    flops: { policy: 0, reward: 0 },
    seconds: 0.5,
    shared: null,
    finished: 0,
    passes: null,
    error: { message: 'It is too long', place: { field: 'problem' } },
  }

  it('come back as they were written, and name the line that is none', () => {
    const text = writeResults([result, result])
    expect(readResults(text, 'r.jsonl')).toEqual([result, result])
    expect(() => readResults(`${text}{"key": 3}\n`, 'r.jsonl')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ place: expect.objectContaining({ line: 3 }) }) }),
    )
    expect(keptResult(result)).toEqual(result)
    expect(keptResult({ ...result, strategy: 'other' })).toBeNull()
  })
})

it.each(readdirSync('docs/sweeps'))('docs/sweeps/%s is a sweep, and written again it is the same', (name) => {
  const config = readSweepFile(readFileSync(`docs/sweeps/${name}`, 'utf8'), name)
  expect(readSweepFile(writeSweepFile(config), name)).toEqual(config)
})
