import { useMemo, useRef } from 'react'
import type { ShownSweep, SweepResult, SweepView } from '../../state/lab/lab-state.ts'
import { modelsName } from '../../state/lab/sweep-view.ts'
import type { ScalingLine } from '../../sweep/lines.ts'
import { linesOf } from '../../sweep/lines.ts'
import type { SweepPoint } from '../../sweep/table.ts'
import { SweepTable } from '../../sweep/table.ts'

export interface SweepFigures {
  readonly table: SweepTable
  readonly points: readonly SweepPoint[]
  readonly lines: readonly ScalingLine[]
  readonly pairTitles: readonly string[]
}

/** The table of a sweep's results, grown as they come: what came before is not counted again. */
export function useSweepFigures(sweep: SweepView, { results }: ShownSweep): SweepFigures {
  const kept = useRef<{ table: SweepTable; seen: readonly SweepResult[] } | null>(null)
  const { models } = sweep
  const pairTitles = useMemo(() => models.map(modelsName), [models])
  return useMemo(() => {
    const before = kept.current
    const at = before?.seen.length ?? 0
    // Results that were taken back, as those that failed, begin a new table.
    const grows =
      before !== null &&
      results.length >= at &&
      results[0] === before.seen[0] &&
      results[at - 1] === before.seen[at - 1]
    const table = grows ? before.table : new SweepTable()
    table.add(grows ? results.slice(at) : results)
    kept.current = { table, seen: results }
    const { points } = table
    return { table, points, lines: linesOf(points, pairTitles), pairTitles }
  }, [results, pairTitles])
}
