import { useEffect, useRef, useState } from 'react'
import { PARAGRAPH_CHARACTERS, plainText } from '../../core/outside-text.ts'
import { TermWord } from '../../panels/term.tsx'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import type { TreeNode } from '../../search/tree.ts'
import { useActions, useApp, useDifferences, useRun } from '../../state/hooks.ts'
import type { Estimate, ProbeStep } from '../../state/search/probe-state.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Progress } from '../../ui/progress.tsx'
import { VisuallyHidden } from '../../ui/visually-hidden.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import styles from './monte-carlo.module.css'

/** Completions from this node, to check the PRM's score against what really happens. */
export function MonteCarlo({ run, node }: { run: RunView; node: TreeNode }) {
  const actions = useActions()
  const { estimates, steps, firstEdit, ...probe } = useApp((state) => state.probe)
  const open = probe.run === run.id && probe.node === node.id
  const edited = open && firstEdit !== null
  const ready = useApp((state) => state.engine.phase === 'ready')
  const [count, setCount] = useState(8)
  const here = estimates.filter(
    (estimate) => estimate.run === run.id && (edited ? startsFrom(estimate, steps) : estimate.node === node.id),
  )
  // Completions are by the models of now, and so is the score beside them, once it is known.
  const prm = edited || (open && probe.status === 'ready') ? (steps.at(-1)?.score ?? null) : node.score
  return (
    <Panel title={edited ? 'Completions from the edited path' : 'Completions from here'}>
      <div className={styles.ask}>
        <NumberField
          label="Completions"
          value={count}
          min={1}
          max={256}
          stops={[1, 2, 4, 8, 16, 32, 64, 128, 256]}
          onChange={setCount}
        />
        <Button
          icon="play"
          disabled={!ready}
          onClick={() => {
            if (!open) actions.probe.open(run.id, node.id)
            void actions.probe.estimate(count)
          }}
        >
          Run
        </Button>
      </div>
      {here.length === 0 ? (
        <p className={styles.muted}>
          {ready ? (
            <>
              The policy finishes the solution several times: a{' '}
              <TermWord term="monteCarlo">Monte Carlo estimate</TermWord> to set against the PRM’s score.
            </>
          ) : (
            'Needs the models: they are not loaded.'
          )}
        </p>
      ) : null}
      {here.map((estimate) => (
        <EstimateResult key={estimate.id} estimate={estimate} prm={prm} />
      ))}
    </Panel>
  )
}

function startsFrom(estimate: Estimate, steps: readonly ProbeStep[]): boolean {
  return (
    estimate.prefix.length === steps.length &&
    steps.every((step, index) => estimate.prefix[index] === step.text + step.end)
  )
}

function EstimateResult({ estimate, prm }: { estimate: Estimate; prm: number | null }) {
  const actions = useActions()
  const { completions, count, correct, mean, interval, status } = estimate
  const over = status !== 'running' && status !== 'paused'
  const other = useDifferences(useRun(estimate.id)).find(({ what }) => what === 'policy')
  const host = useRef<HTMLDivElement>(null)
  const [asked] = useState(!over)
  // What was asked for comes into view where it appears, and again when its result stands there.
  useEffect(() => {
    if (asked) host.current?.scrollIntoView({ block: over ? 'center' : 'nearest' })
  }, [asked, over])
  return (
    <div ref={host} className={styles.result}>
      <VisuallyHidden>
        <span role="status">{over && asked ? `${correct} of ${completions.length} completions are right` : ''}</span>
      </VisuallyHidden>
      {status === 'running' || status === 'paused' ? (
        <Progress
          label="Completing"
          value={count === 0 ? null : completions.length / count}
          detail={`${completions.length} of ${count}`}
          onCancel={() => actions.probe.cancelEstimate(estimate.id)}
        />
      ) : null}
      {status === 'cancelled' ? (
        <p className={styles.muted}>
          Cancelled after {completions.length} of {count}.
        </p>
      ) : null}
      {estimate.error ? <ErrorNotice details={estimate.error} /> : null}
      {mean !== null && interval !== null ? (
        <p>
          <strong className={styles.mean}>{formatScore(mean)}</strong>{' '}
          <TermWord term="interval">
            {formatScore(interval.low)} to {formatScore(interval.high)}
          </TermWord>
          , {correct} of {completions.length} right
          {prm === null ? '' : `; the PRM says ${formatScore(prm)}`}
        </p>
      ) : null}
      {other ? (
        <p className={styles.muted}>
          By <OutsideText text={other.run} bare />, not by the policy of now.
        </p>
      ) : null}
      <ol className={styles.list}>
        {completions.map((completion, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: completions are only ever added; the sample's index is its identity
          <li key={index} className={styles.completion}>
            <VerdictMark correct={completion.correct} bare />
            <span className={styles.text} title={plainText(completion.explanation)}>
              <OutsideText text={completion.steps.map((step) => step.trim()).join(' ⏎ ')} most={PARAGRAPH_CHARACTERS} />
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}
