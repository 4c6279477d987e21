import { useMemo, useState } from 'react'
import { hashText } from '../../core/hash.ts'
import { plainText } from '../../core/outside-text.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { Measured } from '../../state/traces/trace-measures.ts'
import type { TrainingLabels } from '../../state/traces/training-rows.ts'
import { trainingRows } from '../../state/traces/training-rows.ts'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { isUnderWay, trainedModel } from '../../state/training/training-view.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Select } from '../../ui/select.tsx'
import { BeforeAfter } from './before-after.tsx'
import styles from './picture.module.css'
import { NotYet } from './slot-choice.tsx'
import { useMeasured } from './use-measured.ts'
import type { Room } from './use-room.ts'

const NAMES: Readonly<Record<TrainingLabels, string>> = {
  human: 'Labels by hand',
  exact: 'Exact labels',
  file: 'Labels of the file',
  'monte-carlo': 'Monte Carlo estimates',
  consensus: 'Consensus of Monte Carlo and others',
}
const KINDS = ['human', 'exact', 'file', 'monte-carlo', 'consensus'] as const

/** Data files of this room begin so, which is how its runs are told from others. */
const FILE_PREFIX = 'room-labels'

/** Of the problems: what is trained on; the rest shows what it is worth. */
const PARTS = ['half', 'all'] as const
type TrainedPart = (typeof PARTS)[number]

/** Labels become a training run of model A; what comes of it stands beside the model from before. */
export function TrainingPicture({ room }: { room: Room }) {
  const measured = useMeasured(room)
  const runs = useApp((state) => state.training.runs)
  const own = useMemo(() => runs.filter(({ dataFile }) => dataFile?.startsWith(FILE_PREFIX)), [runs])
  if (measured.traces.length === 0)
    return <NotYet title="No traces are listed">Add traces, or take a filter away.</NotYet>
  return (
    <div className={styles.picture}>
      <TrainOnLabels measured={measured} />
      {own.length > 0 ? (
        <section className={styles.side} aria-label="Runs of this room">
          <h3 className={styles.heading}>Trained here</h3>
          <ul className={styles.list}>
            {own.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </ul>
        </section>
      ) : null}
      <BeforeAfter measured={measured} heldOut={isHeldOut} />
    </div>
  )
}

/** The half of the problems that is not trained on where half of them are. */
function isHeldOut(problem: string): boolean {
  return hashText(problem) % 2 === 1
}

function TrainOnLabels({ measured }: { measured: Measured }) {
  const actions = useActions()
  const slot = useApp((state) => state.traces.slots.a)
  const { starting, refused } = useApp((state) => state.training)
  const busy = useApp((state) => state.training.runs.some(isUnderWay))
  const task = useApp((state) => state.session.task)
  const [kind, setKind] = useState<TrainingLabels>('human')
  const [part, setPart] = useState<TrainedPart>('half')
  const [steps, setSteps] = useState(60)
  const { traces, made } = measured
  const rows = useMemo(() => {
    const chosen = part === 'all' ? traces : traces.filter(({ problem }) => !isHeldOut(problem))
    return trainingRows(chosen, made, kind)
  }, [traces, made, kind, part])
  const start = async () => {
    if (!slot) return
    const { training } = actions
    // The task of most traces; their notation is what the file is written in.
    training.setTask(traces.find(({ asked }) => asked !== null)?.asked?.task ?? task)
    training.setObjective('process-reward')
    training.setField('model', slot.model.id)
    training.setField('steps', steps)
    training.setData(`${FILE_PREFIX}-${kind}-${rows.steps}.jsonl`, new Blob([rows.text]))
    await training.start()
  }
  return (
    <section className={styles.side} aria-label="Train on labels">
      <h3 className={styles.heading}>Train on labels</h3>
      <p className={styles.muted}>
        A copy of model A learns from the labels of the listed traces. The recipe stands on the{' '}
        <a href="#/train">training screen</a>, with its data file, and can be run again.
      </p>
      <div className={styles.bar}>
        <Select<TrainingLabels>
          label="Labels"
          value={kind}
          options={KINDS.map((value) => ({ value, label: NAMES[value] }))}
          onChange={setKind}
        />
        <Select<TrainedPart>
          label="Of"
          value={part}
          options={[
            { value: 'half', label: 'half of the problems' },
            { value: 'all', label: 'all problems' },
          ]}
          onChange={setPart}
        />
        <NumberField
          label="Steps"
          value={steps}
          min={1}
          max={2000}
          stops={[20, 60, 200, 500, 1000]}
          onChange={setSteps}
        />
        <Button
          variant="primary"
          icon="play"
          disabled={slot === null || rows.traces === 0 || starting || busy}
          onClick={() => void start()}
        >
          {`Train on ${rows.steps} labels`}
        </Button>
        {starting ? <Button onClick={actions.training.cancelStart}>Cancel</Button> : null}
      </div>
      <p className={styles.muted}>
        {rows.steps} labels of steps in {rows.traces} traces
        {rows.apart > 0 ? `; ${rows.apart} traces were left out, since the labels lie apart` : ''}.
        {slot === null ? ' Choose model A first.' : ''}
        {rows.traces === 0
          ? ' Label some steps: on the Trace tab by hand, on the Disagreements tab by completions.'
          : ''}
        {busy && !starting ? ' One run at a time: another is under way.' : ''}
      </p>
      {refused ? <ErrorNotice details={refused} /> : null}
    </section>
  )
}

/** A run of the room, and its model as model B. */
function RunRow({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const scoring = useApp((state) => state.traces.scoring !== null)
  const under = isUnderWay(run)
  const model = trainedModel(run)
  const beside = async () => {
    if (model === null) return
    actions.traces.setSlot('a', { model: run.models.model, scorer: null })
    actions.traces.setSlot('b', { model: { kind: model.kind, id: model.id, name: model.name }, scorer: null })
    await actions.traces.score('a')
    await actions.traces.score('b')
  }
  const done = run.points.length === 0 ? run.step : (run.points.at(-1)?.step ?? 0)
  return (
    <li className={styles.side}>
      <div className={styles.bar}>
        <OutsideText text={run.title} />
        {under ? null : (
          <Button icon="chart" disabled={model === null || scoring} onClick={() => void beside()}>
            Show before and after
          </Button>
        )}
        {under ? <Button onClick={() => void actions.training.stop(run.id)}>Stop</Button> : null}
      </div>
      {under ? (
        <Progress
          label={plainText(run.phase?.name ?? 'Training', 60)}
          of={run.id}
          value={done / run.recipe.steps}
          detail={`step ${done} of ${run.recipe.steps}`}
          estimate
        />
      ) : null}
      {run.error ? <ErrorNotice details={run.error} /> : null}
    </li>
  )
}
