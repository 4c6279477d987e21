import { useRef } from 'react'
import { scoreGradient } from '../layout/color-scale.ts'
import { useVizTheme } from './theme.ts'
import './marks.css'

/** The scale of scores, with its ends in words. */
export function ScoreLegend({ low = '0', high = '1' }: { readonly low?: string; readonly high?: string }) {
  const host = useRef<HTMLSpanElement>(null)
  const { scheme } = useVizTheme(host)
  return (
    <span ref={host} className="viz-score-legend">
      {low}
      <span className="viz-gradient" style={{ background: scoreGradient(scheme) }} />
      {high}
    </span>
  )
}
