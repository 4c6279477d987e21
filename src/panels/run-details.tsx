import { useActions, useApp, useAppShallow } from '../state/hooks.ts'
import { choiceWords, modelName } from '../state/models/model-names.ts'
import type { RunView } from '../state/search/runs-state.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import { Popover } from '../ui/popover.tsx'
import styles from './run-details.module.css'
import { computedDifferently, computedRows, measuredRows, modelsOf } from './run-facts.ts'

/** How a run was computed, for who asks: machine, models, the engine's choices, and what it took. */
export function RunDetails({ run }: { run: RunView }) {
  return (
    <Popover label="How it was computed" trigger={<IconButton icon="info" label="How it was computed" />}>
      <Details run={run} />
    </Popover>
  )
}

function Details({ run }: { run: RunView }) {
  const engine = useApp((state) => state.engine)
  const made = modelsOf(run.events)
  const measured = measuredRows(run.measured, run.events.at(-1)?.ledger ?? run.tree.ledger)
  return (
    <div className={styles.details}>
      {made ? (
        <>
          <Facts title="Policy" rows={computedRows(made.policy, modelName(made.policy.id, engine))} />
          {made.reward ? (
            <Facts
              title={made.reward.kind === 'outcome' ? 'ORM' : 'PRM'}
              rows={computedRows(made.reward, modelName(made.reward.id, engine))}
            />
          ) : null}
        </>
      ) : (
        <p>The run ended before its first event: no model ran.</p>
      )}
      {measured.length > 0 ? <Facts title="Measured" rows={measured} /> : null}
      <OtherMachine run={run} />
    </div>
  )
}

function Facts({ title, rows }: { title: string; rows: readonly (readonly [string, string])[] }) {
  const engine = useApp((state) => state.engine)
  return (
    <section>
      <h3 className={styles.title}>{title}</h3>
      <dl className={styles.rows}>
        {rows.map(([name, value]) => (
          <div key={name} className={styles.row}>
            <dt>{name}</dt>
            <dd>
              <OutsideText text={choiceWords(value, engine)} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Says so where the same models compute otherwise here, and offers to run the search again; nothing where they do not. */
export function OtherMachine({ run }: { run: RunView }) {
  const actions = useActions()
  const [models] = useAppShallow(({ engine }) => [engine.phase === 'ready' ? engine.models : null])
  const differ = computedDifferently(modelsOf(run.events), models ?? null)
  if (differ === null || differ.length === 0 || run.source === 'live') return null
  return (
    <p className={styles.other}>
      Computed with another {differ.join(', ')} than here: run again, it gives the same tokens up to ties, and scores
      that may differ in their last digits.{' '}
      <Button icon="restart" onClick={() => void actions.runs.startAgain(run.id)}>
        Run it here
      </Button>
    </p>
  )
}
