import { useCallback, useMemo, useRef, useState } from 'react'
import { fileStem } from '../../core/file-stem.ts'
import { PictureExport } from '../../panels/picture-export.tsx'
import type { CostAxis } from '../../panels/scaling-view.ts'
import {
  bestMapCells,
  COST_AXES,
  ceilingLine,
  leverCells,
  pictureAxis,
  pictureLines,
} from '../../panels/scaling-view.ts'
import { useApp } from '../../state/hooks.ts'
import type { ShownSweep, SweepView } from '../../state/lab/lab-state.ts'
import { bestMap, flopLevels } from '../../sweep/best-map.ts'
import type { DifficultyBin } from '../../sweep/difficulty.ts'
import { passCeilings, splitByDifficulty } from '../../sweep/difficulty.ts'
import { leverTable } from '../../sweep/levers.ts'
import type { ScalingLine } from '../../sweep/lines.ts'
import { linesOf } from '../../sweep/lines.ts'
import { paretoFront } from '../../sweep/pareto.ts'
import { comparisonSentence, leaderComparisons } from '../../sweep/sentences.ts'
import type { SweepTable } from '../../sweep/table.ts'
import { tableOf } from '../../sweep/table.ts'
import { tableCsv } from '../../sweep/table-csv.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Select } from '../../ui/select.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { formatNumber } from '../../viz/layout/format-number.ts'
import { CellMap } from '../../viz/marks/cell-map.tsx'
import { LineLegend } from '../../viz/marks/line-legend.tsx'
import { ScalingMultiples } from '../../viz/marks/scaling-multiples.tsx'
import { ScalingPicture } from '../../viz/marks/scaling-picture.tsx'
import styles from './lab.module.css'
import { PointPanel } from './point-panel.tsx'
import { PointTable } from './point-table.tsx'
import { usePieces } from './use-pieces.ts'
import type { SweepFigures } from './use-sweep-table.ts'
import { useSweepFigures } from './use-sweep-table.ts'

interface PicturesProps {
  sweep: SweepView
  shown: ShownSweep
  onOpened(): void
}

type View = 'lines' | 'difficulty' | 'best' | 'levers' | 'table'

const AXES = Object.keys(COST_AXES) as CostAxis[]
const KS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** Pictures, sentences and tables of the sweep that is shown; a chosen point opens its results. */
export function SweepPictures({ sweep, shown, onOpened }: PicturesProps) {
  const figures = useSweepFigures(sweep, shown)
  const [view, setView] = useState<View>('lines')
  const [axis, setAxis] = useState<CostAxis>('flops')
  const [selected, setSelected] = useState<readonly string[]>([])
  const stale = useApp(({ lab }) => JSON.stringify(lab.draft.config) !== JSON.stringify(sweep.config))
  const difficulty = useDifficulty(shown, figures.pairTitles, view === 'difficulty' || view === 'best')
  const { points, lines } = figures
  if (points.length === 0) {
    return (
      <EmptyState icon="chart" title="No results yet" later>
        <p>They are drawn here as they come.</p>
      </EmptyState>
    )
  }
  const select = (id: string, extend: boolean) => {
    const others = selected.filter((one) => one !== id)
    if (extend) setSelected(selected.includes(id) ? others : [...others.slice(-1), id])
    else setSelected(selected.length === 1 && selected[0] === id ? [] : [id])
  }
  const shared = { sweep, shown, figures, axis, selected, onSelect: select, stale }
  const several = sweep.models.length > 1
  return (
    <>
      {stale ? (
        <p className={styles.muted}>The setup beside it was changed: this is the sweep as it was started.</p>
      ) : null}
      <div className={styles.row}>
        <Select<CostAxis>
          label="Accuracy against"
          inline
          value={axis}
          options={AXES.map((id) => ({ value: id, label: COST_AXES[id].name }))}
          onChange={setAxis}
        />
      </div>
      <Tabs<View>
        label="Views of the sweep"
        value={view}
        tabs={[
          { value: 'lines', label: 'Accuracy', content: view === 'lines' ? <LinesView {...shared} /> : null },
          {
            value: 'difficulty',
            label: 'By difficulty',
            content:
              view === 'difficulty' ? (
                difficulty ? (
                  <DifficultyView {...shared} difficulty={difficulty} />
                ) : (
                  <Counting />
                )
              ) : null,
          },
          {
            value: 'best',
            label: 'Best strategy',
            content:
              view === 'best' ? difficulty ? <BestView {...shared} difficulty={difficulty} /> : <Counting /> : null,
          },
          ...(several
            ? [
                {
                  value: 'levers' as const,
                  label: 'Training × search',
                  content: view === 'levers' ? <LeversView {...shared} /> : null,
                },
              ]
            : []),
          {
            value: 'table',
            label: 'Table',
            content:
              view === 'table' ? (
                <PointTable points={points} pairTitles={figures.pairTitles} selected={selected} onSelect={select} />
              ) : null,
          },
        ]}
        onChange={setView}
      />
      <Sentences figures={figures} />
      <p className={styles.muted}>
        A point opens its results; a second one, with Shift, shows the problems where the two differ.
      </p>
      {selected.length > 0 ? (
        <PointPanel
          sweep={sweep}
          shown={shown}
          table={figures.table}
          lines={lines}
          selected={selected}
          onOpened={onOpened}
          onClose={() => setSelected([])}
        />
      ) : null}
    </>
  )
}

interface ViewProps extends Omit<PicturesProps, 'onOpened'> {
  figures: SweepFigures
  axis: CostAxis
  selected: readonly string[]
  stale: boolean
  onSelect(id: string, extend: boolean): void
}

function LinesView({ sweep, shown, figures, axis, selected, stale, onSelect }: ViewProps) {
  const svg = useRef<SVGSVGElement>(null)
  const { table, points, lines, pairTitles } = figures
  const ceilings = usePieces(
    useCallback(
      // biome-ignore lint/correctness/useYield: one piece
      function* () {
        return passCeilings(shown.results, table, 0, KS)
      },
      [shown.results, table],
    ),
  )
  const ceiling = useMemo(() => ceilings && ceilingLine(ceilings, axis, lines.length), [ceilings, axis, lines.length])
  const drawn = useMemo(() => [...pictureLines(lines, axis), ...(ceiling ? [ceiling] : [])], [lines, axis, ceiling])
  const front = useMemo(() => (axis === 'budget' ? [] : paretoFront(points, axis).map(({ id }) => id)), [points, axis])
  return (
    <section className={styles.part} aria-label="Accuracy">
      <div className={styles.partHead}>
        <h4 className={styles.heading}>Accuracy with 95 % bands</h4>
        <PictureExport
          title={sweep.title}
          file={fileStem(sweep.title)}
          svg={svg}
          csv={() => tableCsv(points, pairTitles)}
        />
      </div>
      <ScalingPicture
        ref={svg}
        title={sweep.title}
        lines={drawn}
        axis={pictureAxis(axis, lines)}
        front={front}
        selected={selected}
        onSelect={(id, extend) => {
          if (points.some((point) => point.id === id)) onSelect(id, extend)
        }}
        stale={stale}
      />
    </section>
  )
}

interface DrawnBin {
  readonly bin: DifficultyBin
  readonly table: SweepTable
  readonly lines: readonly ScalingLine[]
  readonly title: string
  readonly note: string
}

/** Results by difficulty; null until they are counted, and while nobody wants them. */
function useDifficulty({ results }: ShownSweep, pairTitles: readonly string[], wanted: boolean) {
  const count = useCallback(
    function* () {
      const split = splitByDifficulty(results, 'fifths')
      yield
      const bins: DrawnBin[] = []
      for (const bin of split.bins) {
        const table = tableOf(bin.results)
        yield
        const [low, high] = bin.range
        const lines = linesOf(table.points, pairTitles)
        const note = `pass@1 ${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)} %, ${bin.problems} problems`
        bins.push({ bin, table, lines, title: `Level ${bin.level}`, note })
        yield
      }
      return { split, bins }
    },
    [results, pairTitles],
  )
  return usePieces(wanted ? count : null)
}

type ByDifficulty = NonNullable<ReturnType<typeof useDifficulty>>

function Counting() {
  return <p className={styles.muted}>Counting the results…</p>
}

function DifficultyView({
  difficulty,
  figures,
  axis,
  selected,
  stale,
  onSelect,
}: ViewProps & { difficulty: ByDifficulty }) {
  const { split, bins } = difficulty
  const known = (id: string) =>
    Math.max(
      0,
      figures.lines.findIndex((line) => line.id === id),
    )
  if (bins.length === 0) {
    return (
      <p className={styles.muted}>
        Difficulty is the policy’s own pass@1: it needs a strategy of plain samples, such as the majority vote.
      </p>
    )
  }
  return (
    <section className={styles.part} aria-label="By difficulty">
      <p className={styles.muted}>
        Bins of the policy’s own pass@1, from {split.samples} samples a problem
        {split.biased ? '; they are the samples that are judged, too, which flatters the easy bins: add a seed' : ''}.
      </p>
      <ScalingMultiples
        title="Accuracy by difficulty"
        panels={bins.map(({ bin, lines, title, note }) => ({
          id: String(bin.level),
          title,
          note,
          lines: pictureLines(lines, axis, ({ id }) => known(id)),
        }))}
        axis={pictureAxis(axis, figures.lines)}
        selected={selected}
        onSelect={(_panel, id, extend) => onSelect(id, extend)}
        stale={stale}
      />
    </section>
  )
}

function BestView({ difficulty, figures, stale }: ViewProps & { difficulty: ByDifficulty }) {
  const svg = useRef<SVGSVGElement>(null)
  const { bins } = difficulty
  const { lines, table } = figures
  const map = usePieces(
    useCallback(
      function* () {
        const levels = flopLevels(lines).map((flops) => ({ flops }))
        const rows: ReturnType<typeof bestMap> = []
        for (const one of [...bins.map((bin) => bin.table), table]) {
          const row: (typeof rows)[number] = []
          for (const level of levels) {
            row.push(...bestMap([one], [level]).flat())
            yield
          }
          rows.push(row)
        }
        return { levels, cells: bestMapCells(rows, lines) }
      },
      [bins, lines, table],
    ),
  )
  if (map === null) return <Counting />
  if (map.levels.length === 0) {
    return <p className={styles.muted}>It needs two strategies whose costs overlap.</p>
  }
  return (
    <section className={styles.part} aria-label="Best strategy">
      <div className={styles.partHead}>
        <h4 className={styles.heading}>Best strategy by difficulty and FLOPs</h4>
        <PictureExport
          title="Best strategy"
          file="best-strategy"
          svg={svg}
          csv={() => tableCsv(figures.points, figures.pairTitles)}
        />
      </div>
      <LineLegend lines={lines.map(({ id, title }, style) => ({ id, title, style }))} label="Strategies" />
      <CellMap
        ref={svg}
        title="Best strategy"
        rowTitles={[...bins.map(({ title }) => title), 'All problems']}
        columnTitles={map.levels.map(({ flops }) => formatNumber(flops, 'FLOP'))}
        columnsTitle="FLOPs a problem"
        cells={map.cells}
        stale={stale}
      />
      <p className={styles.muted}>Hatched: the paired test does not tell the strategies apart.</p>
    </section>
  )
}

function LeversView({ sweep, figures, axis, selected, stale, onSelect }: ViewProps) {
  const svg = useRef<SVGSVGElement>(null)
  const { lines, pairTitles } = figures
  const titles = useMemo(
    () => [...new Set(lines.map(({ title }) => titleWithoutModels(title, pairTitles)))],
    [lines, pairTitles],
  )
  const [chosen, setChosen] = useState<string | null>(null)
  const strategy = chosen !== null && titles.includes(chosen) ? chosen : (titles.at(-1) ?? '')
  const own = lines.filter(({ title }) => titleWithoutModels(title, pairTitles) === strategy)
  const saves = sweep.models.map(({ policy }, pair) => ({
    pair,
    title: pairTitles[pair] ?? policy.name,
    training: stepOf(policy.name) ?? pair,
  }))
  const { budgets, rows } = leverTable(own, saves)
  return (
    <section className={styles.part} aria-label="Training by search">
      <div className={styles.partHead}>
        <h4 className={styles.heading}>Accuracy of each policy under growing search</h4>
        <Select
          label="Strategy"
          inline
          value={strategy}
          options={titles.map((title) => ({ value: title, label: title }))}
          onChange={setChosen}
        />
        <PictureExport
          title="Training and search"
          file="training-and-search"
          svg={svg}
          csv={() => tableCsv(figures.points, pairTitles)}
        />
      </div>
      <ScalingPicture
        title="Training and search"
        lines={pictureLines(own, axis)}
        axis={pictureAxis(axis, own)}
        selected={selected}
        onSelect={onSelect}
        stale={stale}
      />
      <CellMap
        ref={svg}
        title="Training and search"
        rowTitles={rows.map(({ title }) => title)}
        columnTitles={budgets.map((budget) => (budget === null ? 'greedy' : String(budget)))}
        columnsTitle="budget"
        cells={leverCells(rows)}
        selected={selected}
        onSelect={onSelect}
        stale={stale}
      />
    </section>
  )
}

/** Lines of one strategy have the names of their models at the end. */
function titleWithoutModels(title: string, pairTitles: readonly string[]): string {
  const models = pairTitles.find((name) => title.endsWith(`, ${name}`))
  return models === undefined ? title : title.slice(0, -models.length - 2)
}

/** `… step 40`: how far a trained policy had come. */
function stepOf(name: string): number | null {
  const step = /step (\d+)/.exec(name)?.[1]
  return step === undefined ? null : Number(step)
}

/** What the comparison of the best strategy with the others says, at three costs. */
function Sentences({ figures }: { figures: SweepFigures }) {
  const { table, lines } = figures
  const sentences = usePieces(
    useCallback(
      function* () {
        const levels = flopLevels(lines)
        const wanted = [...new Set([levels[0], levels[levels.length >> 1], levels.at(-1)])]
        const found: string[] = []
        for (const flops of wanted) {
          if (flops === undefined) continue
          found.push(...leaderComparisons(table, lines, { flops }).slice(0, 2).map(comparisonSentence))
          yield
        }
        return found
      },
      [table, lines],
    ),
  )
  if (sentences === null || sentences.length === 0) return null
  return (
    <section className={styles.part} aria-label="What it says">
      <div className={styles.partHead}>
        <h4 className={styles.heading}>What it says</h4>
      </div>
      <ul className={styles.sentences}>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  )
}
