import { useMemo, useRef } from 'react'
import type { MeanScore } from '../../rewards/minimum-places.ts'
import { minimumPlaces, scoreByLength, scoreByPosition } from '../../rewards/minimum-places.ts'
import { allScores } from '../../state/traces/trace-measures.ts'
import { formatPercent } from '../../viz/layout/format-number.ts'
import { CountBars } from '../../viz/marks/count-bars.tsx'
import { LineChart } from '../../viz/marks/line-chart.tsx'
import { useWidth } from '../../viz/marks/use-width.ts'
import styles from './picture.module.css'
import { NoScores, useSlotChoice } from './slot-choice.tsx'
import { SplitSensitivity } from './split-sensitivity.tsx'
import { useMeasured } from './use-measured.ts'
import type { Room } from './use-room.ts'

/** Where the lowest score falls, and how scores go with position, length and the way in which steps are split. */
export function ShapePicture({ room }: { room: Room }) {
  const measured = useMeasured(room)
  const { slot, choice } = useSlotChoice(measured.scored)
  const scores = useMemo(() => (slot === null ? [] : allScores(measured, slot)), [measured, slot])
  const places = useMemo(() => minimumPlaces(scores), [scores])
  const byPosition = useMemo(() => scoreByPosition(scores), [scores])
  const byLength = useMemo(() => scoreByLength(scores), [scores])
  if (slot === null || scores.length === 0) return <NoScores traces={measured.traces.length} />
  return (
    <div className={styles.picture}>
      {choice ? <div className={styles.bar}>{choice}</div> : null}
      <div className={styles.sides}>
        <section className={styles.side} aria-label="Where the lowest score falls">
          <h3 className={styles.heading}>Where the lowest score falls</h3>
          {places.last === null || places.first === null ? (
            <p className={styles.muted}>No trace has two steps.</p>
          ) : (
            <>
              <CountBars
                title="Lowest score, by tenths of the way"
                bars={places.tenths.map((count, tenth) => ({ name: `tenth ${tenth + 1}`, count }))}
                ends={['first step', 'last step']}
              />
              <p className={styles.muted}>
                On the last step in {formatPercent(places.last.share)} ({formatPercent(places.last.interval[0])} to{' '}
                {formatPercent(places.last.interval[1])}) of {places.traces} traces; chance would put{' '}
                {formatPercent(places.byChance)} there. Much more is a drift towards scoring outcomes: the lowest score
                then says little that the last does not.
              </p>
            </>
          )}
        </section>
        <MeanChart title="Mean score by step" rows={byPosition} x="step" />
        <MeanChart title="Mean lowest score by number of steps" rows={byLength} x="steps" />
      </div>
      <SplitSensitivity key={slot} slot={slot} traces={measured.traces} />
    </div>
  )
}

function MeanChart({ title, rows, x }: { title: string; rows: readonly MeanScore[]; x: string }) {
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  return (
    <section className={styles.side} aria-label={title}>
      <h3 className={styles.heading}>{title}</h3>
      <div ref={host}>
        {width > 0 ? (
          <LineChart
            title={title}
            series={[
              {
                name: title,
                sparse: true,
                points: rows.map((row) => ({ x: row.x, y: row.mean })),
                intervals: rows.map((row) => ({ x: row.x, low: row.interval[0], high: row.interval[1] })),
              },
            ]}
            domain={[rows[0]?.x ?? 1, rows.at(-1)?.x ?? 1]}
            smoothing={0}
            at={null}
            onAt={() => {}}
            width={Math.min(width, 420)}
          />
        ) : null}
      </div>
      <p className={styles.muted}>
        By {x}, with 95 % intervals;{' '}
        {rows
          .map(({ x: at, count }) => `${at}: ${count}`)
          .slice(0, 12)
          .join(', ')}
        {rows.length > 12 ? ', …' : ''} {x === 'step' ? 'scores' : 'traces'}.
      </p>
    </section>
  )
}
