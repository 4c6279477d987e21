/** What painting near nodes and edges asks of a 2D context: a canvas has it, and so has the writer of SVG. */
export interface PaintContext
  extends Pick<
    CanvasRenderingContext2D,
    | 'fillStyle'
    | 'strokeStyle'
    | 'lineWidth'
    | 'lineCap'
    | 'lineJoin'
    | 'globalAlpha'
    | 'font'
    | 'textAlign'
    | 'textBaseline'
    | 'beginPath'
    | 'moveTo'
    | 'lineTo'
    | 'bezierCurveTo'
    | 'arc'
    | 'rect'
    | 'roundRect'
    | 'fill'
    | 'stroke'
    | 'clip'
    | 'save'
    | 'restore'
    | 'fillRect'
    | 'fillText'
    | 'setLineDash'
  > {
  measureText(text: string): { readonly width: number }
}
