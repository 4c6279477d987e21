import type { NodeFace } from './tree-scene.ts'

/** Width of a text in a font, both as a canvas has them. */
export type Measure = (text: string, font: string) => number

export interface RowFonts {
  readonly size: number
  readonly plain: string
  readonly bold: string
  readonly small: string
}

/** What stands in a node's one line, from left to right, and where. Texts that found no room are ''. */
export interface RowLayout {
  readonly main: string
  readonly rest: string
  readonly restLeft: number
  readonly badge: string
  readonly badgeRight: number
  readonly verdictX: number | null
  readonly score: string
  readonly scoreFont: string
  readonly scoreRight: number
  /** Something that the node has to say is left out or shortened. */
  readonly cut: boolean
}

/** A gap between two parts of a line, in widths of its font's size. */
const GAP = 0.5

/**
 * Shares a line between a node's texts by their measured widths. The score and the verdict come first, then the step, then
 * the numbers left, then the mark of duplicates; visits come before the numbers left.
 * @param box the line's ends, its padding taken off
 */
export function rowLayout(
  face: Pick<NodeFace, 'main' | 'rest' | 'score' | 'badge' | 'visited' | 'verdict' | 'appearance'>,
  { left, right }: { readonly left: number; readonly right: number },
  fonts: RowFonts,
  measure: Measure,
  numbersOnly: boolean,
): RowLayout {
  const faint = face.appearance === 'pruned' || face.appearance === 'proposed'
  const scoreFont = faint ? fonts.plain : fonts.bold
  const gap = fonts.size * GAP
  const mainWidth = measure(face.main, fonts.plain)
  const verdictWidth = face.verdict === null ? 0 : fonts.size * 0.7 + gap
  const tight = left + mainWidth + verdictWidth + gap + measure(face.score, scoreFont) > right + 0.5
  // A step loses letters after its score has lost the zero before the point.
  const score = numbersOnly || tight ? face.score.replace(/^0\./, '.') : face.score
  let end = right
  if (score !== '') end -= measure(score, scoreFont) + gap
  let verdictX: number | null = null
  if (face.verdict !== null && end > left) {
    verdictX = end - fonts.size * 0.35
    end -= verdictWidth
  }
  const restWidth = face.rest === '' ? 0 : gap + measure(face.rest, fonts.plain)
  const badgeWidth = face.badge === '' ? 0 : measure(face.badge, fonts.small) + gap
  const badge = !numbersOnly && left + mainWidth + (face.visited ? 0 : restWidth) + badgeWidth <= end ? face.badge : ''
  const badgeRight = end
  if (badge !== '') end -= badgeWidth
  const main = numbersOnly ? '' : clipped(face.main, end - left, fonts.plain, measure)
  const restLeft = left + mainWidth + gap
  const part = main === face.main && !numbersOnly ? clipped(face.rest, end - restLeft, fonts.plain, measure) : ''
  // A colon and an ellipsis say nothing.
  const rest = part !== face.rest && part.length < 4 ? '' : part
  const cut = main !== face.main || rest !== face.rest || badge !== face.badge
  return { main, rest, restLeft, badge, badgeRight, verdictX, score, scoreFont, scoreRight: right, cut }
}

/** As much of a text as fits a width, with an ellipsis where it does not; '' where nothing worth it fits. */
export function clipped(text: string, width: number, font: string, measure: Measure): string {
  // Half a pixel is no reason to cut.
  if (measure(text, font) <= width + 0.5) return text
  let [fits, most] = [0, text.length]
  while (fits < most) {
    const middle = (fits + most + 1) >> 1
    if (measure(`${text.slice(0, middle)}…`, font) <= width) fits = middle
    else most = middle - 1
  }
  return fits === 0 ? '' : `${text.slice(0, fits).trimEnd()}…`
}
