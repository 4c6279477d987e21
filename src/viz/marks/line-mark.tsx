import type { SymbolType } from 'd3'
import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3'

const SHAPES: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolCross,
  symbolStar,
  symbolWye,
]

/** Colours that there are: more lines take them again, with hollow markers and another shape. */
export const LINE_COLORS = 8

/** What tells a line from others without its colour: shape and filling of its marker; its dash is the style sheet's. */
export function markerPath(style: number, size = 46): string {
  return symbol(SHAPES[style % SHAPES.length], size)() ?? ''
}

/** The marker of a line, its middle at (0, 0) of the coordinates it stands in. */
export function LineMarker({ style, size = 46 }: { style: number; size?: number }) {
  return <path className="viz-marker" data-hollow={style >= LINE_COLORS} d={markerPath(style, size)} />
}

/** Marker and dash of a line, for legends. */
export function LineSample({ style, ceiling = false }: { style: number; ceiling?: boolean }) {
  return (
    <svg
      className="viz-line-sample viz-style"
      data-style={style % LINE_COLORS}
      data-ceiling={ceiling}
      width={30}
      height={14}
      aria-hidden="true"
    >
      <line className="viz-line" x1={1} x2={29} y1={7} y2={7} />
      <g transform="translate(15 7)">
        <LineMarker style={style} />
      </g>
    </svg>
  )
}
