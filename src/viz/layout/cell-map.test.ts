import { expect, test } from 'vitest'
import { cellMapLayout, neighbourCell } from './cell-map.ts'

test('eight columns fit a phone, by markers alone; texts stand where there is room', () => {
  const phone = cellMapLayout(['Level 1', 'Level 2'], 8, 358)
  expect(phone.left + 8 * phone.cell.width).toBeLessThanOrEqual(358)
  expect(phone.texts).toBe(false)
  const wide = cellMapLayout(['Level 1', 'Level 2'], 8, 900)
  expect(wide.texts).toBe(true)
  expect(wide.left + 8 * wide.cell.width).toBeLessThanOrEqual(900)
  expect(wide.height).toBeGreaterThan(2 * wide.cell.height)
})

test('few columns are no wider than they need; long titles take a third', () => {
  expect(cellMapLayout(['A'], 1, 900).cell.width).toBe(132)
  expect(cellMapLayout(['A very long title of a save of a training run'], 4, 300).left).toBe(100)
})

test('keys go from cell to cell and stop at the edge', () => {
  expect(neighbourCell([0, 0], 'ArrowRight', [2, 3])).toEqual([0, 1])
  expect(neighbourCell([0, 0], 'ArrowDown', [2, 3])).toEqual([1, 0])
  expect(neighbourCell([0, 0], 'ArrowUp', [2, 3])).toBeNull()
  expect(neighbourCell([1, 1], 'End', [2, 3])).toEqual([1, 2])
  expect(neighbourCell([1, 1], 'Home', [2, 3])).toEqual([1, 0])
  expect(neighbourCell([1, 0], 'Home', [2, 3])).toBeNull()
  expect(neighbourCell([1, 1], 'a', [2, 3])).toBeNull()
})
