import { expect, test } from 'vitest'
import type { PictureAxis, PictureLine } from './scaling-layout.ts'
import { domainOf, LABEL_ROW, letterOf, neighbourPoint, scalingLayout } from './scaling-layout.ts'

const FLOPS: PictureAxis = { title: 'FLOPs a problem', scale: 'log', format: (value) => value.toExponential(0) }

function line(
  index: number,
  places: readonly (readonly [x: number, y: number])[],
  title = `Line ${index}`,
): PictureLine {
  return {
    id: `line-${index}`,
    title,
    style: index,
    points: places.map(([x, y]) => ({ id: `${index}:${x}`, x, y, low: y - 0.05, high: y + 0.05, words: '' })),
  }
}

test('a log axis: equal factors are equal distances; shares upwards, bands around them', () => {
  const layout = scalingLayout(
    [
      line(0, [
        [1, 0.2],
        [10, 0.4],
        [100, 0.6],
      ]),
    ],
    FLOPS,
    { width: 800, height: 400 },
  )
  const points = layout?.lines[0]?.points ?? []
  const [first, second, third] = points
  expect((second?.left ?? 0) - (first?.left ?? 0)).toBeCloseTo((third?.left ?? 0) - (second?.left ?? 0), 6)
  expect(points.every(({ top, bandTop, bandBottom }) => bandTop < top && top < bandBottom)).toBe(true)
  expect(third?.top).toBeLessThan(first?.top ?? 0)
  // From 0.15 to 0.65: the axis from 10 to 70 percent.
  expect(
    domainOf(
      [
        line(0, [
          [1, 0.2],
          [10, 0.4],
          [100, 0.6],
        ]),
      ],
      FLOPS,
    ),
  ).toEqual({ x: [1, 100], y: [0.1, 0.7] })
})

test('twelve lines that end at one place have labels that do not cover each other, in the picture', () => {
  const lines = Array.from({ length: 12 }, (_, index) =>
    line(
      index,
      [
        [1, 0.5],
        [1000, 0.8],
      ],
      `A strategy with a long name, setting ${index}`,
    ),
  )
  const layout = scalingLayout(lines, FLOPS, { width: 900, height: 460 })
  expect(layout?.letters).toBe(false)
  const labels = (layout?.labels ?? []).toSorted((a, b) => a.top - b.top)
  expect(labels).toHaveLength(12)
  for (const [index, label] of labels.entries()) {
    const before = labels[index - 1]
    if (before === undefined) continue
    expect(label.top - before.top).toBeGreaterThanOrEqual((LABEL_ROW * (label.rows.length + before.rows.length)) / 2)
  }
  expect(labels[0]?.top).toBeGreaterThan(0)
  expect(labels.at(-1)?.top).toBeLessThan(460)
  expect(labels.every(({ rows }) => rows.every((row) => row.length <= 26))).toBe(true)
})

test('a narrow picture, and one with more titles than it is high, name lines by letters', () => {
  const many = Array.from({ length: 40 }, (_, index) => line(index, [[1, 0.5]]))
  expect(scalingLayout(many.slice(0, 3), FLOPS, { width: 358, height: 300 })).toMatchObject({
    letters: true,
    labels: [{ rows: ['A'] }, { rows: ['B'] }, { rows: ['C'] }],
  })
  expect(scalingLayout(many, FLOPS, { width: 900, height: 300 })?.letters).toBe(true)
  expect([letterOf(25), letterOf(26), letterOf(53)]).toEqual(['Z', 'A2', 'B3'])
})

test('ticks: decades over long axes, 1, 2 and 5 times over short ones, given ones thinned on a phone', () => {
  const wide = scalingLayout(
    [
      line(0, [
        [1e6, 0.5],
        [1e12, 0.6],
      ]),
    ],
    FLOPS,
    { width: 400, height: 300 },
  )
  expect(wide?.columns.map(({ text }) => text)).toEqual(['1e+6', '1e+8', '1e+10', '1e+12'])
  const short = scalingLayout(
    [
      line(0, [
        [1, 0.5],
        [10, 0.6],
      ]),
    ],
    FLOPS,
    { width: 800, height: 300 },
  )
  expect(short?.columns.map(({ text }) => text)).toEqual(['1e+0', '2e+0', '5e+0', '1e+1'])
  const powers = { ...FLOPS, ticks: [1, 2, 4, 8, 16, 32, 64], format: String }
  const budgets = (width: number) =>
    scalingLayout(
      [
        line(0, [
          [1, 0.5],
          [64, 0.6],
        ]),
      ],
      powers,
      { width, height: 300 },
    )?.columns.map(({ text }) => text)
  expect(budgets(800)).toEqual(['1', '2', '4', '8', '16', '32', '64'])
  expect(budgets(358)).toEqual(['1', '4', '16', '64'])
})

test('no points, no picture; a single one lies in it', () => {
  expect(scalingLayout([line(0, [])], FLOPS, { width: 800, height: 300 })).toBeNull()
  const layout = scalingLayout([line(0, [[5, 1]])], FLOPS, { width: 800, height: 300 })
  const [point] = layout?.lines[0]?.points ?? []
  expect(point?.left).toBeGreaterThan(layout?.field.left ?? 0)
  expect(point?.left).toBeLessThan(layout?.field.right ?? 0)
})

test('keys go along a line, and to the nearest point of the next', () => {
  const layout = scalingLayout(
    [
      line(0, [
        [1, 0.5],
        [10, 0.6],
        [100, 0.6],
      ]),
      line(1, [
        [2, 0.5],
        [90, 0.6],
      ]),
    ],
    FLOPS,
    { width: 800, height: 300 },
  )
  const lines = layout?.lines ?? []
  expect(neighbourPoint(lines, [0, 1], 'ArrowRight')).toEqual([0, 2])
  expect(neighbourPoint(lines, [0, 2], 'ArrowRight')).toBeNull()
  expect(neighbourPoint(lines, [0, 2], 'ArrowDown')).toEqual([1, 1])
  expect(neighbourPoint(lines, [1, 0], 'ArrowUp')).toEqual([0, 0])
  expect(neighbourPoint(lines, [1, 0], 'ArrowDown')).toBeNull()
  expect(neighbourPoint(lines, [0, 1], 'Home')).toEqual([0, 0])
  expect(neighbourPoint(lines, [0, 1], 'End')).toEqual([0, 2])
  expect(neighbourPoint(lines, [0, 1], 'a')).toBeNull()
})
