import { useRef } from 'react'
import { scoreGradient } from '../layout/color-scale.ts'
import { edgeWidth } from '../layout/edge-path.ts'
import type { Appearance } from '../layout/node-appearance.ts'
import { APPEARANCES, appearanceMeaning, appearanceName, truthInWords } from '../layout/node-appearance.ts'
import { NodeGlyph, TruthGlyph } from './node-glyph.tsx'
import { ScoreBar } from './score-bar.tsx'
import { useVizTheme } from './theme.ts'
import './marks.css'

export interface StateLegendProps {
  /** Which to show, in order (default: all). */
  readonly items?: readonly Appearance[]
  /** Also explain the marks of the revealed truth. */
  readonly truth?: boolean
  /** Also show the colour scale and the edge's width (default true). */
  readonly scales?: boolean
  readonly className?: string
}

const TRUTHS = [
  { valid: true, reachable: true },
  { valid: true, reachable: false },
  { valid: false, reachable: false },
]

const PROBABILITIES = [0.01, 0.1, 1]

/** What the shapes, strokes, colours and widths of the tree mean. */
export function StateLegend({ items = APPEARANCES, truth = false, scales = true, className }: StateLegendProps) {
  const host = useRef<HTMLUListElement>(null)
  const { scheme } = useVizTheme(host)
  return (
    <ul ref={host} className={className === undefined ? 'viz-legend' : `viz-legend ${className}`}>
      {items.map((appearance) => (
        <li key={appearance} title={appearanceMeaning(appearance)}>
          <NodeGlyph appearance={appearance} />
          {appearanceName(appearance)}
        </li>
      ))}
      {truth &&
        TRUTHS.map((label) => (
          <li key={truthInWords(label)}>
            <TruthGlyph truth={label} />
            {truthInWords(label)}
          </li>
        ))}
      {truth && (
        <li title="Whatever the reward model says of it: invalid, or no longer solvable">
          <ScoreBar score={0.8} width={26} showNumber={false} lost /> nothing right comes of it
        </li>
      )}
      {scales && (
        <>
          <li title="The process reward model’s score of the step: the bar’s length and colour">
            <span className="viz-number">0</span>
            <span className="viz-gradient" style={{ background: scoreGradient(scheme) }} />
            <span className="viz-number">1</span> score
          </li>
          <li title="The policy’s probability of the step: the width of the edge that leads to it">
            {PROBABILITIES.map((probability) => (
              <span key={probability} className="viz-edge-sample">
                <svg width={18} height={8} aria-hidden="true">
                  <line x1={0} x2={18} y1={4} y2={4} strokeWidth={edgeWidth(Math.log(probability))} />
                </svg>
                <span className="viz-number">{probability}</span>
              </span>
            ))}
            probability
          </li>
        </>
      )}
    </ul>
  )
}
