import { useVirtualizer } from '@tanstack/react-virtual'
import { useMemo, useRef } from 'react'
import { PARAGRAPH_CHARACTERS } from '../../core/outside-text.ts'
import { rewardWord } from '../../panels/run-facts.ts'
import type { TreeNode } from '../../search/tree.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { taskById } from '../../tasks/registry.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatDuration, formatNumber, formatPercent } from '../../viz/layout/format-number.ts'
import { stateInWords, stepLabel } from '../../viz/layout/node-appearance.ts'
import type { ResponseFacts } from './response-facts.ts'
import { responseFacts, whatBecame } from './response-facts.ts'
import styles from './response-view.module.css'

/** CSS pixels of a row before it is measured. */
const ROW = 52

/** What a user of a hosted reasoning model sees of this run; beside it, if wanted, everything that was written for it. */
export function ResponseView({ run }: { run: RunView }) {
  const actions = useActions()
  const shown = useApp((state) => state.preferences.chain === 'shown')
  const facts = useMemo(() => responseFacts(run.tree), [run.tree])
  return (
    <div className={styles.view} data-shown={shown || undefined}>
      <section className={styles.response} aria-label="Response">
        <p className={styles.thinking} role="status">
          {thinkingWords(run, facts)}
        </p>
        <Summary run={run} facts={facts} />
        <Button
          icon="eye"
          pressed={shown}
          onClick={() => actions.preferences.set({ chain: shown ? 'hidden' : 'shown' })}
        >
          Show the chain
        </Button>
        <p className={styles.about}>
          {shown
            ? 'Left: what a user of a hosted reasoning model sees. Beside it: all that was written for it.'
            : 'A user of a hosted reasoning model sees no more than this: the chain stays hidden.'}
        </p>
      </section>
      {shown ? (
        <section className={styles.chain} aria-label="Chain">
          <Cost run={run} facts={facts} />
          <Chain run={run} facts={facts} />
        </section>
      ) : null}
    </div>
  )
}

/** `Thought for 1.2 s, 340 tokens`; the time is of the whole run, so it stands at its end alone. */
function thinkingWords({ status, cursor, events, measured }: RunView, { tokens }: ResponseFacts): string {
  const written = `${formatNumber(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`
  const time = measured.wallMs === 0 ? '' : `${formatDuration(measured.wallMs)}, `
  if (cursor < events.length) return `Thinking: ${written} so far`
  if (status === 'running') return `Thinking … ${time}${written} so far`
  if (status === 'paused') return `Paused while thinking: ${time}${written} so far`
  if (status === 'finished') return time === '' ? `Thought: ${written}` : `Thought for ${time}${written}`
  return `Stopped while thinking: ${time}${written}`
}

/** The path in the task's words, and its answer. */
function Summary({ run, facts }: { run: RunView; facts: ResponseFacts }) {
  const { tree, setup } = run
  const { finished } = tree
  const sentences = useMemo(() => {
    const said = facts.path.filter(({ text, forced }) => text !== '' && forced !== 'wait').map(({ text }) => text)
    return taskById(setup.task).summarize(said)
  }, [facts, setup.task])
  return (
    <>
      {sentences.length === 0 ? (
        <p className={styles.none}>
          {finished === null ? 'Nothing to sum up yet.' : 'There is no finished path to sum up.'}
        </p>
      ) : (
        <ol className={styles.summary} aria-label={finished === null ? 'Summary so far' : 'Summary'}>
          {sentences.map((sentence, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a sentence is its place
            <li key={index}>
              <OutsideText text={sentence} most={PARAGRAPH_CHARACTERS} bare />
            </li>
          ))}
        </ol>
      )}
      {finished === null ? null : (
        <p className={styles.answer}>
          {finished.answer === null ? 'No answer.' : <OutsideText text={finished.answer} most={PARAGRAPH_CHARACTERS} />}
        </p>
      )}
    </>
  )
}

/** What is not seen of it, in tokens, FLOPs and time. */
function Cost({ run, facts }: { run: RunView; facts: ResponseFacts }) {
  const { policy, reward } = run.tree.ledger
  const { tokens, pathTokens, written, path } = facts
  const dropped = written.filter((node) => !path.includes(node)).length
  const word = rewardWord(run.tree)
  const rows: readonly (readonly [string, string])[] = [
    ['Tokens of the path that is summed up', formatNumber(pathTokens)],
    [`Tokens tried and dropped, ${formatNumber(dropped)} steps`, formatNumber(tokens - pathTokens)],
    ['Share of the path', tokens === 0 ? '–' : formatPercent(pathTokens / tokens)],
    ['Run through the policy, prompt included', formatNumber(policy.executed)],
    ...(reward.executed === 0 ? [] : [[`Run through the ${word}`, formatNumber(reward.executed)] as const]),
    ['Compute', formatNumber(policy.flops + reward.flops, 'FLOP')],
  ]
  return (
    <dl className={styles.cost}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Every step in the order in which it came; those of the path are framed. Only those in view are in the page. */
function Chain({ run, facts }: { run: RunView; facts: ResponseFacts }) {
  const actions = useActions()
  const scroller = useRef<HTMLDivElement>(null)
  const { written, path } = facts
  const onPath = useMemo(() => new Set(path.map(({ id }) => id)), [path])
  const virtualizer = useVirtualizer({
    count: written.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (index) => written[index]?.id ?? index,
    overscan: 8,
  })
  if (written.length === 0) return <p className={styles.none}>No step is written yet.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    <div ref={scroller} className={styles.scroller} tabIndex={0}>
      <ol className={styles.steps} aria-label="Steps in their order" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start, key }) => {
          const node = written[index]
          if (!node) return null
          return (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              aria-setsize={written.length}
              aria-posinset={index + 1}
              className={styles.row}
              data-path={onPath.has(node.id) || undefined}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Step
                run={run}
                node={node}
                onPath={onPath.has(node.id)}
                select={() => actions.runs.select(run.id, node.id)}
              />
            </li>
          )
        })}
      </ol>
    </div>
  )
}

function Step({ run, node, onPath, select }: { run: RunView; node: TreeNode; onPath: boolean; select(): void }) {
  const times = node.count > 1 ? `, ${node.count} times` : ''
  return (
    <>
      <button type="button" className={styles.step} aria-pressed={run.selected === node.id} onClick={select}>
        <span className={styles.text}>
          <OutsideText text={stepLabel(node, run.tree).main || '⟨end⟩'} most={PARAGRAPH_CHARACTERS} bare />
        </span>
        <span className={styles.tokens}>
          {node.tokens.length} {node.tokens.length === 1 ? 'token' : 'tokens'}
          {times}
        </span>
      </button>
      <p className={styles.became}>
        {onPath ? 'On the path. ' : ''}
        <span className={styles.state}>
          Step {node.depth}
          {node.verdict === null ? '' : `, ${stateInWords(node)}`}.
        </span>{' '}
        <OutsideText text={whatBecame(node, run.tree)} most={PARAGRAPH_CHARACTERS} bare />
      </p>
    </>
  )
}
