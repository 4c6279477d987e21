import type { ReactNode } from 'react'
import { useEffect, useMemo, useRef } from 'react'
import { isStale } from '../../panels/belongs-words.ts'
import { useTruth } from '../../panels/use-truth.ts'
import type { NodeId, SearchEvent } from '../../search/events.ts'
import type { StrategyId } from '../../search/settings.ts'
import { choosesByVote } from '../../search/settings.ts'
import { useActions, useApp, useDifferences } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import type { IconName } from '../../ui/icon.tsx'
import { Popover } from '../../ui/popover.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { useHotkeys } from '../../ui/use-hotkeys.ts'
import { StateLegend } from '../../viz/marks/state-legend.tsx'
import type { TreeCanvasHandle } from '../../viz/marks/tree-canvas.tsx'
import { TreeCanvas } from '../../viz/marks/tree-canvas.tsx'
import { TreeOutline } from '../../viz/marks/tree-outline.tsx'
import { AttemptsView } from './attempts-view.tsx'
import { ForcingView } from './forcing-view.tsx'
import { IterationsView } from './iterations-view.tsx'
import { NoTree } from './no-tree.tsx'
import { PictureButton } from './picture-button.tsx'
import { ResponseView } from './response-view.tsx'
import { RunFileButtons } from './run-file-buttons.tsx'
import { SubtreesView } from './subtrees-view.tsx'
import styles from './tree-pane.module.css'
import { VotesView } from './votes-view.tsx'

export type TreeView = 'tree' | 'table' | 'response' | 'votes' | 'subtrees' | 'iterations' | 'attempts' | 'forcing'

interface TreePaneProps {
  run: RunView | null
  view: TreeView
  /** Buttons of the frame at either end of the toolbar. */
  before?: ReactNode
  after?: ReactNode
  onView(view: TreeView): void
}

/** The tree and how to look at it. */
export function TreePane({ run, view, before, after, onView }: TreePaneProps) {
  const actions = useActions()
  const follow = useApp((state) => state.preferences.follow)
  const revealTruth = useApp((state) => state.preferences.revealTruth)
  const canvas = useRef<TreeCanvasHandle>(null)
  const truth = useTruth(run)
  const stale = isStale(useDifferences(run))
  const own = run ? ownViews(run) : []
  const shown = [...VIEWS, ...own].some(({ value }) => value === view) ? view : 'table'
  const touched = useMemo(() => (run ? nodesOf(run.events[run.cursor - 1]) : []), [run])

  // Another run is shown from its beginning, not where the last one was looked at.
  const id = run?.id
  useEffect(() => {
    if (id !== undefined) canvas.current?.open()
  }, [id])

  useHotkeys({
    '0': () => canvas.current?.fit(),
    '+': () => canvas.current?.zoomBy(1.25),
    '-': () => canvas.current?.zoomBy(0.8),
  })

  return (
    <section className={styles.pane} aria-label="Search tree" data-run={run?.id}>
      <div className={styles.toolbar}>
        {before}
        <Segmented
          label="View"
          value={shown}
          onChange={onView}
          options={[...VIEWS, ...own].map(({ value, name, icon }) => ({
            value,
            name,
            icon,
            label: <span className={styles.word}>{name}</span>,
          }))}
        />
        <Button
          variant="plain"
          icon="eye"
          pressed={revealTruth}
          onClick={() => actions.preferences.set({ revealTruth: !revealTruth })}
        >
          Truth
        </Button>
        <Popover
          label="Legend"
          align="start"
          trigger={
            <Button variant="plain" className={styles.legend}>
              Legend
            </Button>
          }
        >
          <StateLegend truth={revealTruth} />
        </Popover>
        <span className={styles.space} />
        {shown === 'tree' ? (
          <>
            <IconButton
              icon="follow"
              label="Follow new events"
              pressed={follow}
              onClick={() => actions.preferences.set({ follow: !follow })}
            />
            <IconButton icon="fit" label="Fit the whole tree" shortcut="0" onClick={() => canvas.current?.fit()} />
            <span className={styles.zoom}>
              <IconButton icon="minus" label="Zoom out" shortcut="-" onClick={() => canvas.current?.zoomBy(0.8)} />
              <IconButton icon="plus" label="Zoom in" shortcut="+" onClick={() => canvas.current?.zoomBy(1.25)} />
            </span>
          </>
        ) : null}
        <PictureButton run={run} canvas={canvas} drawn={shown === 'tree'} truth={truth} />
        <RunFileButtons run={run} />
        {after}
      </div>
      <div className={styles.stage} data-stale={stale || undefined}>
        {run === null ? (
          <NoTree />
        ) : shown === 'response' ? (
          <ResponseView key={run.id} run={run} />
        ) : shown === 'votes' ? (
          <VotesView run={run} />
        ) : shown === 'attempts' ? (
          <AttemptsView run={run} />
        ) : shown === 'forcing' ? (
          <ForcingView run={run} />
        ) : shown === 'iterations' ? (
          <IterationsView run={run} />
        ) : shown === 'subtrees' ? (
          <SubtreesView run={run} />
        ) : shown === 'tree' ? (
          <TreeCanvas
            ref={canvas}
            className={styles.fill ?? ''}
            tree={run.tree}
            selected={run.selected}
            onSelect={(node) => actions.runs.select(run.id, node)}
            touched={touched}
            truth={truth}
            follow={follow}
            onFollowChange={(next) => actions.preferences.set({ follow: next })}
          />
        ) : (
          <TreeOutline
            className={styles.fill ?? ''}
            tree={run.tree}
            selected={run.selected}
            onSelect={(node) => actions.runs.select(run.id, node)}
            truth={truth}
          />
        )}
      </div>
    </section>
  )
}

interface ViewChoice {
  readonly value: TreeView
  readonly name: string
  readonly icon: IconName
}

const VIEWS: readonly ViewChoice[] = [
  { value: 'tree', name: 'Tree', icon: 'tree' },
  { value: 'table', name: 'Table', icon: 'table' },
  { value: 'response', name: 'Response', icon: 'response' },
]

/** What only some strategies have to show. */
function ownViews({ setup }: RunView): readonly ViewChoice[] {
  const own = STRATEGY_VIEWS[setup.strategy]
  const votes: ViewChoice = { value: 'votes', name: 'Votes', icon: 'chart' }
  return [...(own ? [own] : []), ...(choosesByVote(setup) ? [votes] : [])]
}

const STRATEGY_VIEWS: Readonly<Partial<Record<StrategyId, ViewChoice>>> = {
  dvts: { value: 'subtrees', name: 'Subtrees', icon: 'tree' },
  mcts: { value: 'iterations', name: 'Iterations', icon: 'restart' },
  revision: { value: 'attempts', name: 'Attempts', icon: 'undo' },
  'budget-forcing': { value: 'forcing', name: 'Chain', icon: 'tree' },
}

/** Nodes that an event is about. */
function nodesOf(event: SearchEvent | undefined): readonly NodeId[] {
  if (event === undefined || event.type === 'started') return []
  if (event.type === 'finished') return event.node === null ? [] : [event.node]
  if (event.type === 'selected') return [0, ...event.choices.map(({ node }) => node)]
  if (event.type === 'expanded') return [event.node, ...event.children.map(({ node }) => node)]
  if (event.type === 'rolledOut') return [event.node, ...event.steps.map((step) => step.node)]
  return [event.node]
}
