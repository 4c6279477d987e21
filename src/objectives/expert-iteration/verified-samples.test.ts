import { expect, test } from 'vitest'
import { selectVerified } from './verified-samples.ts'

const sample = (problem: string, tokenIds: number[], right = true) => ({ problem, tokenIds, right })

test('keeps right responses, each once a problem', () => {
  const samples = [
    sample('a', [1, 2]),
    sample('a', [1, 2]),
    sample('a', [12]),
    sample('a', [3], false),
    sample('b', [1, 2]),
    sample('c', [4], false),
  ]
  expect(selectVerified(samples)).toEqual([samples[0], samples[2], samples[4]])
})

test('keeps the first few of a problem', () => {
  const samples = [sample('a', [1]), sample('b', [9]), sample('a', [1]), sample('a', [2]), sample('a', [3])]
  expect(selectVerified(samples, 2)).toEqual([samples[0], samples[1], samples[3]])
})
