import { useMemo, useRef, useState } from 'react'
import { fileStem } from '../../core/file-stem.ts'
import { PictureExport } from '../../panels/picture-export.tsx'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { Button } from '../../ui/button.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { Segmented } from '../../ui/segmented.tsx'
import { Slider } from '../../ui/slider.tsx'
import { Why } from '../../ui/why.tsx'
import { formatMetric } from '../../viz/layout/format-metric.ts'
import { nearestPoint } from '../../viz/layout/metric-series.ts'
import { LineChart } from '../../viz/marks/line-chart.tsx'
import { useWidth } from '../../viz/marks/use-width.ts'
import type { MetricChart } from './metric-charts.ts'
import { chartCsv, metricCharts, stepDomain } from './metric-charts.ts'
import styles from './metric-grid.module.css'
import { MetricTable } from './metric-table.tsx'
import { metricWords } from './metric-words.ts'

type View = 'charts' | 'table'

/** Every metric of the run over its steps, in small charts that are read at one step together, or as a table. */
export function MetricGrid({ run }: { run: TrainingRun }) {
  const { points, evaluations } = run
  const [view, setView] = useState<View>('charts')
  const [smoothing, setSmoothing] = useState(0.8)
  const [at, setAt] = useState<number | null>(null)
  const [chosen, setChosen] = useState<number | null>(null)
  const charts = useMemo(() => metricCharts({ points, evaluations }), [points, evaluations])
  const domain = useMemo(() => stepDomain({ points, evaluations }), [points, evaluations])
  if (charts.length === 0) return null
  const name = fileStem(run.title).toLowerCase()
  const shown = at ?? chosen
  return (
    <section className={styles.section} aria-label="Charts">
      <div className={styles.bar}>
        <Segmented<View>
          label="Charts or table"
          value={view}
          options={[
            { value: 'charts', label: 'Charts', icon: 'chart' },
            { value: 'table', label: 'Table', icon: 'table' },
          ]}
          onChange={setView}
        />
        {view === 'charts' ? (
          <>
            <div className={styles.control}>
              <span>Smoothing {smoothing === 0 ? 'off' : smoothing.toFixed(2)}</span>
              <Slider label="Smoothing" value={smoothing} min={0} max={0.98} step={0.02} onChange={setSmoothing} />
            </div>
            <div className={styles.control}>
              <span>{shown === null ? 'Last step' : `Step ${shown}`}</span>
              <Slider
                label="Step that is read"
                value={shown ?? domain[1]}
                min={domain[0]}
                max={Math.max(domain[1], domain[0] + 1)}
                valueText={shown === null ? 'the last step' : `step ${shown}`}
                onChange={(step) => setChosen(step >= domain[1] ? null : step)}
              />
            </div>
          </>
        ) : null}
        <Button variant="plain" icon="download" onClick={() => saveFile(`${name}.csv`, chartCsv(charts), 'text/csv')}>
          All as CSV
        </Button>
      </div>
      {view === 'charts' ? (
        <div className={styles.grid}>
          {charts.map((chart) => (
            <ChartCell
              key={chart.title}
              chart={chart}
              words={metricWords(chart.title, run.recipe.objective)}
              domain={domain}
              smoothing={smoothing}
              at={shown}
              onAt={setAt}
              file={`${name}-${fileStem(chart.title)}`}
            />
          ))}
        </div>
      ) : (
        <MetricTable charts={charts} />
      )}
    </section>
  )
}

interface ChartCellProps {
  chart: MetricChart
  /** What the chart shows; null where it needs none. */
  words: string | null
  domain: readonly [number, number]
  smoothing: number
  at: number | null
  onAt(step: number | null): void
  /** Name of exported files, without an ending. */
  file: string
}

function ChartCell({ chart, words, domain, smoothing, at, onAt, file }: ChartCellProps) {
  const { title, series, kind, note } = chart
  const cell = useRef<HTMLDivElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const width = useWidth(cell)
  const values = series.flatMap(({ name, points }) => {
    const point = at === null ? points.at(-1) : nearestPoint(points, at)
    return point ? [{ name, text: formatMetric(point.y) }] : []
  })
  return (
    <div className={styles.cell} ref={cell}>
      <div className={styles.head}>
        <h3 className={styles.name}>{words ? <Why answer={words}>{title}</Why> : title}</h3>
        <span className={styles.value}>{values.map(({ text }) => text).join(' · ')}</span>
        <PictureExport title={title} file={file} svg={svg} csv={() => chartCsv([chart])} />
      </div>
      {width > 0 ? (
        <LineChart
          ref={svg}
          title={title}
          series={series}
          kind={kind}
          domain={domain}
          smoothing={smoothing}
          at={at}
          onAt={onAt}
          width={width}
        />
      ) : null}
      {note ? <p className={styles.note}>{note}</p> : null}
    </div>
  )
}
