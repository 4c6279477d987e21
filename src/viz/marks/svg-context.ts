import { CHARACTER } from '../layout/tree-layout.ts'
import type { PaintContext } from './paint-context.ts'

/** Advance of a character in em, of any generic monospace face to within a few percent. */
const ADVANCE = CHARACTER / 11.5
const FULL_CIRCLE = 2 * Math.PI

const ANCHOR: Readonly<Partial<Record<CanvasTextAlign, string>>> = { center: 'middle', right: 'end', end: 'end' }

interface State {
  readonly alpha: number
  readonly clip: string | null
}

/**
 * Writes what is painted as SVG elements, in order. Does what the tree's painting uses of a 2D context: colours as
 * strings, whole circles, round rectangles of one radius. Lengths are rounded to hundredths.
 */
export class SvgContext implements PaintContext {
  fillStyle: PaintContext['fillStyle'] = '#000'
  strokeStyle: PaintContext['strokeStyle'] = '#000'
  lineWidth = 1
  lineCap: CanvasLineCap = 'butt'
  lineJoin: CanvasLineJoin = 'miter'
  globalAlpha = 1
  font = '10px sans-serif'
  textAlign: CanvasTextAlign = 'left'
  textBaseline: CanvasTextBaseline = 'alphabetic'
  private path: string[] = []
  private dash: readonly number[] = []
  private clipId: string | null = null
  private readonly saved: State[] = []
  private readonly elements: string[] = []
  private clips = 0

  /** The elements so far. */
  get content(): string {
    return this.elements.join('\n')
  }

  beginPath(): void {
    this.path = []
  }

  moveTo(x: number, y: number): void {
    this.path.push(`M${numbers(x, y)}`)
  }

  lineTo(x: number, y: number): void {
    this.path.push(`L${numbers(x, y)}`)
  }

  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void {
    this.path.push(`C${numbers(x1, y1, x2, y2, x, y)}`)
  }

  arc(x: number, y: number, radius: number, start: number, end: number): void {
    if (end - start < FULL_CIRCLE) throw new RangeError('only whole circles are written')
    const half = (to: number) => `a${numbers(radius, radius)} 0 1 0 ${numbers(to, 0)}`
    this.path.push(`M${numbers(x - radius, y)}${half(2 * radius)}${half(-2 * radius)}z`)
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(`M${numbers(x, y)}h${numbers(width)}v${numbers(height)}h${numbers(-width)}z`)
  }

  roundRect(
    x: number,
    y: number,
    width: number,
    height: number,
    radii?: Parameters<PaintContext['roundRect']>[4],
  ): void {
    if (typeof radii !== 'number') throw new RangeError('only round rectangles of one radius are written')
    const r = Math.min(radii, width / 2, height / 2)
    const corner = (dx: number, dy: number) => `a${numbers(r, r)} 0 0 1 ${numbers(dx, dy)}`
    const [across, down] = [width - 2 * r, height - 2 * r]
    this.path.push(
      `M${numbers(x + r, y)}h${numbers(across)}${corner(r, r)}v${numbers(down)}${corner(-r, r)}`,
      `h${numbers(-across)}${corner(-r, -r)}v${numbers(-down)}${corner(r, -r)}z`,
    )
  }

  fill(): void {
    this.add('path', { d: this.path.join(''), ...this.paint('fill', this.fillStyle) })
  }

  stroke(): void {
    this.add('path', {
      d: this.path.join(''),
      fill: 'none',
      ...this.paint('stroke', this.strokeStyle),
      'stroke-width': numbers(this.lineWidth),
      'stroke-linecap': this.lineCap === 'butt' ? null : this.lineCap,
      'stroke-linejoin': this.lineJoin === 'miter' ? null : this.lineJoin,
      'stroke-dasharray': this.dash.length === 0 ? null : numbers(...this.dash),
    })
  }

  /** Paints only inside the path, until `restore`. */
  clip(): void {
    this.clipId = `clip${this.clips++}`
    this.elements.push(`<clipPath id="${this.clipId}"><path d="${this.path.join('')}"/></clipPath>`)
  }

  save(): void {
    this.saved.push({ alpha: this.globalAlpha, clip: this.clipId })
  }

  restore(): void {
    const state = this.saved.pop()
    if (state === undefined) return
    this.globalAlpha = state.alpha
    this.clipId = state.clip
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const box = { x: numbers(x), y: numbers(y), width: numbers(width), height: numbers(height) }
    this.add('rect', { ...box, ...this.paint('fill', this.fillStyle) })
  }

  fillText(text: string, x: number, y: number): void {
    if (text === '') return
    const { weight, size, family } = this.fontParts()
    this.add(
      'text',
      {
        x: numbers(x),
        y: numbers(y),
        'font-family': family,
        'font-size': numbers(size),
        'font-weight': weight,
        'text-anchor': ANCHOR[this.textAlign] ?? null,
        'dominant-baseline': this.textBaseline === 'middle' ? 'central' : null,
        ...this.paint('fill', this.fillStyle),
      },
      escapeXml(text),
    )
  }

  setLineDash(segments: Iterable<number>): void {
    this.dash = [...segments]
  }

  measureText(text: string): { readonly width: number } {
    return { width: [...text].length * ADVANCE * this.fontParts().size }
  }

  private fontParts(): { readonly weight: string | null; readonly size: number; readonly family: string } {
    const [, weight, size, family] = /^(?:(\d+) )?([\d.]+)px (.+)$/.exec(this.font) ?? []
    if (size === undefined || family === undefined) throw new RangeError(`not a font the tree uses: ${this.font}`)
    return { weight: weight ?? null, size: Number(size), family }
  }

  private paint(kind: 'fill' | 'stroke', style: PaintContext['fillStyle']): Record<string, string | null> {
    if (typeof style !== 'string') throw new RangeError('only plain colours are written')
    const opacity = this.globalAlpha === 1 ? null : numbers(this.globalAlpha)
    return { [kind]: style, [`${kind}-opacity`]: opacity }
  }

  private add(name: string, attributes: Readonly<Record<string, string | null>>, text?: string): void {
    const clip = this.clipId === null ? null : `url(#${this.clipId})`
    const written = Object.entries({ ...attributes, 'clip-path': clip })
      .filter(([, value]) => value !== null)
      .map(([key, value]) => ` ${key}="${escapeXml(value ?? '')}"`)
      .join('')
    this.elements.push(text === undefined ? `<${name}${written}/>` : `<${name}${written}>${text}</${name}>`)
  }
}

function numbers(...values: readonly number[]): string {
  return values.map((value) => String(Math.round(value * 100) / 100)).join(' ')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
