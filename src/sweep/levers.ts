import type { ScalingLine } from './lines.ts'
import type { Rate } from './table.ts'

/** A policy of a training run: one of its saves. */
export interface TrainingSave {
  /** Index of its pair of models in the sweep. */
  readonly pair: number
  readonly title: string
  /** FLOPs, steps, or whatever the training is counted in. */
  readonly training: number
}

/** Accuracy by training and by budget. */
export interface LeverRow extends TrainingSave {
  /** One a budget; null where it was not run. */
  readonly cells: readonly (LeverCell | null)[]
}

export interface LeverCell extends Rate {
  readonly point: string
  readonly problems: number
  readonly flops: number
}

/**
 * The two levers: what each save reaches under growing search with one strategy.
 * @param lines of all saves, one each; those of other strategies and settings are to be left out before
 */
export function leverTable(
  lines: readonly ScalingLine[],
  saves: readonly TrainingSave[],
): { readonly budgets: readonly (number | null)[]; readonly rows: readonly LeverRow[] } {
  const budgets = [...new Set(lines.flatMap(({ points }) => points.map(({ budget }) => budget)))].toSorted(
    (a, b) => (a ?? 0) - (b ?? 0),
  )
  const rows = saves
    .toSorted((a, b) => a.training - b.training)
    .map((save) => {
      const line = lines.find(({ pair }) => pair === save.pair)
      const cells = budgets.map((budget): LeverCell | null => {
        const point = line?.points.find((one) => one.budget === budget)
        if (point === undefined) return null
        return { ...point.accuracy, point: point.id, problems: point.problems, flops: point.cost.flops }
      })
      return { ...save, cells }
    })
  return { budgets, rows }
}
