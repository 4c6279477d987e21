import { useRef } from 'react'
import { scoreColor } from '../layout/color-scale.ts'
import { formatScore } from '../layout/format-number.ts'
import { useVizTheme } from './theme.ts'
import './marks.css'

export interface ScoreBarProps {
  /** In [0, 1]; null where there is none yet. */
  readonly score: number | null
  /** Show the number right of the bar (default true). */
  readonly showNumber?: boolean
  /** Length of the bar in CSS pixels (default 56). */
  readonly width?: number
  /** What the score is, for screen readers (default `score`). */
  readonly label?: string
  /** The truth is shown, and no right answer comes of the step: a striped bar without colour. */
  readonly lost?: boolean
}

/** A score as a bar and a number. */
export function ScoreBar({ score, showNumber = true, width = 56, label = 'score', lost = false }: ScoreBarProps) {
  const host = useRef<HTMLSpanElement>(null)
  const { scheme } = useVizTheme(host)
  return (
    <span ref={host} className="viz-score-bar" role="img" aria-label={`${label} ${formatScore(score)}`}>
      <svg width={width} height={8} aria-hidden="true">
        <rect className="viz-track" width={width} height={8} rx={1.5} />
        {score === null ? null : lost ? (
          <line
            className="viz-lost"
            x2={Math.max(1, width * score)}
            y1={4}
            y2={4}
            strokeWidth={8}
            strokeDasharray="4 4"
          />
        ) : (
          <rect width={Math.max(1, width * score)} height={8} rx={1.5} fill={scoreColor(score, scheme)} />
        )}
      </svg>
      {showNumber && <span className="viz-number">{formatScore(score)}</span>}
    </span>
  )
}
