import type { ReactNode } from 'react'
import { useState } from 'react'
import { TermWord } from '../../panels/term.tsx'
import type { TreeNode } from '../../search/tree.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { ProbeStep } from '../../state/search/probe-state.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { VisuallyHidden } from '../../ui/visually-hidden.tsx'
import { formatLogprob, formatScore } from '../../viz/layout/format-number.ts'
import { idsFromRoot, truthInWords } from '../../viz/layout/node-appearance.ts'
import { TruthGlyph } from '../../viz/marks/node-glyph.tsx'
import { ScoreBar } from '../../viz/marks/score-bar.tsx'
import { ScoreSparkline } from '../../viz/marks/score-sparkline.tsx'
import styles from './path-editor.module.css'
import type { NodeProbe } from './use-probe.ts'

interface PathEditorProps {
  run: RunView
  node: TreeNode
  probe: NodeProbe
  /** Recorded scores of the steps, where another reward model gives those of now. */
  recorded: readonly (number | null)[] | null
}

/** The path to the node, a score beside each step; any step can be rewritten, and both models answer at once. */
export function PathEditor({ run, node, probe, recorded }: PathEditorProps) {
  const actions = useActions()
  const path = idsFromRoot(run.tree, node.id)
    .map((id) => run.tree.nodes[id])
    .filter((step): step is TreeNode => step !== undefined && step.parent !== null && step.text !== '')
  const { state, elsewhere } = probe
  const edited = state !== null && state.firstEdit !== null
  return (
    <Panel
      title="Path"
      actions={
        edited ? (
          <Button variant="plain" icon="restart" onClick={actions.probe.revert}>
            Undo edits
          </Button>
        ) : undefined
      }
    >
      {elsewhere ? (
        <div className={styles.elsewhere}>
          <p>
            Your edits are on the path to #{elsewhere.node}
            {elsewhere.run === run.id ? '' : ' of another run'}.
          </p>
          <Button
            onClick={() => {
              if (elsewhere.run === null) return
              actions.runs.activate(elsewhere.run)
              actions.runs.select(elsewhere.run, elsewhere.node)
            }}
          >
            Go there
          </Button>
          <Button onClick={actions.probe.close}>Discard</Button>
        </div>
      ) : null}
      {path.length > 1 ? (
        <ScoreSparkline
          points={
            state?.status === 'ready' || edited
              ? (state?.steps ?? []).map((step, index) => ({
                  node: path[index]?.id ?? -1 - index,
                  step: step.text,
                  score: step.score,
                }))
              : path.map((step) => ({ node: step.id, step: step.text, score: step.score }))
          }
          selected={node.id}
          onSelect={(id) => id >= 0 && actions.runs.select(run.id, id)}
        />
      ) : null}
      {path.length === 0 ? <p className={styles.muted}>No step yet: the prompt alone.</p> : null}
      {state ? (
        <EditableSteps state={state.steps} original={state.original} firstEdit={state.firstEdit} recorded={recorded} />
      ) : null}
      {state === null && path.length > 0 ? <PlainSteps run={run} path={path} selected={node.id} /> : null}
      {state?.error ? <ErrorNotice details={state.error} /> : null}
      {state && edited && state.status !== 'failed' ? (
        <p className={styles.muted} aria-live="polite">
          {state.status === 'waiting' || state.status === 'running'
            ? 'Reading the edited path…'
            : 'Before → after your edit. Steps below the edit are scored as they stand.'}
        </p>
      ) : null}
      <Continue run={run} node={node} probe={probe} />
    </Panel>
  )
}

/** More of a path would make every key press wait for thousands of fields. */
const LAST_STEPS = 100

/** The last steps of a long path, with a button for those before; what was edited is always shown. */
function useLastSteps(length: number, firstEdit: number | null = null): { first: number; earlier: ReactNode } {
  const [shown, setShown] = useState(LAST_STEPS)
  const first = Math.max(0, Math.min(length - shown, firstEdit ?? length))
  return {
    first,
    earlier:
      first === 0 ? null : (
        <li>
          <Button variant="plain" onClick={() => setShown(length - first + LAST_STEPS)}>
            {`Show earlier steps (${first} more)`}
          </Button>
        </li>
      ),
  }
}

function PlainSteps({ run, path, selected }: { run: RunView; path: readonly TreeNode[]; selected: number }) {
  const actions = useActions()
  const { first, earlier } = useLastSteps(path.length)
  return (
    <ol className={styles.steps}>
      {earlier}
      {path.slice(first).map((step, at) => (
        <li key={step.id} className={styles.step} data-current={step.id === selected || undefined}>
          <span className={styles.index}>{first + at + 1}</span>
          <button type="button" className={styles.plain} onClick={() => actions.runs.select(run.id, step.id)}>
            <OutsideText text={step.text.trim()} clip bare />
          </button>
          <ScoreBar score={step.score} width={40} label={`Score of step ${first + at + 1}`} />
        </li>
      ))}
    </ol>
  )
}

interface EditableStepsProps {
  state: readonly ProbeStep[]
  original: readonly ProbeStep[]
  firstEdit: number | null
  recorded: readonly (number | null)[] | null
}

function EditableSteps({ state, original, firstEdit, recorded }: EditableStepsProps) {
  const actions = useActions()
  const revealTruth = useApp((app) => app.preferences.revealTruth)
  const { first, earlier } = useLastSteps(state.length, firstEdit)
  return (
    <ol className={styles.steps}>
      {earlier}
      {state.slice(first).map((step, at) => {
        const index = first + at
        const before = original[index]
        const changed = firstEdit !== null && index >= firstEdit
        return (
          // A step is its place in the path; its text is what is edited.
          <li key={index} className={styles.step} data-changed={changed || undefined}>
            <span className={styles.index}>{index + 1}</span>
            <textarea
              className={styles.input}
              aria-label={`Step ${index + 1}`}
              value={step.text}
              rows={rowsOf(step.text)}
              spellCheck={false}
              autoComplete="off"
              data-last-step={index === state.length - 1 || undefined}
              onChange={(event) => actions.probe.editStep(index, event.target.value)}
            />
            <ScoreBar
              score={step.score}
              width={40}
              label={`Score of step ${index + 1}`}
              lost={revealTruth && step.label?.label === 0}
            />
            {changed ? (
              <p className={styles.change}>
                <span>
                  PRM {formatScore(before?.score ?? null)} → {formatScore(step.score)}
                </span>
                <span>
                  <TermWord term="logprob">log-prob.</TermWord> {readLogprob(before)} → {readLogprob(step)}
                </span>
              </p>
            ) : null}
            {recorded ? (
              <p className={styles.change}>
                PRM recorded {formatScore(recorded[index] ?? null)}, now {formatScore(step.score)}
              </p>
            ) : null}
            {revealTruth && step.label ? (
              <p className={styles.change}>
                <TruthGlyph truth={step.label} />
                <VisuallyHidden>{truthInWords(step.label)}: </VisuallyHidden>
                <span className={styles.label}>
                  <OutsideText text={step.label.message} />
                </span>
              </p>
            ) : null}
            <span className={styles.tools}>
              <IconButton
                icon="plus"
                label={`Insert a step after ${index + 1}`}
                onClick={() => actions.probe.insertStep(index + 1, '')}
              />
              <IconButton
                icon="trash"
                label={`Remove step ${index + 1}`}
                onClick={() => actions.probe.removeStep(index)}
              />
            </span>
          </li>
        )
      })}
    </ol>
  )
}

/** Characters of the inspector's line, about. */
const LINE = 32
const MOST_ROWS = 8

/** Rows of a step's field, for browsers that do not fit a field to its text. */
function rowsOf(text: string): number {
  const rows = text.split('\n').reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / LINE)), 0)
  return Math.min(MOST_ROWS, rows)
}

const readLogprob = (step: ProbeStep | undefined): string =>
  step === undefined || step.logprob === null ? '–' : formatLogprob(step.logprob)

function Continue({ run, node, probe }: Omit<PathEditorProps, 'recorded'>) {
  const actions = useActions()
  const edited = probe.state !== null && probe.state.firstEdit !== null
  if (!edited && (node.verdict !== null || node.parent === null)) return null
  return (
    <div className={classNames(styles.continue)}>
      <Button
        icon="play"
        disabled={edited && probe.state?.status === 'failed'}
        onClick={() => void (edited ? actions.probe.continueSearch() : actions.runs.continueFrom(run.id, node.id))}
      >
        {edited ? 'Continue the search from the edit' : 'Continue the search from here'}
      </Button>
    </div>
  )
}
