import { expect, test } from 'vitest'
import { majorityAtK, weightedAtK } from './vote-at-k.ts'

const sample = (vote: string | null, score = 0.5) => ({ vote, right: vote === '24', score })

test('the most frequent answer is elected, ties to the first seen', () => {
  expect(majorityAtK([sample('24'), sample('7'), sample('24')], 3)).toBe(1)
  expect(majorityAtK([sample('7'), sample('24')], 2)).toBe(0)
  expect(majorityAtK([sample('24'), sample('7')], 2)).toBe(1)
})

test('is the share over the groups of k that the samples fill', () => {
  const samples = [sample('24'), sample('7'), sample('7'), sample('24'), sample('24'), sample('7'), sample('7')]
  expect(majorityAtK(samples, 1)).toBe(3 / 7)
  expect(majorityAtK(samples, 3)).toBe(0.5)
  expect(() => majorityAtK(samples, 8)).toThrow(RangeError)
  expect(() => majorityAtK(samples, 0)).toThrow(RangeError)
})

test('what has no vote does not count', () => {
  expect(majorityAtK([sample(null), sample(null), sample('24')], 3)).toBe(1)
  expect(majorityAtK([sample(null), sample(null)], 2)).toBe(0)
})

test('scores weigh votes', () => {
  const samples = [sample('7', 0.2), sample('7', 0.3), sample('24', 0.6)]
  expect(majorityAtK(samples, 3)).toBe(0)
  expect(weightedAtK(samples, 3)).toBe(1)
})
