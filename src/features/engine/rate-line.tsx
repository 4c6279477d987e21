import { formatNumber } from '../../viz/layout/format-number.ts'
import styles from './engine-panel.module.css'

const WIDTH = 240
const HEIGHT = 44

/** Tokens per second over the last looks, newest to the right, from 0 to the highest. */
export function RateLine({ rates, places }: { rates: readonly number[]; places: number }) {
  const highest = Math.max(...rates, 1)
  const now = rates.at(-1) ?? 0
  const x = (index: number) => WIDTH - ((rates.length - 1 - index) * WIDTH) / (places - 1)
  const y = (rate: number) => 2 + (HEIGHT - 4) * (1 - rate / highest)
  const points = rates.map((rate, index) => `${x(index).toFixed(1)},${y(rate).toFixed(1)}`)
  const words =
    rates.length === 0
      ? 'Tokens per second: nothing measured yet'
      : `Tokens per second: now ${formatNumber(Math.round(now))}, at most ${formatNumber(Math.round(highest))}`
  return (
    <div className={styles.rate}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        <line className={styles.ground} x1="0" y1={HEIGHT - 2} x2={WIDTH} y2={HEIGHT - 2} />
        {points.length > 1 ? (
          <>
            <polygon
              className={styles.rateArea}
              points={`${x(0).toFixed(1)},${HEIGHT - 2} ${points.join(' ')} ${WIDTH},${HEIGHT - 2}`}
            />
            <polyline className={styles.rateLine} points={points.join(' ')} />
          </>
        ) : null}
      </svg>
      <p className={styles.rateNote}>
        {rates.length === 0
          ? 'Run a search to see how fast it goes.'
          : `Every half second while something runs; highest ${formatNumber(Math.round(highest))} tokens/s.`}
      </p>
    </div>
  )
}
