import { useVirtualizer } from '@tanstack/react-virtual'
import type { ClipboardEvent, KeyboardEvent } from 'react'
import { useEffect, useId, useMemo, useRef } from 'react'
import type { NodeId } from '../../search/events.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import { formatScore } from '../layout/format-number.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'
import {
  answerNode,
  appearanceOf,
  idsFromRoot,
  isLost,
  shownScore,
  stateInWords,
  stepLabel,
  truthInWords,
} from '../layout/node-appearance.ts'
import { outlineRows, outlineText, rowInWords } from '../layout/outline-rows.ts'
import { NodeGlyph, TruthGlyph } from './node-glyph.tsx'
import { ScoreBar } from './score-bar.tsx'
import './marks.css'

export interface TreeOutlineProps {
  readonly tree: SearchTree
  readonly selected: NodeId | null
  readonly onSelect: (node: NodeId) => void
  /** Exact labels per node, when the truth is revealed; null hides them. */
  readonly truth?: ReadonlyMap<NodeId, TruthLabel> | null
  /** Name for screen readers (default `Search tree as a list`). */
  readonly label?: string
  readonly className?: string
}

const ROW = 26

/**
 * The same tree as a list of rows (step, score, path score, state in words), for reading, screen readers and copying:
 * copying without a text selection takes the whole tree as tab-separated text. Only rows in view are in the page.
 */
export function TreeOutline({
  tree,
  selected,
  onSelect,
  truth = null,
  label = 'Search tree as a list',
  className,
}: TreeOutlineProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const prefix = useId()
  const rows = useMemo(() => outlineRows(tree), [tree])
  const placeOf = useMemo(() => new Map(rows.map(({ node }, index) => [node.id, index])), [rows])
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    paddingStart: ROW,
    scrollPaddingStart: ROW,
  })
  const answerPath = useMemo(() => new Set(idsFromRoot(tree, answerNode(tree))), [tree])
  const place = selected === null ? undefined : placeOf.get(selected)

  useEffect(() => {
    if (place !== undefined) virtualizer.scrollToIndex(place, { align: 'auto' })
  }, [place, virtualizer])

  const onKeyDown = (event: KeyboardEvent) => {
    const target = rowFor(event.key, rows.length, place ?? -1, () => {
      const node = place === undefined ? undefined : rows[place]?.node
      return {
        parent: node?.parent == null ? undefined : placeOf.get(node.parent),
        child: place !== undefined && rows[place + 1]?.node.parent === node?.id ? place + 1 : undefined,
      }
    })
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    const row = rows[target]
    if (row !== undefined) onSelect(row.node.id)
    event.preventDefault()
  }

  const onCopy = (event: ClipboardEvent) => {
    if (window.getSelection()?.isCollapsed === false) return
    event.clipboardData.setData('text/plain', outlineText(tree, truth))
    event.preventDefault()
  }

  return (
    <div ref={scroller} className={className === undefined ? 'viz-outline' : `viz-outline ${className}`}>
      <div
        role="tree"
        tabIndex={0}
        data-truth={truth === null ? undefined : true}
        aria-label={label}
        aria-activedescendant={place === undefined ? undefined : `${prefix}${selected}`}
        style={{ height: virtualizer.getTotalSize() }}
        onKeyDown={onKeyDown}
        onCopy={onCopy}
      >
        <div className="viz-row viz-outline-head" aria-hidden="true">
          <span className="viz-outline-step">step</span>
          <span className="viz-outline-count" />
          <span className="viz-outline-score">score</span>
          <span className="viz-outline-path">path</span>
          <span className="viz-outline-state">state</span>
        </div>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index]
          if (row === undefined) return null
          const { node } = row
          return (
            // biome-ignore lint/a11y/useFocusableInteractive: focus stays on the tree, which names the active row
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys
            <div
              key={node.id}
              id={`${prefix}${node.id}`}
              role="treeitem"
              className={node.id === selected ? 'viz-row viz-selected' : 'viz-row'}
              aria-level={node.depth + 1}
              aria-posinset={row.place}
              aria-setsize={row.siblings}
              aria-selected={node.id === selected}
              aria-label={rowInWords(node, tree, truth?.get(node.id))}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => onSelect(node.id)}
            >
              <Row node={node} tree={tree} truth={truth?.get(node.id)} onAnswer={answerPath.has(node.id)} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

interface RowProps {
  readonly node: TreeNode
  readonly tree: SearchTree
  readonly truth: TruthLabel | undefined
  readonly onAnswer: boolean
}

function Row({ node, tree, truth, onAnswer }: RowProps) {
  const { main, rest } = stepLabel(node, tree)
  const faint = node.state === 'pruned' || node.state === 'rolledOut'
  return (
    <>
      <span className="viz-outline-step viz-mono" style={{ paddingInlineStart: node.depth * 14 }}>
        <span className={onAnswer ? 'viz-on-answer' : faint ? 'viz-faint' : undefined}>{main}</span>{' '}
        <span className="viz-faint">{rest}</span>
      </span>
      <span className="viz-outline-count viz-number viz-faint">{node.count > 1 ? `×${node.count}` : ''}</span>
      <span className="viz-outline-score">
        {node.parent !== null && <ScoreBar score={shownScore(node)} width={48} lost={isLost(truth)} />}
      </span>
      <span className="viz-outline-path viz-number viz-faint">
        {node.parent === null ? '' : formatScore(node.pathScore)}
      </span>
      <span className="viz-outline-state">
        <NodeGlyph appearance={appearanceOf(node)} />
        <span className={faint ? 'viz-faint' : undefined}>{stateInWords(node)}</span>
        {truth !== undefined && node.parent !== null && (
          <span className="viz-outline-truth">
            <TruthGlyph truth={truth} /> {truthInWords(truth)}
          </span>
        )}
      </span>
    </>
  )
}

/** The row a key leads to, by the keys of a tree; undefined for other keys and at the border. */
function rowFor(
  key: string,
  count: number,
  place: number,
  near: () => { parent: number | undefined; child: number | undefined },
): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, place + 1)
    case 'ArrowUp':
      return Math.max(0, place - 1)
    case 'PageDown':
      return Math.min(count - 1, place + 20)
    case 'PageUp':
      return Math.max(0, place - 20)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    case 'ArrowLeft':
      return near().parent
    case 'ArrowRight':
      return near().child
    default:
      return undefined
  }
}
