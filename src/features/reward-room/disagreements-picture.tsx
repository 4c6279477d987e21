import { useMemo, useState } from 'react'
import { TermWord } from '../../panels/term.tsx'
import type { Disagreement, DisagreementEntry } from '../../rewards/disagreements.ts'
import { DISAGREEMENTS, disagreements } from '../../rewards/disagreements.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { weighedTraces } from '../../state/traces/trace-measures.ts'
import type { Trace } from '../../state/traces/traces-state.ts'
import { Button } from '../../ui/button.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Select } from '../../ui/select.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import styles from './picture.module.css'
import { NoScores, useSlotChoice } from './slot-choice.tsx'
import { traceName } from './trace-words.ts'
import { useMeasured } from './use-measured.ts'
import type { Room } from './use-room.ts'

const NAMES: Readonly<Record<Disagreement, string>> = {
  'high-but-fails': 'High score, completions fail',
  'low-but-succeeds': 'Low score, completions succeed',
  'right-by-wrong-steps': 'Right answer by a wrong step',
  'wrong-with-high-scores': 'Wrong answer, high scores throughout',
}

/** Rows of a list at first. */
const FIRST = 50
/** Traces that are labelled by completions at once. */
const SUSPICIOUS = 20

/** Where scores and what else is known disagree; each opens its trace. */
export function DisagreementsPicture({ room }: { room: Room }) {
  const actions = useActions()
  const threshold = useApp((state) => state.traces.view.threshold)
  const measured = useMeasured(room)
  const { slot, choice } = useSlotChoice(measured.scored)
  const weighed = useMemo(() => (slot === null ? [] : weighedTraces(measured, slot)), [measured, slot])
  const lists = useMemo(
    () => new Map(DISAGREEMENTS.map((kind) => [kind, disagreements(weighed, kind, threshold)])),
    [weighed, threshold],
  )
  const [asked, setChosen] = useState<Disagreement | null>(null)
  // Until a person says otherwise, one that there are some of.
  const chosen = asked ?? DISAGREEMENTS.find((kind) => lists.get(kind)?.length) ?? 'right-by-wrong-steps'
  const [shown, setShown] = useState(FIRST)
  if (slot === null) return <NoScores traces={measured.traces.length} />
  const list = lists.get(chosen) ?? []
  const open = (trace: Trace) => {
    actions.traces.select(trace.key)
    actions.traces.show('trace')
  }
  const needsRuns = chosen === 'high-but-fails' || chosen === 'low-but-succeeds'
  const labelled = weighed.some(({ monteCarlo }) => monteCarlo !== null)
  return (
    <div className={styles.picture}>
      <div className={styles.bar}>
        {choice}
        <Select<Disagreement>
          label="Disagreement"
          inline
          value={chosen}
          options={DISAGREEMENTS.map((kind) => ({
            value: kind,
            label: `${NAMES[kind]} (${lists.get(kind)?.length ?? 0})`,
          }))}
          onChange={setChosen}
        />
      </div>
      {list.length === 0 ? (
        <p className={styles.muted}>
          {needsRuns && !labelled
            ? 'No trace has Monte Carlo estimates yet: label some by completions, below.'
            : 'None among the listed traces.'}
        </p>
      ) : (
        <ol className={styles.list} aria-label={NAMES[chosen]}>
          {list.slice(0, shown).map((entry) => {
            const trace = measured.traces[entry.trace] as Trace
            return (
              <li key={trace.key}>
                <Entry trace={trace} entry={entry} kind={chosen} onOpen={() => open(trace)} />
              </li>
            )
          })}
        </ol>
      )}
      {list.length > shown ? (
        <Button variant="plain" onClick={() => setShown(shown + 4 * FIRST)}>
          Show more ({list.length - shown})
        </Button>
      ) : null}
      <Relabel traces={list.map(({ trace }) => measured.traces[trace] as Trace)} all={measured.traces} />
    </div>
  )
}

interface EntryProps {
  trace: Trace
  entry: DisagreementEntry
  kind: Disagreement
  onOpen(): void
}

function Entry({ trace, entry: { step, strength }, kind, onOpen }: EntryProps) {
  return (
    <button type="button" className={styles.entry} onClick={onOpen}>
      <OutsideText
        text={step === null ? trace.problem.trim() : `${step + 1}. ${trace.steps[step]?.trim() ?? ''}`}
        clip
        bare
      />
      <span className={styles.muted}>
        <OutsideText text={traceName(trace)} most={40} bare />
        {', '}
        {kind === 'right-by-wrong-steps' || kind === 'wrong-with-high-scores' ? 'score' : 'apart by'}{' '}
        <span className={styles.number}>{formatScore(strength)}</span>
      </span>
    </button>
  )
}

/** Monte Carlo labels for traces that are suspicious, or for those that have none. */
function Relabel({ traces, all }: { traces: readonly Trace[]; all: readonly Trace[] }) {
  const actions = useActions()
  const relabelling = useApp((state) => state.traces.relabelling)
  const made = useApp((state) => state.traces.made['monte-carlo'])
  const [completions, setCompletions] = useState(8)
  const suspicious = (traces.length > 0 ? traces : all.filter(({ key }) => !(key in made))).slice(0, SUSPICIOUS)
  return (
    <section className={styles.side} aria-label="Label by completions">
      <h3 className={styles.heading}>Label by completions</h3>
      <p className={styles.muted}>
        From every step the policy completes the solution several times: a{' '}
        <TermWord term="monteCarlo">Monte Carlo estimate</TermWord> beside the score. It takes the place of an earlier
        one.
      </p>
      {relabelling ? (
        <Progress
          label="Completing"
          value={relabelling.total === 0 ? null : relabelling.done / relabelling.total}
          detail={`${relabelling.done} of ${relabelling.total} traces`}
          estimate
          onCancel={actions.traces.cancelRelabelling}
        />
      ) : (
        <div className={styles.bar}>
          <NumberField
            label="Completions of each step"
            value={completions}
            min={1}
            max={256}
            stops={[4, 8, 16, 32, 64, 128, 256]}
            onChange={setCompletions}
          />
          <Button
            icon="play"
            disabled={suspicious.length === 0}
            onClick={() =>
              void actions.traces.relabel(
                suspicious.map(({ key }) => key),
                completions,
                1,
              )
            }
          >
            {traces.length > 0
              ? `Label the first ${suspicious.length} of this list`
              : `Label ${suspicious.length} traces`}
          </Button>
        </div>
      )}
    </section>
  )
}
