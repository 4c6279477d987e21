import { useMemo } from 'react'
import { PARAGRAPH_CHARACTERS } from '../../core/outside-text.ts'
import { opening } from '../../core/prompt.ts'
import { eventSentence } from '../../panels/event-sentence.ts'
import { formatPathScore } from '../../panels/format-path-score.ts'
import { ResponseText } from '../../panels/response-text.tsx'
import { rewardWord } from '../../panels/run-facts.ts'
import { TermWord } from '../../panels/term.tsx'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import { aggregate } from '../../search/aggregate.ts'
import { judgesResponses } from '../../search/settings.ts'
import type { TreeNode } from '../../search/tree.ts'
import { useActions, useApp, useDifferences, useRun } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { taskById } from '../../tasks/registry.ts'
import type { ExactLabel } from '../../tasks/task.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { formatLogprob } from '../../viz/layout/format-number.ts'
import { idsFromRoot, stateInWords, truthInWords } from '../../viz/layout/node-appearance.ts'
import { TruthGlyph } from '../../viz/marks/node-glyph.tsx'
import { ScoreBar } from '../../viz/marks/score-bar.tsx'
import { TokenStrip } from '../../viz/marks/token-strip.tsx'
import styles from './inspector.module.css'
import { MonteCarlo } from './monte-carlo.tsx'
import { nodeReading, recordedScores } from './node-reading.ts'
import { PathEditor } from './path-editor.tsx'
import { RankingsTable } from './rankings-table.tsx'
import { SelectionTable } from './selection-table.tsx'
import { SentPrompt } from './sent-prompt.tsx'
import { useProbe } from './use-probe.ts'

/** Everything known of the selected node, and what can be tried from it. */
export function Inspector() {
  const run = useRun()
  const node = run?.selected === null || run?.selected === undefined ? undefined : run.tree.nodes[run.selected]
  return (
    <aside className={styles.inspector} aria-label="Inspector">
      {run && node ? (
        <NodeDetails key={run.id} run={run} node={node} />
      ) : (
        <EmptyState icon="inspect" title="Select a step">
          <p>
            Click a node in the tree, or walk it with the arrow keys: its path, its tokens, why it was kept or pruned,
            and what would have happened otherwise.
          </p>
          {run?.tree.finished?.node != null ? <AnswerButton run={run} /> : null}
        </EmptyState>
      )}
    </aside>
  )
}

function AnswerButton({ run }: { run: RunView }) {
  const actions = useActions()
  return <Button onClick={() => actions.runs.select(run.id, run.tree.finished?.node ?? null)}>Select the answer</Button>
}

function NodeDetails({ run, node }: { run: RunView; node: TreeNode }) {
  const actions = useActions()
  const probe = useProbe(run, node)
  const isRoot = node.parent === null
  const why = useWhy(run, node)
  const differences = useDifferences(run)
  const reading = nodeReading(run, node, probe.state, differences, aggregate)
  const edited = reading.of === 'edited'
  const reveal = useApp((state) => state.preferences.revealTruth)
  const word = rewardWord(run.tree)
  return (
    <>
      <header className={styles.header}>
        <div className={styles.line}>
          <h3 className={styles.step}>
            {isRoot && !edited ? 'Problem' : `Step ${edited ? probe.state?.steps.length : node.depth}`}
          </h3>
          <span className={styles.state}>{edited ? 'edited' : stateInWords(node)}</span>
          <span className={styles.id}>#{node.id}</span>
          <IconButton
            icon="close"
            label="Select nothing"
            shortcut="Esc"
            onClick={() => actions.runs.select(run.id, null)}
          />
        </div>
        <p className={styles.text}>
          <OutsideText
            text={isRoot && !edited ? run.setup.problem : reading.text || '⟨end⟩'}
            most={PARAGRAPH_CHARACTERS}
            lines
          />
        </p>
        {isRoot && !edited ? null : (
          <dl className={styles.facts}>
            <div>
              <dt>
                <TermWord term={word === 'ORM' ? 'orm' : 'prm'}>{word} score</TermWord>
              </dt>
              <dd>
                <ScoreBar score={reading.score} label={`${word} score`} lost={reveal && reading.label?.label === 0} />
              </dd>
            </div>
            <div>
              <dt>
                <TermWord term="pathScore">Path score</TermWord>
              </dt>
              <dd>{formatPathScore(reading.pathScore)}</dd>
            </div>
            <div>
              <dt>
                <TermWord term="logprob">Log-prob.</TermWord>
              </dt>
              <dd>{reading.logprob === null ? '–' : formatLogprob(reading.logprob)}</dd>
            </div>
          </dl>
        )}
        {reading.said && !(isRoot && !edited) ? (
          <p className={styles.muted} aria-live="polite">
            {reading.said}
          </p>
        ) : null}
        {node.verdict && !edited ? (
          <p>
            <VerdictMark correct={node.verdict.correct} />{' '}
            <span className={styles.muted}>
              <OutsideText text={node.verdict.explanation} most={PARAGRAPH_CHARACTERS} />
            </span>
          </p>
        ) : null}
        {why && !edited ? <p className={styles.why}>{why}</p> : null}
      </header>
      <Reading run={run} node={node} />
      <PathEditor run={run} node={node} probe={probe} recorded={recordedScores(run, node, probe.state, differences)} />
      {reading.tokens.length > 0 ? (
        <Panel title={edited ? 'Tokens of the edited step' : 'Tokens of this step'}>
          <TokenStrip tokens={reading.tokens} />
        </Panel>
      ) : null}
      {isRoot && !edited ? null : <Truth run={run} node={node} label={reading.label} edited={edited} />}
      <SelectionTable run={run} node={node} />
      {judgesResponses(run.setup.strategy) ? null : (
        <RankingsTable run={run} node={node} edited={edited ? reading.scores : undefined} />
      )}
      {node.verdict === null || probe.state?.firstEdit != null ? <MonteCarlo run={run} node={node} /> : null}
    </>
  )
}

/** The prompt as it was sent; of free text, the response so far as a person reads it. */
function Reading({ run, node }: { run: RunView; node: TreeNode }) {
  const { started, nodes } = run.tree
  if (started === null) return null
  if (node.parent === null) {
    return <SentPrompt text={started.prompt} tokens={started.promptTokens} />
  }
  if (taskById(run.setup.task).grammar !== undefined) return null
  const text = idsFromRoot(run.tree, node.id)
    .slice(1)
    .map((id) => nodes[id]?.text ?? '')
    .join('')
  return (
    <Panel title="Response so far">
      <ResponseText text={text} begun={opening(started.prompt).length > 0} />
    </Panel>
  )
}

/** The sentence of the event that decided on this node; none while it waits for a decision. */
function useWhy(run: RunView, node: TreeNode): string | null {
  const { events, cursor } = run
  const at = useMemo(() => {
    for (let index = cursor - 1; index >= 0; index--) {
      const event = events[index]
      if (event && (event.type === 'kept' || event.type === 'pruned') && event.node === node.id) return index + 1
    }
    return null
  }, [events, cursor, node.id])
  return at === null ? null : eventSentence(run, at)
}

interface TruthProps {
  run: RunView
  node: TreeNode
  label: ExactLabel | null
  /** The label is of the edited path; the tree's labels are not. */
  edited: boolean
}

function Truth({ run, node, label: known, edited }: TruthProps) {
  const actions = useActions()
  const reveal = useApp((state) => state.preferences.revealTruth)
  const label = reveal ? known : null
  const path = idsFromRoot(run.tree, node.id)
  const firstWrong = reveal ? path.find((id) => run.labels[id]?.label === 0) : undefined
  return (
    <Panel title="Truth">
      {!reveal ? (
        <div className={styles.hidden}>
          <p className={styles.muted}>
            Hidden, so that you can guess. <TermWord term="exactLabel">What is it?</TermWord>
          </p>
          <Button icon="eye" onClick={() => actions.preferences.set({ revealTruth: true })}>
            Reveal
          </Button>
        </div>
      ) : label ? (
        <>
          <p>
            <TruthGlyph truth={label} /> {truthInWords(label)}
          </p>
          <p className={styles.muted}>
            <OutsideText text={label.message} most={PARAGRAPH_CHARACTERS} />
          </p>
          {!edited && firstWrong !== undefined && firstWrong !== node.id ? (
            <Button onClick={() => actions.runs.select(run.id, firstWrong)}>Go to the first wrong step</Button>
          ) : null}
        </>
      ) : (
        <p className={styles.muted}>Not known for this {edited ? 'edit' : 'node'}.</p>
      )}
    </Panel>
  )
}
