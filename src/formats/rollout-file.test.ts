import { describe, expect, it } from 'vitest'
import { readRows, writeRows } from './json-lines.ts'
import type { RolloutRow } from './rollout-file.ts'
import { ROLLOUT_FORMAT, shortFloat } from './rollout-file.ts'

const SAMPLE: RolloutRow = {
  task: 'countdown',
  problem: '3 5 7 > 15',
  index: 4,
  sample: 1,
  prompt: 'Q 3 5 7 > 15\n',
  steps: [
    { text: '3+5=8 : 7 8\n', tokenIds: [3, 10, 5], logprobs: [-0.25, -1.5, 0], finish: 'step' },
    { text: '', tokenIds: [22], logprobs: [-3], finish: 'eos' },
  ],
  end: 'eos',
  verdict: { answer: null, correct: false, explanation: 'The response ends without an answer; 7 8 are left.' },
  source: {
    policy: 'countdown-policy',
    hash: '0123456789abcdef',
    seed: 7,
    n: 2,
    temperature: 1,
    topP: 1,
    topK: 0,
    maxSteps: 40,
    maxStepTokens: 64,
    stopAtAnswer: true,
  },
}

describe('rollout file', () => {
  it('is read as it was written', () => {
    expect(readRows(ROLLOUT_FORMAT, writeRows([SAMPLE, SAMPLE]), 'a.jsonl')).toEqual([SAMPLE, SAMPLE])
  })

  it('is refused by file, line and field', () => {
    const read = (change: object) => () => readRows(ROLLOUT_FORMAT, writeRows([SAMPLE, { ...SAMPLE, ...change }]), 'a')
    const [step] = SAMPLE.steps
    expect(read({ steps: [{ ...step, logprobs: [0] }] })).toThrow(
      'a, line 2, steps[0].logprobs: There must be one log-probability for each token: 1 for 3 tokens',
    )
    expect(read({ sample: -1 })).toThrow('a, line 2, sample: ')
    expect(read({ end: 'bored' })).toThrow('a, line 2, end: ')
    expect(read({ source: undefined })).toThrow('a, line 2, source: ')
  })
})

describe('shortFloat', () => {
  it('keeps every bit of a float32', () => {
    const values = Float32Array.from({ length: 2000 }, (_, i) => -Math.exp(((i * 7919) % 2000) / 90 - 18))
    for (const value of [...values, 0, -0.1, 1])
      expect(Math.fround(shortFloat(Math.fround(value)))).toBe(Math.fround(value))
    expect(JSON.stringify(shortFloat(Math.fround(-0.1)))).toBe('-0.1')
  })
})
