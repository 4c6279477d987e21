import { plainText } from '../../core/outside-text.ts'
import { objectiveById } from '../../objectives/registry.ts'
import { Figure } from '../../panels/figure.tsx'
import { RunName } from '../../panels/run-name.tsx'
import { useActions, useApp } from '../../state/hooks.ts'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { isUnderWay, recipeWarning, secondsLeft, unsavedWords } from '../../state/training/training-view.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Select } from '../../ui/select.tsx'
import { formatMetric } from '../../viz/layout/format-metric.ts'
import { formatBytes, formatDuration, formatNumber } from '../../viz/layout/format-number.ts'
import { ExportMenu } from './export-menu.tsx'
import styles from './run-head.module.css'

const STATUS_WORDS: { readonly [K in TrainingRun['status']]: string } = {
  running: 'running',
  pausing: 'pausing after this step',
  paused: 'paused',
  stopping: 'saving, then stopping',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'stopped by an error',
  interrupted: 'interrupted',
}

/** Which run, how far it is, and what can be done with it. */
export function RunHead({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const runs = useApp((state) => state.training.runs)
  const { recipe, step, phase, parent } = run
  const underWay = isUnderWay(run)
  const left = underWay && !phase ? secondsLeft(run) : null
  const detail =
    left === null || run.status !== 'running'
      ? ''
      : `about ${formatDuration(Math.max(1, Math.round(left)) * 1000)} left`
  return (
    <header className={styles.head}>
      <div className={styles.top}>
        <h2 className={styles.title}>
          {run.elsewhere ? (
            <OutsideText text={run.title} />
          ) : (
            <RunName title={run.title} onRename={(title) => void actions.training.rename(run.id, title)} />
          )}{' '}
          <span className={styles.status} data-status={run.status}>
            {run.elsewhere ? 'running in another tab' : STATUS_WORDS[run.status]}
          </span>
        </h2>
        {runs.length > 1 ? (
          <div className={styles.picker}>
            <Select
              label="Run shown"
              hideLabel
              value={run.id}
              options={runs.map(({ id, title, status, step: at }) => ({
                value: id,
                label: `${title}: ${STATUS_WORDS[status]}, step ${at}`,
              }))}
              onChange={(id) => void actions.training.select(id)}
            />
          </div>
        ) : null}
        <Controls run={run} />
      </div>
      <p className={styles.about}>
        {objectiveById(recipe.objective).name} of <OutsideText text={run.models.model.name} />
        {recipe.method.kind === 'low-rank' ? `, LoRA of rank ${recipe.method.rank}` : ''}
        {parent
          ? `, branched from step ${parent.step} of ${plainText(runs.find(({ id }) => id === parent.id)?.title ?? parent.title)}`
          : ''}
        . {savedWords(run)} {recipeWarning(recipe)}
      </p>
      {phase ? (
        <Progress
          label={phase.name}
          value={phase.total === 0 ? null : phase.done / phase.total}
          detail={`${formatNumber(phase.done)} of ${formatNumber(phase.total)}`}
          estimate
          of={run.id}
        />
      ) : underWay && run.points.length === 0 ? (
        <Progress label="Getting ready" value={null} />
      ) : (
        <Progress label={`Step ${step} of ${recipe.steps}`} value={step / recipe.steps} detail={detail} />
      )}
      <Figures run={run} />
      <Problem run={run} />
    </header>
  )
}

function Controls({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const starting = useApp((state) => state.training.starting)
  const other = useApp((state) =>
    state.training.runs.some((one) => one.id !== run.id && isUnderWay(one) && !one.elsewhere),
  )
  const { id, status, savedStep, recipe, elsewhere } = run
  if (elsewhere) return null
  if (isUnderWay(run)) {
    return (
      <div className={styles.controls}>
        {status === 'running' ? (
          <Button icon="pause" onClick={() => actions.training.pause(id)}>
            Pause
          </Button>
        ) : (
          <Button icon="play" disabled={status === 'stopping'} onClick={() => actions.training.resume(id)}>
            Resume
          </Button>
        )}
        <Button icon="stop" variant="danger" onClick={() => void actions.training.stop(id)}>
          {status === 'stopping' ? 'Stop at once' : 'Stop'}
        </Button>
        <ModelButtons run={run} />
      </div>
    )
  }
  const open = savedStep === null || savedStep < recipe.steps
  return (
    <div className={styles.controls}>
      {open ? (
        <Button icon="play" disabled={starting || other} onClick={() => void actions.training.continue(id)}>
          {savedStep === null ? 'Start again' : `Continue from step ${savedStep}`}
        </Button>
      ) : null}
      <ModelButtons run={run} />
      <Button disabled={savedStep === null} onClick={() => actions.training.adopt(id, 'branch')}>
        Branch…
      </Button>
      <Button onClick={() => actions.training.adopt(id, 'anew')}>Use its recipe</Button>
      <Confirm
        label="Delete"
        name={run.title}
        question={`Free ${formatBytes(run.storedBytes)}? The run, its charts and its model go.`}
        onConfirm={() => void actions.training.remove(id)}
      />
    </div>
  )
}

/** What can be done with the last save. */
function ModelButtons({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const busy = useApp((state) => state.engine.phase === 'loading')
  const comparing = useApp((state) => ['before', 'after'].includes(state.training.trees?.status ?? ''))
  const none = run.savedStep === null
  return (
    <>
      <Button
        icon="tree"
        disabled={none || busy || comparing}
        onClick={() =>
          void actions.training.use(run.id).then((loaded) => {
            if (loaded) location.hash = '#/playground'
          })
        }
      >
        Open in the playground
      </Button>
      <Button disabled={none || busy || comparing} onClick={() => void actions.training.compareTrees(run.id)}>
        Trees before and after
      </Button>
      <ExportMenu run={run} />
    </>
  )
}

function Figures({ run }: { run: TrainingRun }) {
  const last = run.points.at(-1)
  const recent = run.points.slice(-20)
  const seconds = recent.reduce((sum, point) => sum + point.seconds, 0)
  const tokens = recent.reduce((sum, point) => sum + point.tokens, 0)
  const look = run.evaluations.findLast(({ metrics }) => 'eval/pass@1' in metrics || 'eval/auc' in metrics)
  const judged = look?.metrics['eval/pass@1'] ?? look?.metrics['eval/auc']
  const [low, high] = [look?.metrics['eval/pass@1/low'], look?.metrics['eval/pass@1/high']]
  const interval =
    low === undefined || high === undefined ? '' : ` 95 % interval ${formatMetric(low)} to ${formatMetric(high)}.`
  if (!last) return null
  return (
    <dl className={styles.figures}>
      <Figure
        name="Loss"
        value={last.metrics.loss === undefined ? '–' : formatMetric(last.metrics.loss)}
        why={`Of step ${last.step}; ${last.metrics.grad_norm === undefined ? '' : `its gradients’ norm was ${formatMetric(last.metrics.grad_norm)}.`}`}
      />
      {judged === undefined ? null : (
        <Figure
          name={look?.metrics['eval/pass@1'] === undefined ? 'AUC' : 'pass@1'}
          value={formatMetric(judged)}
          why={`On ${run.recipe.evaluateProblems} held-out problems, after step ${look?.step}.${interval}`}
        />
      )}
      <Figure
        name="Tokens/s"
        value={seconds > 0 ? formatNumber(tokens / seconds) : '–'}
        why={`Trained on, over the last ${recent.length} steps, sampling included.`}
      />
      <Figure
        name="Step"
        value={seconds > 0 ? formatDuration((seconds / recent.length) * 1000) : '–'}
        why={`Mean of the last ${recent.length} steps on ${run.adapter ?? 'this adapter'}.`}
      />
      {run.trainedWeights === null ? null : (
        <Figure
          name="Weights"
          value={formatNumber(run.trainedWeights)}
          why="Weights that move; frozen ones are not counted."
        />
      )}
      {/* Counted when a run rests. */}
      {isUnderWay(run) ? null : (
        <Figure
          name="On this device"
          value={formatBytes(run.storedBytes)}
          why="Its last two saves with the optimizer’s state, its data, its log, and its model once somebody has opened it."
        />
      )}
    </dl>
  )
}

/** What ended it, and the way back. */
function Problem({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const refused = useApp((state) => (state.training.starting ? null : state.training.refused))
  const { id, savedStep, error, status } = run
  if (isUnderWay(run)) return null
  if (status === 'interrupted') {
    return (
      <ErrorNotice
        tone="caution"
        details={{
          message: 'The page was closed, or its engine stopped, while this ran.',
          nextStep:
            savedStep === null
              ? `${unsavedWords(run)}: it starts again from its model.`
              : `Steps up to ${savedStep} are saved; it goes on from there, exactly as it would have.`,
        }}
      />
    )
  }
  const details = error ?? (status === 'failed' ? refused : null)
  if (!details) return null
  return (
    <ErrorNotice details={details}>
      {savedStep === null ? null : (
        <Button onClick={() => actions.training.adopt(id, 'branch')}>
          Go back to the last save (step {savedStep}) with other settings
        </Button>
      )}
      <Button onClick={() => actions.training.adopt(id, 'anew')}>Start anew with other settings</Button>
    </ErrorNotice>
  )
}

function savedWords(run: TrainingRun): string {
  const { savedStep, recipe } = run
  const unsaved = unsavedWords(run)
  if (unsaved === 'Its saves are gone') return `${unsaved} from this browser: only its recipe and charts are left.`
  if (unsaved === 'Not saved yet') return `${unsaved}; saves every ${recipe.saveEvery} steps.`
  if (unsaved !== null) return `${unsaved}.`
  return savedStep === recipe.steps ? `Saved at its last step.` : `Saved at step ${savedStep}.`
}
