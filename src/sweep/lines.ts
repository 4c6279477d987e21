import type { Setting, SettingName, StrategyId } from '../search/settings.ts'
import { settingOf, strategyById, strategyName, usesSetting } from '../search/settings.ts'
import { budgetOf } from './config.ts'
import type { SweepPoint } from './table.ts'

/** One strategy with its settings and models under growing budgets: a line of the pictures. */
export interface ScalingLine {
  readonly id: string
  /** Its strategy, and the settings and models in which it differs from other lines of that strategy. */
  readonly title: string
  readonly strategy: StrategyId
  readonly pair: number
  /** Those with a cost and an accuracy, by their mean FLOPs. */
  readonly points: readonly CostedPoint[]
}

/** A point that has its place in a picture. */
export type CostedPoint = SweepPoint & {
  readonly accuracy: NonNullable<SweepPoint['accuracy']>
  readonly cost: NonNullable<SweepPoint['cost']>
}

export function isCosted(point: SweepPoint): point is CostedPoint {
  return point.accuracy !== null && point.cost !== null
}

interface Family {
  readonly strategy: StrategyId
  readonly pair: number
  /** Settings of the line, without its budget and without m where m follows from n. */
  readonly settings: readonly (readonly [SettingName, unknown])[]
  readonly points: SweepPoint[]
}

/**
 * Lines of a table, in the order of its points. Points belong together where they differ in nothing but the budget; children
 * per path (m) that had to be fewer to divide n are those of the line all the same, so that a point may stand on two lines.
 * @param pairTitles names of the pairs of models, by their index; said where there are several pairs
 */
export function linesOf(points: readonly SweepPoint[], pairTitles: readonly string[] = []): ScalingLine[] {
  const families = new Map<string, Family>()
  for (const point of points) {
    const settings = settingsOf(point)
    const key = JSON.stringify([point.strategy, point.pair, settings])
    const family = families.get(key) ?? { strategy: point.strategy, pair: point.pair, settings, points: [] }
    family.points.push(point)
    families.set(key, family)
  }
  const lines = [...families.values()].flatMap(dividedLines)
  const pairs = new Set(lines.map(({ pair }) => pair))
  return lines.map((line) => ({
    id: JSON.stringify([line.strategy, line.pair, line.settings]),
    title: titleOf(line, lines, pairs.size > 1 ? (pairTitles[line.pair] ?? `Models ${line.pair + 1}`) : null),
    strategy: line.strategy,
    pair: line.pair,
    points: line.points.filter(isCosted).toSorted((a, b) => a.cost.flops - b.cost.flops),
  }))
}

/** m follows from n where n is the budget. */
function dividesBudget(strategy: StrategyId): boolean {
  return budgetOf(strategy) === 'n' && usesSetting(strategy, 'm')
}

function settingsOf({ strategy, config }: SweepPoint): [SettingName, unknown][] {
  const free = dividesBudget(strategy) ? [budgetOf(strategy), 'm'] : [budgetOf(strategy)]
  return strategyById(strategy)
    .settings.filter((name) => !free.includes(name))
    .map((name) => [name, config[name]])
}

/** A family by the children per path that were asked for. */
function dividedLines({ strategy, pair, settings, points }: Family): Family[] {
  if (!dividesBudget(strategy)) return [{ strategy, pair, settings, points }]
  const asked: number[] = []
  const explained = ({ config }: SweepPoint, m: number) => config.m === m || config.m === largestDivisor(config.n, m)
  for (const point of points.toSorted((a, b) => b.config.n - a.config.n || b.config.m - a.config.m)) {
    const largest = points.every(({ config }) => config.n <= point.config.n)
    const known = asked.some((m) => (largest ? m === point.config.m : explained(point, m)))
    if (!known) asked.push(point.config.m)
  }
  return asked
    .toSorted((a, b) => a - b)
    .map((m) => ({
      strategy,
      pair,
      settings: [...settings, ['m', m] as const],
      points: points.filter((point) => explained(point, m)),
    }))
}

/** The largest divisor of n that is not above m. */
function largestDivisor(n: number, m: number): number {
  let divisor = Math.min(n, m)
  while (n % divisor !== 0) divisor -= 1
  return divisor
}

function titleOf(line: Family, lines: readonly Family[], models: string | null): string {
  const others = lines.filter(({ strategy }) => strategy === line.strategy)
  const differing = line.settings.filter(([name, value]) =>
    others.some(({ settings }) => settings.some(([other, its]) => other === name && its !== value)),
  )
  const said = differing.map(([name, value]) => settingWords(name, value))
  return [strategyName(line.strategy), ...said, ...(models === null ? [] : [models])].join(', ')
}

/** `m = 4`, `Path score: Product`. */
export function settingWords(name: SettingName, value: unknown): string {
  const setting: Setting = settingOf(name)
  if (setting.kind === 'choice') {
    const choice = setting.choices.find(({ id }) => id === value)
    return `${setting.name.toLowerCase()}: ${choice?.name.toLowerCase() ?? String(value)}`
  }
  const symbol = /\(([^)]+)\)$/.exec(setting.name)?.[1]
  return `${symbol ?? setting.name.toLowerCase()} = ${String(value)}`
}

/** What a point was given to spend: `n = 16`; null where nothing says so. */
export function budgetWords({ strategy, budget }: Pick<SweepPoint, 'strategy' | 'budget'>): string | null {
  const name = budgetOf(strategy)
  return name === null || budget === null ? null : settingWords(name, budget)
}
