import type { KeyboardEvent, Ref } from 'react'
import { useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react'
import type { NodeId } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'
import { answerNode } from '../layout/node-appearance.ts'
import { rowInWords } from '../layout/outline-rows.ts'
import { arrowDirection, neighbour } from '../layout/tree-navigation.ts'
import { useReducedMotion, useVizTheme } from './theme.ts'
import type { StageInput } from './tree-stage.ts'
import { TreeStage } from './tree-stage.ts'
import './marks.css'

export interface TreeCanvasHandle {
  /** Shows the whole tree. */
  fit(): void
  /** Shows a run as it is first shown: whole, or on a phone, where that is too small to read, around its answer. */
  open(): void
  /** Zooms around the middle of the canvas; 1.25 is one step in. */
  zoomBy(factor: number): void
  /** Brings a node to the middle, near enough to read. */
  centreOn(node: NodeId): void
  focus(): void
  /** The picture as shown, as PNG. */
  toPng(): Promise<Blob>
}

export interface TreeCanvasProps {
  readonly tree: SearchTree
  readonly selected: NodeId | null
  /** Click, tap or arrow key; null on a click beside every node. */
  readonly onSelect: (node: NodeId | null) => void
  readonly onHover?: (node: NodeId | null) => void
  /** Nodes the current event touches: they pulse once, and `follow` keeps them in view. */
  readonly touched?: readonly NodeId[]
  /** Exact labels per node, when the truth is revealed; null hides them. */
  readonly truth?: ReadonlyMap<NodeId, TruthLabel> | null
  /** Keep the whole tree (or, where that would be too small to read, the touched nodes) in view as it grows. */
  readonly follow?: boolean
  /** Called with false when the person pans or zooms while following, and with true on fit (key 0). */
  readonly onFollowChange?: (follow: boolean) => void
  /** Name for screen readers (default `Search tree`). */
  readonly label?: string
  readonly className?: string
  readonly ref?: Ref<TreeCanvasHandle>
}

const NO_NODES: readonly NodeId[] = []

/**
 * The search tree on a canvas that fills its parent: pan, zoom, hover, select. Keys: arrows walk the tree, Home goes
 * to the problem, End to the answer, Enter centres the selected node, + and − zoom, 0 shows all, Escape selects none.
 */
export function TreeCanvas(props: TreeCanvasProps) {
  const { tree, selected, truth = null, label = 'Search tree', className, ref } = props
  const { touched = NO_NODES, follow = false } = props
  const wrapper = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const stage = useRef<TreeStage | null>(null)
  const theme = useVizTheme(wrapper)
  const reducedMotion = useReducedMotion()
  const input: StageInput = { tree, theme, selected, touched, truth, follow, reducedMotion }
  const latest = useRef({ props, input })

  useLayoutEffect(() => {
    latest.current = { props, input }
    stage.current?.update(input)
  })

  useEffect(() => {
    const [host, surface] = [wrapper.current, canvas.current]
    if (host === null || surface === null) return
    const made = new TreeStage(surface, latest.current.input, {
      onSelect: (node) => latest.current.props.onSelect(node),
      onHover: (node) => latest.current.props.onHover?.(node),
      onFollowChange: (on) => latest.current.props.onFollowChange?.(on),
    })
    stage.current = made
    const resize = () => made.resize({ width: host.clientWidth, height: host.clientHeight }, devicePixelRatio)
    const observer = new ResizeObserver(resize)
    observer.observe(host)
    // The ratio also changes without the box, when a window moves to another screen.
    window.addEventListener('resize', resize)
    return () => {
      observer.disconnect()
      window.removeEventListener('resize', resize)
      made.destroy()
      stage.current = null
    }
  }, [])

  useImperativeHandle(
    ref,
    () => ({
      fit: () => stage.current?.fit(),
      open: () => stage.current?.open(),
      zoomBy: (factor) => stage.current?.zoomBy(factor),
      centreOn: (node) => stage.current?.centreOn(node),
      focus: () => wrapper.current?.focus(),
      toPng: () => pictureOf(canvas.current),
    }),
    [],
  )

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || stage.current === null) return
    const choose = (node: NodeId | null) => {
      if (node === null) return
      props.onSelect(node)
      stage.current?.reveal(node)
    }
    const direction = arrowDirection(event.key)
    if (direction !== undefined) choose(selected === null ? 0 : neighbour(stage.current.layout, selected, direction))
    else if (event.key === 'Home') choose(0)
    else if (event.key === 'End') choose(answerNode(tree))
    else if (event.key === 'Enter' && selected !== null) stage.current.centreOn(selected)
    else if (event.key === 'Escape' && selected !== null) props.onSelect(null)
    else if (event.key === '+' || event.key === '=') stage.current.zoomBy(1.25)
    else if (event.key === '-' || event.key === '_') stage.current.zoomBy(0.8)
    else if (event.key === '0') {
      stage.current.fit()
      props.onFollowChange?.(true)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  const current = selected === null ? undefined : tree.nodes[selected]
  const spoken = current === undefined ? '' : rowInWords(current, tree, truth?.get(current.id))
  return (
    <div
      ref={wrapper}
      className={className === undefined ? 'viz-tree' : `viz-tree ${className}`}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is a widget with its own keys
      tabIndex={0}
      aria-label={`${label}, ${tree.nodes.length} nodes. Arrow keys walk the tree, Enter centres, plus and minus zoom, 0 shows all.`}
      onKeyDown={onKeyDown}
    >
      <canvas ref={canvas} />
      <span className="viz-hidden" aria-live="polite">
        {spoken}
      </span>
    </div>
  )
}

function pictureOf(canvas: HTMLCanvasElement | null): Promise<Blob> {
  return new Promise((resolve, reject) => {
    if (canvas === null) reject(new Error('the tree is not on the screen'))
    else
      canvas.toBlob((blob) => {
        if (blob === null) reject(new Error('the browser could not encode the picture'))
        else resolve(blob)
      }, 'image/png')
  })
}
