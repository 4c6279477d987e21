import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import { bestMap, flopLevels } from '../sweep/best-map.ts'
import { passCeilings, splitByDifficulty } from '../sweep/difficulty.ts'
import { leverTable } from '../sweep/levers.ts'
import { linesOf } from '../sweep/lines.ts'
import { paretoFront } from '../sweep/pareto.ts'
import { tableOf } from '../sweep/table.ts'
import { madeResult, madeSweep } from '../sweep/testing/made-results.ts'
import { CellMap } from '../viz/marks/cell-map.tsx'
import { ScalingMultiples } from '../viz/marks/scaling-multiples.tsx'
import { ScalingPicture } from '../viz/marks/scaling-picture.tsx'
import {
  bestMapCells,
  ceilingLine,
  leverCells,
  pictureAxis,
  pictureLines,
  pointWords,
  rateWords,
} from './scaling-view.ts'

vi.mock('../viz/marks/marks.css', () => ({}))
vi.mock('../viz/marks/scaling.css', () => ({}))

const RESULTS = madeSweep(409)
const TABLE = tableOf(RESULTS)
const LINES = linesOf(TABLE.points)

/** How often a text is in another. */
const count = (text: string, part: string): number => text.split(part).length - 1

test('20,000 results: a picture of 49 points, each a button with words, and one tab stop', () => {
  const axis = pictureAxis('flops', LINES)
  const front = paretoFront(TABLE.points, 'flops').map(({ id }) => id)
  const markup = renderToStaticMarkup(
    <ScalingPicture
      title="A sweep"
      lines={pictureLines(LINES, 'flops')}
      axis={axis}
      front={front}
      selected={[front[0] ?? '']}
      width={900}
    />,
  )
  expect(count(markup, 'role="button"')).toBe(49)
  expect(count(markup, 'tabindex="0"')).toBe(1)
  expect(count(markup, 'aria-pressed="true"')).toBe(1)
  expect(count(markup, 'class="viz-band"')).toBe(7)
  // The front, and its sample beside its name.
  expect(count(markup, 'class="viz-front"')).toBe(2)
  expect(markup).toContain('>Pareto front</text>')
  expect(markup).toContain('aria-label="A sweep: accuracy in percent against FLOPs a problem, both models, 7 lines"')
  expect(count(markup, '409 problems')).toBe(49)
  // Nothing but the points grows with them.
  expect(count(markup, '<')).toBeLessThan(900)
})

test('budgets have their ticks; on a phone a legend stands in the picture', () => {
  const axis = pictureAxis('budget', LINES)
  expect(axis.ticks).toEqual([1, 2, 4, 8, 16, 32, 64])
  const markup = renderToStaticMarkup(
    <ScalingPicture title="A sweep" lines={pictureLines(LINES, 'budget')} axis={axis} width={358} />,
  )
  expect(count(markup, 'viz-legend-name')).toBe(7)
  expect(markup).toContain('>Diverse tree search (DVTS)</text>')
})

test('no results: no picture, and no error', () => {
  const picture = <ScalingPicture title="Empty" lines={[]} axis={pictureAxis('flops', [])} width={900} />
  expect(renderToStaticMarkup(picture)).toBe('<div class="viz-scaling" data-stale="false"></div>')
})

test('small multiples by difficulty name their lines once', () => {
  const { bins } = splitByDifficulty(RESULTS, 'fifths')
  const panels = bins.map(({ level, problems, results }) => ({
    id: String(level),
    title: `Level ${level}`,
    note: `${problems} problems`,
    lines: pictureLines(linesOf(tableOf(results).points), 'flops'),
  }))
  const markup = renderToStaticMarkup(
    <ScalingMultiples title="By difficulty" panels={panels} axis={pictureAxis('flops', LINES)} />,
  )
  expect(count(markup, '<h4>')).toBe(5)
  expect(count(markup, '<li>')).toBe(7)
})

test('the map: a cell a button, hatched where nothing is distinguishable', () => {
  const { bins } = splitByDifficulty(RESULTS, 'fifths')
  const levels = flopLevels(LINES).map((flops) => ({ flops }))
  const cells = bestMapCells(
    bestMap(
      bins.map(({ results }) => tableOf(results)),
      levels,
    ),
    LINES,
  )
  const titles = {
    rowTitles: bins.map(({ level }) => `Level ${level}`),
    columnTitles: levels.map(({ flops }) => `${flops}`),
  }
  const markup = renderToStaticMarkup(
    <CellMap title="Best strategy" columnsTitle="FLOPs" cells={cells} {...titles} width={900} />,
  )
  expect(count(markup, 'role="button"')).toBe(5 * levels.length)
  expect(count(markup, 'tabindex="0"')).toBe(1)
  const undecided = cells.flat().filter((cell) => cell?.undecided).length
  expect(undecided).toBeGreaterThan(0)
  expect(count(markup, 'fill="url(#')).toBe(undecided)
  expect(
    cells.flat().every((cell) => cell === null || cell.undecided === cell.words.startsWith('not distinguishable')),
  ).toBe(true)
})

test('the map of both levers: shades, and gaps where nothing was run', () => {
  const results = [0, 1].map((pair) =>
    madeResult({ strategy: 'sampling', budget: 1 + pair, pair, correct: pair === 1 }),
  )
  const { rows, budgets } = leverTable(linesOf(tableOf(results).points), [
    { pair: 0, title: 'Step 0', training: 0 },
    { pair: 1, title: 'Step 200', training: 200 },
  ])
  expect(budgets).toEqual([1, 2])
  expect(leverCells(rows).map((row) => row.map((cell) => cell && [cell.text, cell.shade]))).toEqual([
    [['0 %', 0], null],
    [null, ['100 %', 1]],
  ])
})

test('ceilings have a place where their cost is known', () => {
  const ceilings = passCeilings(RESULTS, TABLE, 0, [1, 3, 64])
  expect(ceilingLine(ceilings, 'budget', 7)?.points.map(({ x }) => x)).toEqual([1, 3, 64])
  expect(ceilingLine(ceilings, 'flops', 7)?.points.map(({ id }) => id)).toEqual(['pass@1', 'pass@64'])
  expect(ceilingLine([], 'flops', 7)).toBeNull()
})

test('words of a point say its interval, problems, seeds and failures', () => {
  const [line] = linesOf(
    tableOf([
      ...[1, 2].map((seed) => madeResult({ strategy: 'beam', budget: 16, seed, correct: true, flops: 2e9 })),
      madeResult({ strategy: 'beam', budget: 16, problem: 1, correct: null, passes: null, error: 'No room' }),
    ]).points,
  )
  const [point] = line?.points ?? []
  expect(point && pointWords(point)).toBe(
    'n = 16: 100 % (20.7 to 100 %), 1 problem, 2 results, 2.00\u202fGFLOP, 30.0\u202fM tokens a problem, 1 failed',
  )
  expect(rateWords({ rate: 0.634, interval: [0.589, 0.677] })).toBe('63.4 % (58.9 to 67.7 %)')
})
