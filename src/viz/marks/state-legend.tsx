import type { Appearance } from '../layout/node-appearance.ts'

export interface StateLegendProps {
  /** Which to show, in order (default: all). */
  readonly items?: readonly Appearance[]
  /** Also explain the marks of the revealed truth. */
  readonly truth?: boolean
  /** Also show the colour scale and the edge's width (default true). */
  readonly scales?: boolean
  readonly className?: string
}

/** What the shapes, strokes, colours and widths of the tree mean. */
export function StateLegend({ className }: StateLegendProps) {
  return <ul className={className} />
}
