import { createElement, useEffect, useRef } from 'react'
import { createRoot } from 'react-dom/client'
import type { SearchTree } from '../../src/search/tree.ts'
import { syntheticTree } from '../../src/viz/layout/testing/synthetic-tree.ts'
import { layoutTree } from '../../src/viz/layout/tree-layout.ts'
import type { TreeCanvasHandle } from '../../src/viz/marks/tree-canvas.tsx'
import { TreeCanvas } from '../../src/viz/marks/tree-canvas.tsx'
import '../../src/ui/tokens.css'
import { panGesture, zoomGesture } from './gestures.ts'

/** Milliseconds of each frame of a gesture: from one to the next, and of our own script in it. */
export interface GestureTimes {
  readonly frame: readonly number[]
  readonly script: readonly number[]
}

const tree = syntheticTree({ seed: 1, n: 1080, m: 4, rounds: 8 })
const scripts: number[] = []
const nextFrame = window.requestAnimationFrame.bind(window)
// What the tree does in a frame is timed; what the benchmark itself does goes through `nextFrame`.
window.requestAnimationFrame = (callback) =>
  nextFrame((now) => {
    const start = performance.now()
    callback(now)
    scripts.push(performance.now() - start)
  })

function Tree({ tree, onReady }: { tree: SearchTree; onReady: (handle: TreeCanvasHandle) => void }) {
  const handle = useRef<TreeCanvasHandle>(null)
  useEffect(() => {
    if (handle.current !== null) onReady(handle.current)
  })
  return createElement(TreeCanvas, { ref: handle, tree, selected: null, onSelect: () => {} })
}

async function start() {
  const handle = await new Promise<TreeCanvasHandle>((onReady) => {
    const host = document.querySelector('#root')
    if (host === null) throw new Error('no place for the tree')
    createRoot(host).render(createElement(Tree, { tree, onReady }))
  })
  const canvas = document.querySelector('canvas')
  if (canvas === null) throw new Error('no canvas')

  /** Frames of one gesture; `step` moves it on by one frame. */
  async function record(gesture: Iterable<void>): Promise<GestureTimes> {
    const frame: number[] = []
    scripts.length = 0
    let last = await frameTime()
    for (const _ of gesture) {
      const now = await frameTime()
      frame.push(now - last)
      last = now
    }
    // The first frames include what the gesture's start costs once.
    return { frame: frame.slice(2), script: scripts.slice(2) }
  }
  const frameTime = () => new Promise<number>((resolve) => nextFrame(() => resolve(performance.now())))
  const rest = () => new Promise((resolve) => setTimeout(resolve, 900))

  return {
    nodes: tree.nodes.length,
    /** Milliseconds of a layout, the first (which compiles) apart. */
    layout(count: number): { readonly first: number; readonly later: readonly number[] } {
      const [first = 0, ...later] = Array.from({ length: count + 1 }, () => {
        const start = performance.now()
        layoutTree(tree)
        return performance.now() - start
      })
      return { first, later }
    },
    async far(): Promise<void> {
      handle.fit()
      await rest()
    },
    async near(): Promise<void> {
      handle.centreOn(Math.floor(tree.nodes.length / 2))
      await rest()
    },
    pan: (frames: number) => record(panGesture(canvas, frames)),
    zoom: (frames: number) => record(zoomGesture(canvas, frames)),
  }
}

export type TreePageApi = Awaited<ReturnType<typeof start>>
declare global {
  interface Window {
    treeBench: TreePageApi
  }
}
window.treeBench = await start()
