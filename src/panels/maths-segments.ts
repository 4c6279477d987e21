/** A part of a text: as it is, or LaTeX. */
export interface Segment {
  readonly text: string
  readonly kind: 'plain' | 'inline' | 'display'
}

/** Openings and their ends, the longer ones first. */
const MARKS = [
  ['$$', '$$', 'display'],
  ['\\[', '\\]', 'display'],
  ['\\(', '\\)', 'inline'],
  ['$', '$', 'inline'],
] as const
const BOXED = '\\boxed{'

/** A text cut at its LaTeX: `$…$`, `\(…\)`, `$$…$$`, `\[…\]`, and `\boxed{…}` that stands alone. Sums of money stay text. */
export function mathsSegments(text: string): readonly Segment[] {
  const segments: Segment[] = []
  let plain = ''
  let at = 0
  const push = (found: string, kind: 'inline' | 'display') => {
    if (plain !== '') segments.push({ text: plain, kind: 'plain' })
    plain = ''
    segments.push({ text: found, kind })
  }
  while (at < text.length) {
    const found = text.startsWith(BOXED, at) ? boxedAt(text, at) : markedAt(text, at)
    if (found === null) {
      plain += text[at]
      at += 1
      continue
    }
    push(found.tex, found.kind)
    at = found.end
  }
  if (plain !== '') segments.push({ text: plain, kind: 'plain' })
  return segments
}

interface Found {
  readonly tex: string
  readonly kind: 'inline' | 'display'
  readonly end: number
}

function markedAt(text: string, at: number): Found | null {
  const mark = MARKS.find(([open]) => text.startsWith(open, at))
  if (mark === undefined) return null
  const [open, close, kind] = mark
  const from = at + open.length
  const to = text.indexOf(close, from)
  if (to < 0) return null
  const tex = text.slice(from, to)
  if (tex.trim() === '') return null
  // `$5 and $7` is money: maths neither begins nor ends with a space, has no line end, and no digit follows it.
  if (open === '$' && (/^\s|\s$|\n/.test(tex) || /\d/.test(text[to + 1] ?? ''))) return null
  return { tex, kind, end: to + close.length }
}

function boxedAt(text: string, at: number): Found | null {
  let depth = 0
  for (let index = at + BOXED.length - 1; index < text.length; index++) {
    if (text[index] === '{') depth += 1
    if (text[index] === '}') depth -= 1
    if (depth === 0) return { tex: text.slice(at, index + 1), kind: 'inline', end: index + 1 }
  }
  return null
}
