import { expect, test } from 'vitest'
import { spreadLabels } from './spread-labels.ts'

test('labels far apart stay; those that would cover each other are moved, in their order', () => {
  expect(spreadLabels([50, 10], [10, 10], [0, 100])).toEqual([50, 10])
  expect(spreadLabels([20, 22, 21], [10, 10, 10], [0, 100])).toEqual([20, 40, 30])
})

test('what would leave the picture is pushed back, and pushes others', () => {
  expect(spreadLabels([95, 98], [10, 20], [0, 100])).toEqual([75, 90])
  expect(spreadLabels([-5, 2], [10, 10], [0, 100])).toEqual([5, 15])
})

test('more than there is room for begin at the top', () => {
  expect(spreadLabels([5, 5, 5], [10, 10, 10], [0, 20])).toEqual([5, 15, 25])
})
