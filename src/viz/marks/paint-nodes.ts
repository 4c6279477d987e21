import type { NodeId } from '../../search/events.ts'
import { scoreLevel, scoreRamp } from '../layout/color-scale.ts'
import { formatScore } from '../layout/format-number.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'
import { isLost } from '../layout/node-appearance.ts'
import { visibleNodes } from '../layout/tree-query.ts'
import { visibleWindow } from '../layout/view-transform.ts'
import type { PaintContext } from './paint-context.ts'
import type { Measure, RowFonts } from './row-layout.ts'
import { clipped, rowLayout } from './row-layout.ts'
import type { Detail, NodeFace, TreeScene } from './tree-scene.ts'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export function screenBox({ layout, left, top, view }: TreeScene, id: NodeId): Box {
  return {
    x: (left[id] as number) * view.scaleX + view.offsetX,
    y: (top[id] as number) * view.scaleY + view.offsetY,
    width: (layout.width[id] as number) * view.scaleX,
    height: (layout.height[id] as number) * view.scaleY,
  }
}

/** Ids in view, a list per depth; while nodes are on the move, those whose present box meets the screen. */
export function nodesInView(scene: TreeScene): NodeId[][] {
  const { layout, view, size } = scene
  if (scene.settled)
    return visibleNodes(layout, visibleWindow(view, size, 12)).map(
      ({ depth, from, to }) => layout.levels[depth]?.slice(from, to) ?? [],
    )
  return layout.levels.map((level) =>
    level.filter((id) => {
      const box = screenBox(scene, id)
      return box.x < size.width && box.y < size.height && box.x + box.width > 0 && box.y + box.height > 0
    }),
  )
}

const FADED = 0.6

/** Nodes near enough to read. */
export function paintReadableNodes(
  context: PaintContext,
  scene: TreeScene,
  levels: readonly (readonly NodeId[])[],
  detail: Detail,
): void {
  const fonts = fontsFor(context, scene)
  context.textBaseline = 'alphabetic'
  // Deeper nodes first: a new one comes out from under its parent.
  for (const level of [...levels].reverse()) {
    for (const id of level) {
      const face = scene.content.faces[id]
      if (face === undefined) continue
      const box = screenBox(scene, id)
      if (scene.layout.tail[id] === 1) paintTail(context, scene, id, face, box, fonts)
      else {
        paintFrame(context, scene, id, face, box)
        context.globalAlpha = 1
        paintRow(context, scene, face, box, fonts, detail)
      }
      const truth = scene.truth?.get(id)
      if (truth !== undefined && face.appearance !== 'root') paintTruth(context, scene, id, truth, box)
    }
  }
}

interface Fonts extends RowFonts {
  /** Advance of one character of the plain font. */
  readonly advance: number
}

/** Sizes of the step font in pixels: at true size, where columns are as narrow as can be, and in low rows. */
const TYPE = 11.5
const TIGHT_TYPE = 8
const LEAST_TYPE = 8.5

function fontsFor(context: PaintContext, { layout, view, theme }: TreeScene): Fonts {
  // Where the depth is squeezed, a little smaller type keeps more of each step.
  const narrow = Math.min(1, Math.max(0.84, view.scaleX / 0.9))
  const row = 20 * view.scaleY
  // The type keeps to rows as flat as those of a page at twice its size.
  // Columns that hold the smallest type and still are too long take it a little further.
  const along = Math.max(layout.squeeze < 1 ? 1 : 0.82, view.scaleX)
  const least = Math.min((LEAST_TYPE - 0.5 * layout.squeeze) * Math.min(1, along), row * 0.86)
  const most = (TYPE - (TYPE - TIGHT_TYPE) * layout.squeeze) * along
  const size = Math.min(24, Math.max(least, Math.min(row * 0.575, most) * narrow))
  const plain = `${size}px ${theme.mono}`
  context.font = plain
  const advance = context.measureText('0000000000').width / 10
  const small = `${size * 0.87}px ${theme.mono}`
  return { size, plain, bold: `600 ${size}px ${theme.mono}`, small, advance }
}

function outline(context: PaintContext, { x, y, width, height }: Box, grow: number, radius: number): void {
  context.beginPath()
  context.roundRect(x - grow, y - grow, width + 2 * grow, height + 2 * grow, Math.max(0, radius + grow))
}

const radiusOf = ({ height }: Box) => Math.min(4, height / 4)

/** Of the bar of a step from which nothing right comes. */
const STRIPE = 4

/** The node's shape: fill, stroke and bar, which tell its state without colour. */
function paintFrame(context: PaintContext, scene: TreeScene, id: NodeId, face: NodeFace, box: Box): void {
  const { theme, content, onHoverPath } = scene
  const { appearance } = face
  const radius = radiusOf(box)
  const finished = face.verdict !== null
  const onAnswer = content.onAnswer[id] === 1
  outline(context, box, 0, radius)
  context.fillStyle = appearance === 'root' ? theme.text : appearance === 'pruned' ? theme.background : theme.surface
  context.fill()
  if (appearance === 'pruned') context.globalAlpha = FADED

  if (face.level >= 0) {
    // Of a low row the text needs more.
    const thick = Math.max(Math.min(2, box.height / 6.5), Math.min(5, box.height * 0.15))
    context.save()
    outline(context, box, 0, radius)
    context.clip()
    const length = Math.max(1.5, box.width * face.value)
    if (isLost(scene.truth?.get(id))) {
      context.fillStyle = theme.muted
      for (let at = 0; at < length; at += 2 * STRIPE) {
        context.fillRect(box.x + at, box.y + box.height - thick, Math.min(STRIPE, length - at), thick)
      }
    } else {
      context.fillStyle = scoreRamp(theme.scheme)[face.level] as string
      context.fillRect(box.x, box.y + box.height - thick, length, thick)
    }
    context.restore()
  }
  if (appearance === 'root') return

  const kept = appearance === 'kept' || appearance === 'given' || appearance === 'answer' || finished
  context.strokeStyle = onAnswer ? theme.accent : kept || onHoverPath?.[id] === 1 ? theme.text : theme.muted
  if (appearance === 'proposed' && onHoverPath?.[id] !== 1) context.strokeStyle = theme.line
  context.lineWidth = onAnswer ? 2 : kept ? 1.35 : 1
  if (appearance === 'pruned') context.setLineDash([3, 2.5])
  outline(context, box, 0, radius)
  context.stroke()
  context.setLineDash([])
  if (finished) {
    context.lineWidth = 1
    // In low rows no wider than the gap to the next.
    outline(context, box, Math.min(2.75, box.height * 0.14), radius)
    context.stroke()
  }
  if (face.given) {
    context.fillStyle = theme.text
    context.fillRect(box.x, box.y, 3, box.height)
  }
}

/** Text of what was discarded recedes, but stays as readable as any secondary text. */
function inkOf({ appearance }: NodeFace, theme: TreeScene['theme']): string {
  if (appearance === 'root') return theme.background
  return appearance === 'pruned' ? theme.muted : theme.text
}

/** One line: step, remainder, duplicates, tick or cross, score. */
function paintRow(
  context: PaintContext,
  scene: TreeScene,
  face: NodeFace,
  box: Box,
  fonts: Fonts,
  detail: Detail,
): void {
  const { theme } = scene
  if (face.appearance === 'root') {
    paintProblem(context, face.main, box, fonts, theme)
    return
  }
  const ink = inkOf(face, theme)
  const baseline = box.y + box.height / 2 + fonts.size * (face.level >= 0 ? 0.27 : 0.35)
  const ends = rowEnds(scene, box)
  const row = rowLayout(face, ends, fonts, measureIn(context), detail !== 'text')
  const write = (text: string, x: number, align: 'left' | 'right', font: string, color: string) => {
    if (text === '') return
    context.font = font
    context.fillStyle = color
    context.textAlign = align
    context.fillText(text, x, baseline)
  }
  write(row.score, row.scoreRight, 'right', row.scoreFont, ink)
  if (face.verdict !== null && row.verdictX !== null) {
    paintVerdict(context, face.verdict, row.verdictX, box.y + box.height / 2 - 1, fonts.size * 0.36, ink)
  }
  write(row.badge, row.badgeRight, 'right', fonts.small, theme.muted)
  write(row.main, ends.left, 'left', fonts.plain, ink)
  write(row.rest, row.restLeft, 'left', fonts.plain, theme.muted)
}

/** Where the text of a line begins and ends: the mark of the truth stands over its left edge. */
function rowEnds(scene: TreeScene, box: Box): { readonly left: number; readonly right: number } {
  const pad = Math.min(8, box.height * 0.4, 8 * scene.view.scaleX) * (1 - scene.layout.squeeze / 2)
  const clear = scene.truth === null ? 0 : truthRadius(scene) + 3 - 1.4 * scene.layout.squeeze
  return { left: box.x + Math.max(pad, clear), right: box.x + box.width - pad }
}

const measureIn =
  (context: PaintContext): Measure =>
  (text, font) => {
    context.font = font
    return context.measureText(text).width
  }

/** Whether a node that is painted as text leaves out some of what it has to say. */
export function isCut(context: PaintContext, scene: TreeScene, id: NodeId): boolean {
  const face = scene.content.faces[id]
  if (face === undefined) return false
  const fonts = fontsFor(context, scene)
  const box = screenBox(scene, id)
  const measure = measureIn(context)
  if (scene.layout.tail[id] === 1) return true
  if (scene.layout.parent[id] === -1) return measure(face.main, fonts.plain) * 0.72 > box.width - 10
  return rowLayout(face, rowEnds(scene, box), fonts, measure, false).cut
}

/** The problem is never cut where a smaller type still holds it. */
function paintProblem(context: PaintContext, text: string, box: Box, fonts: Fonts, theme: TreeScene['theme']): void {
  const room = box.width - 10
  const measure = measureIn(context)
  const size = fonts.size * Math.min(1, Math.max(0.72, room / measure(text, fonts.plain)))
  const font = `${size}px ${theme.mono}`
  const shown = clipped(text, room, font, measure)
  context.font = font
  context.textAlign = 'left'
  context.fillStyle = theme.background
  context.fillText(shown, box.x + Math.min(8, (box.width - room) / 2 + 1), box.y + box.height / 2 + size * 0.35)
}

/** A tick, a cross, or a dash where nothing is known. */
export function paintVerdict(
  context: PaintContext,
  verdict: NonNullable<NodeFace['verdict']>,
  x: number,
  y: number,
  radius: number,
  color: string,
): void {
  context.beginPath()
  if (verdict === 'right') {
    context.moveTo(x - radius, y + radius * 0.1)
    context.lineTo(x - radius * 0.25, y + radius * 0.8)
    context.lineTo(x + radius, y - radius * 0.8)
  } else if (verdict === 'unknown') {
    context.moveTo(x - radius * 0.8, y)
    context.lineTo(x + radius * 0.8, y)
  } else {
    const arm = radius * 0.75
    context.moveTo(x - arm, y - arm)
    context.lineTo(x + arm, y + arm)
    context.moveTo(x + arm, y - arm)
    context.lineTo(x - arm, y + arm)
  }
  context.strokeStyle = color
  context.lineWidth = Math.max(1.25, radius * 0.42)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.stroke()
  context.lineCap = 'butt'
  context.lineJoin = 'miter'
}

/** A rollout's step: a dot, its text without a box, and the end score where the chain ends. */
function paintTail(context: PaintContext, scene: TreeScene, id: NodeId, face: NodeFace, box: Box, fonts: Fonts): void {
  const { theme } = scene
  const x = box.x + 4
  const y = box.y + box.height / 2
  const end = scene.content.rolloutEnds.get(id)
  context.beginPath()
  context.arc(x, y, end === undefined ? 2 : 3, 0, 2 * Math.PI)
  const level = end === undefined ? face.level : scoreLevel(end)
  context.fillStyle = level < 0 ? theme.muted : (scoreRamp(theme.scheme)[level] as string)
  context.fill()
  const highlighted = scene.hovered === id || scene.selected === id || scene.onHoverPath?.[id] === 1
  context.fillStyle = highlighted ? theme.text : theme.muted
  const baseline = y + fonts.size * 0.31
  const pad = Math.min(8, box.height * 0.5)
  let right = box.x + box.width
  if (end !== undefined) {
    right -= pad
    context.font = fonts.plain
    context.textAlign = 'right'
    context.fillStyle = theme.text
    context.fillText(formatScore(end), right, baseline)
    right -= fonts.advance * 5 + pad
    if (face.verdict !== null && right - fonts.size > x + 4) {
      paintVerdict(context, face.verdict, right - fonts.size * 0.2, y, fonts.size * 0.33, theme.text)
      right -= fonts.size * 0.7 + pad * 0.5
    }
  }
  const left = x + 8
  context.font = fonts.small
  context.textAlign = 'left'
  context.fillStyle = highlighted ? theme.text : theme.muted
  const main = clipped(face.main, right - left, fonts.small, measureIn(context))
  context.fillText(main, left, baseline)
  // A dotted leader from the text to the score, or on to the next step.
  const after = left + context.measureText(main).width + 6
  if (after < right) leader(context, theme.muted, after, y, right, y)
}

function leader(context: PaintContext, color: string, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath()
  context.moveTo(x0, y0)
  context.lineTo(x1, y1)
  context.strokeStyle = color
  context.lineWidth = 1.25
  context.setLineDash([1.25, 3])
  context.stroke()
  context.setLineDash([])
}

/** Smaller where the type is: it stands over the beginning of the line. */
const truthRadius = ({ layout }: TreeScene): number => 4 - layout.squeeze

/** The exact label where the edge arrives, and clear of the dot of a rollout's step. */
function paintTruth(context: PaintContext, scene: TreeScene, id: NodeId, truth: TruthLabel, box: Box): void {
  const clear = scene.layout.tail[id] === 1 ? 6 : 0
  paintTruthMark(context, scene.theme, truth, box.x - clear, box.y + box.height / 2, truthRadius(scene))
}

/** By shape: a full disc where still solvable, a ring where no longer, a slashed square where invalid. */
function paintTruthMark(
  context: PaintContext,
  theme: { readonly text: string; readonly background: string },
  truth: TruthLabel,
  x: number,
  y: number,
  radius: number,
): void {
  context.lineWidth = 1.4
  context.strokeStyle = theme.text
  context.beginPath()
  if (truth.valid) context.arc(x, y, radius, 0, 2 * Math.PI)
  else context.rect(x - radius, y - radius, 2 * radius, 2 * radius)
  context.fillStyle = truth.valid && truth.reachable ? theme.text : theme.background
  context.fill()
  context.stroke()
  if (truth.valid) return
  context.beginPath()
  context.moveTo(x - radius, y + radius)
  context.lineTo(x + radius, y - radius)
  context.stroke()
}
