import type { D3ZoomEvent, ZoomTransform } from 'd3'
import { select, zoom, zoomIdentity } from 'd3'
import type { NodeId } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'
import { answerNode, idsFromRoot } from '../layout/node-appearance.ts'
import type { Bounds, TreeLayout } from '../layout/tree-layout.ts'
import { layoutTree } from '../layout/tree-layout.ts'
import { nodeAt } from '../layout/tree-query.ts'
import type { Size, View, ZoomRange } from '../layout/view-transform.ts'
import {
  centreView,
  fitView,
  panView,
  partView,
  roomAlong,
  visibleWindow,
  zoomRange,
  zoomView,
} from '../layout/view-transform.ts'
import { Camera } from './camera.ts'
import { CELL_PRIORITY } from './paint-cells.ts'
import { paintTree } from './paint-tree.ts'
import { PositionMotion } from './position-motion.ts'
import type { VizTheme } from './theme.ts'
import type { FaceCache, TreeContent, TreeScene } from './tree-scene.ts'
import { contentOf, detailOf, marked } from './tree-scene.ts'

/** What the stage shows; replaced as a whole on every change. */
export interface StageInput {
  readonly tree: SearchTree
  readonly theme: VizTheme
  readonly selected: NodeId | null
  readonly touched: readonly NodeId[]
  readonly truth: ReadonlyMap<NodeId, TruthLabel> | null
  readonly follow: boolean
  readonly reducedMotion: boolean
}

export interface StageEvents {
  onSelect(node: NodeId | null): void
  onHover(node: NodeId | null): void
  /** The person panned, zoomed or asked for the whole tree. */
  onFollowChange(follow: boolean): void
}

const PULSE = 650
/** A screen below one of these shows a path rather than a tree without words, in CSS pixels. */
const SMALL = { width: 480, height: 260 }
/** Scale across at which a node is comfortably read, and the least that `centreOn` and follow leave. */
const READABLE = 0.75

/**
 * The canvas without React: holds the view, moves it and the nodes, answers the pointer, and draws a frame when, and
 * only when, something changed.
 */
export class TreeStage {
  private readonly canvas: HTMLCanvasElement
  private readonly context: CanvasRenderingContext2D
  private readonly events: StageEvents
  private readonly camera = new Camera()
  private readonly motion = new PositionMotion()
  private readonly faces: FaceCache = new WeakMap()
  private input: StageInput
  private laidOut: SearchTree | null = null
  /** Length along the depth that it was laid out for. */
  private laidOutIn = Number.POSITIVE_INFINITY
  private layoutNow: TreeLayout
  private content: TreeContent
  private size: Size = { width: 0, height: 0 }
  private pixelRatio = 1
  private hovered: NodeId | null = null
  private hoverPath: Uint8Array | null = null
  private pulseAt = Number.NEGATIVE_INFINITY
  private frame: number | null = null
  /** The run whose whole tree has been brought into view once. */
  private framed: SearchTree['started'] = null
  private gesture: ZoomTransform = zoomIdentity
  private gestures = 0

  constructor(canvas: HTMLCanvasElement, input: StageInput, events: StageEvents) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('this browser gives no 2D canvas')
    this.canvas = canvas
    this.context = context
    this.input = input
    this.events = events
    this.layoutNow = layoutTree(input.tree)
    this.content = contentOf(input.tree, this.faces)
    this.laidOut = input.tree
    this.motion.jump(this.layoutNow)
    this.listen()
  }

  destroy(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame)
    this.frame = null
    select(this.canvas).on('.zoom', null)
    this.canvas.removeEventListener('pointermove', this.onPointerMove)
    this.canvas.removeEventListener('pointerleave', this.onPointerLeave)
    this.canvas.removeEventListener('click', this.onClick)
  }

  update(input: StageInput): void {
    const before = this.input
    this.input = input
    if (!sameNodes(before.touched, input.touched) && input.touched.length > 0) this.pulseAt = performance.now()
    if (input.follow && (!before.follow || before.tree !== input.tree)) this.followNow()
    this.invalidate()
  }

  /** CSS pixels, and device pixels per CSS pixel. */
  resize(size: Size, pixelRatio: number): void {
    const first = this.size.width === 0
    this.size = size
    this.pixelRatio = pixelRatio
    this.canvas.width = Math.max(1, Math.round(size.width * pixelRatio))
    this.canvas.height = Math.max(1, Math.round(size.height * pixelRatio))
    this.ensureLayout()
    if (first) this.camera.jump(this.opening())
    else if (this.input.follow) this.followNow()
    // Setting a canvas' size clears it: draw at once, or it would flash.
    this.draw(performance.now())
  }

  /** The layout of the present tree. */
  get layout(): TreeLayout {
    this.ensureLayout()
    return this.layoutNow
  }

  fit(): void {
    this.ensureLayout()
    this.go(this.fitted())
  }

  /** Goes to how a run is first shown. */
  open(): void {
    this.ensureLayout()
    this.go(this.opening())
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size
    this.go(zoomView(this.camera.destination, factor, width / 2, height / 2, this.range()))
  }

  centreOn(node: NodeId): void {
    const [x, y] = this.middleOf(node)
    const across = Math.max(READABLE, this.camera.destination.scaleY)
    this.go(centreView(x, y, across, this.size, this.range()))
  }

  /** Pans just far enough for a node to be in view, if it is not. */
  reveal(node: NodeId): void {
    const { scaleX, scaleY, offsetX, offsetY } = this.camera.destination
    const box = this.boxOf([node])
    const shift = (low: number, high: number, room: number) => {
      const margin = Math.min(12, room / 4)
      if (high > room - margin) return Math.max(room - margin - high, margin - low)
      return low < margin ? margin - low : 0
    }
    const dx = shift(box.left * scaleX + offsetX, box.right * scaleX + offsetX, this.size.width)
    const dy = shift(box.top * scaleY + offsetY, box.bottom * scaleY + offsetY, this.size.height)
    if (dx !== 0 || dy !== 0) this.go(panView(this.camera.destination, dx, dy))
  }

  private listen(): void {
    const behaviour = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([0, Number.POSITIVE_INFINITY])
      .clickDistance(5)
      .filter((event: MouseEvent | TouchEvent) => event.type !== 'dblclick' && !('button' in event && event.button))
      .on('start', () => this.gestures++)
      .on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => this.moveGesture(event.transform))
      .on('end', () => this.endGesture())
    select(this.canvas).call(behaviour)
    this.canvas.addEventListener('pointermove', this.onPointerMove)
    this.canvas.addEventListener('pointerleave', this.onPointerLeave)
    this.canvas.addEventListener('click', this.onClick)
  }

  /** d3 gets no view of its own: each gesture starts from the identity, and only its differences are used. */
  private endGesture(): void {
    // A wheel's gesture ends late, maybe in the middle of a drag that counts from the same transform.
    if (--this.gestures > 0) return
    this.gesture = zoomIdentity
    Object.assign(this.canvas, { __zoom: zoomIdentity })
  }

  private moveGesture(transform: ZoomTransform): void {
    const ratio = transform.k / this.gesture.k
    const dx = transform.x - ratio * this.gesture.x
    const dy = transform.y - ratio * this.gesture.y
    this.gesture = transform
    const { view } = this.camera
    if (Math.abs(ratio - 1) < 1e-9) {
      if (dx === 0 && dy === 0) return
      this.camera.jump(panView(view, dx, dy))
    } else {
      // The point that stays where it is: p = ratio · p + d.
      const [x, y] = [dx / (1 - ratio), dy / (1 - ratio)]
      this.camera.jump(zoomView(view, ratio, x, y, this.range()))
    }
    if (this.input.follow) this.events.onFollowChange(false)
    this.invalidate()
  }

  private readonly onPointerMove = (event: PointerEvent) => {
    if (event.buttons !== 0 || event.pointerType === 'touch') return
    const node = this.nodeUnder(event.offsetX, event.offsetY)
    if (node !== this.hovered) this.hover(node)
  }

  private readonly onPointerLeave = () => this.hover(null)

  private readonly onClick = (event: MouseEvent) => {
    this.events.onSelect(this.nodeUnder(event.offsetX, event.offsetY))
  }

  private hover(node: NodeId | null): void {
    if (node === this.hovered) return
    this.hovered = node
    this.hoverPath = node === null ? null : marked(this.input.tree, node)
    this.canvas.style.cursor = node === null ? '' : 'pointer'
    this.events.onHover(node)
    this.invalidate()
  }

  private nodeUnder(x: number, y: number): NodeId | null {
    const { scaleX, scaleY, offsetX, offsetY } = this.camera.view
    const cells = detailOf(this.camera) === 'cells'
    const slack = cells ? 4 : 2
    // Far out several nodes share a pixel: take the one that is drawn.
    const weight = (id: NodeId) => {
      const face = this.content.faces[id]
      return face && cells ? CELL_PRIORITY[face.appearance] : 0
    }
    const worldX = (x - offsetX) / scaleX
    const worldY = (y - offsetY) / scaleY
    const exact = cells ? null : nodeAt(this.layoutNow, worldX, worldY)
    return exact ?? nodeAt(this.layoutNow, worldX, worldY, slack / scaleX, slack / scaleY, weight)
  }

  private ensureLayout(): void {
    const { tree, reducedMotion } = this.input
    const room = this.size.width === 0 ? Number.POSITIVE_INFINITY : roomAlong(this.size)
    const sameTree = this.laidOut === tree
    if (sameTree && this.laidOutIn === room) return
    const otherRun = this.laidOut === null || (tree.started !== null && tree.started !== this.framed)
    this.laidOut = tree
    this.laidOutIn = room
    this.layoutNow = layoutTree(tree, room)
    this.content = contentOf(tree, this.faces)
    if (this.hovered !== null && this.hovered >= tree.nodes.length) this.hover(null)
    else if (this.hovered !== null) this.hoverPath = marked(tree, this.hovered)
    if (otherRun || sameTree || reducedMotion) this.motion.jump(this.layoutNow)
    else this.motion.move(this.layoutNow, performance.now())
    if (otherRun) this.camera.jump(this.opening())
    if (tree.started !== null) this.framed = tree.started
  }

  private fitted(): View {
    return fitView(this.layoutNow.bounds, this.size)
  }

  /** The whole tree; where a small screen cannot show it readably, as much of the answer's path, from its end, as can be read. */
  private opening(): View {
    const whole = this.fitted()
    const { tree } = this.input
    const path = idsFromRoot(tree, answerNode(tree))
    const small = this.size.width < SMALL.width || this.size.height < SMALL.height
    const readable = detailOf({ view: whole }) === 'text'
    if (!small || readable || path.length === 0) return whole
    const scales = { least: READABLE, most: 1 }
    for (let from = 0; from < path.length; from++) {
      const view = partView(this.boxOf(path.slice(from)), scales, this.size, this.range())
      if (view !== null) return view
    }
    return whole
  }

  private range(): ZoomRange {
    return zoomRange(this.layout.bounds, this.size)
  }

  private go(view: View): void {
    if (this.input.reducedMotion || this.size.width === 0) this.camera.jump(view)
    else this.camera.glide(view, performance.now())
    this.invalidate()
  }

  /** The whole tree while it can be read, else the nodes of the event, only where they are not in view already. */
  private followNow(): void {
    this.ensureLayout()
    const { touched, tree } = this.input
    if (tree.finished !== null) {
      this.go(this.opening())
      return
    }
    const whole = this.fitted()
    const present = touched.filter((id) => id < this.layoutNow.count)
    if (detailOf({ view: whole }) !== 'cells' || present.length === 0) {
      this.go(whole)
      return
    }
    const box = this.boxOf(present)
    const inner = visibleWindow(this.camera.destination, this.size, -24)
    const shown =
      box.left >= inner.left && box.right <= inner.right && box.top >= inner.top && box.bottom <= inner.bottom
    const across = this.camera.destination.scaleY
    if (shown && across >= READABLE * 0.8) return
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
    this.go(centreView(x, y, Math.max(READABLE, Math.min(across, 1)), this.size, this.range()))
  }

  private boxOf(nodes: readonly NodeId[]): Bounds {
    const { left, top, width, height } = this.layout
    const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
    for (const id of nodes) {
      box.left = Math.min(box.left, left[id] ?? 0)
      box.top = Math.min(box.top, top[id] ?? 0)
      box.right = Math.max(box.right, (left[id] ?? 0) + (width[id] ?? 0))
      box.bottom = Math.max(box.bottom, (top[id] ?? 0) + (height[id] ?? 0))
    }
    return box
  }

  private middleOf(node: NodeId): [number, number] {
    const box = this.boxOf([node])
    return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
  }

  private invalidate(): void {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null
      this.draw(now)
    })
  }

  private draw(now: number): void {
    if (this.size.width === 0 || this.size.height === 0) return
    this.ensureLayout()
    const moving = this.motion.advance(now)
    const gliding = this.camera.advance(now, this.size)
    const pulse = this.input.reducedMotion ? 1 : Math.min(1, Math.max(0, now - this.pulseAt) / PULSE)
    this.context.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0)
    paintTree(this.context, this.scene(pulse))
    this.tellExtent()
    if (moving || gliding || (pulse < 1 && this.input.touched.length > 0)) this.invalidate()
  }

  /** For tests and styles: whether all of the tree is on the screen, and how its nodes are drawn. */
  private tellExtent(): void {
    const { left, top, right, bottom } = this.layoutNow.bounds
    const seen = visibleWindow(this.camera.view, this.size)
    const whole = seen.left <= left && seen.top <= top && seen.right >= right && seen.bottom >= bottom
    const said = `${whole ? 'whole' : 'part'} ${detailOf(this.camera)}`
    if (this.canvas.dataset.shows !== said) this.canvas.dataset.shows = said
  }

  private scene(pulse: number): TreeScene {
    const { theme, selected, touched, truth } = this.input
    return {
      layout: this.layoutNow,
      content: this.content,
      left: this.motion.left,
      top: this.motion.top,
      settled: this.motion.settled,
      view: this.camera.view,
      size: this.size,
      pixelRatio: this.pixelRatio,
      theme,
      selected,
      hovered: this.hovered,
      onHoverPath: this.hoverPath,
      touched,
      pulse,
      truth,
    }
  }
}

function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a === b || (a.length === b.length && a.every((id, index) => id === b[index]))
}
