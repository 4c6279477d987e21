import { savedModelName } from '../../formats/training-names.ts'
import { recipeWords, usesField } from '../../formats/used-fields.ts'
import { objectiveById, scoredRole } from '../../objectives/registry.ts'
import type { TrainingEntry, TrainingSummary } from '../../worker/protocol.ts'
import type { EngineState } from '../models/engine-state.ts'
import type { TrainingRun } from './training-state.ts'

/** A run as listed, before its log is read. */
export function unreadRun(summary: TrainingSummary): TrainingRun {
  return {
    ...summary,
    read: false,
    phase: null,
    points: [],
    evaluations: [],
    log: [],
    error: null,
    adapter: null,
    trainedWeights: null,
  }
}

/** Takes over what is listed of a run now; what it told stays. */
export function relistRun(run: TrainingRun, summary: TrainingSummary): TrainingRun {
  const { read, phase, points, evaluations, log, error, adapter, trainedWeights } = run
  return { ...summary, read, phase, points, evaluations, log, error, adapter, trainedWeights }
}

/** A run with all that its log tells. */
export function readRun(run: TrainingRun, entries: readonly TrainingEntry[]): TrainingRun {
  const told = applyEntries({ ...unreadRun(run as TrainingSummary), savedStep: null }, entries)
  // A save may have been made whose entry was not.
  return { ...told, read: true, status: run.status, savedStep: run.savedStep }
}

/** A run that branched off another after a step: it has the same past. */
export function historyUpTo(run: TrainingRun, parent: TrainingRun, step: number): TrainingRun {
  return {
    ...run,
    points: parent.points.filter((point) => point.step <= step),
    evaluations: parent.evaluations.filter((evaluation) => evaluation.step <= step),
  }
}

/**
 * The run after these entries. A start at a step that is there already takes back what came after the save that it starts
 * from: the charts then show the steps that the weights have seen.
 */
export function applyEntries(run: TrainingRun, entries: readonly TrainingEntry[]): TrainingRun {
  let { phase, error, adapter, trainedWeights, savedStep, step } = run
  let points = [...run.points]
  let evaluations = [...run.evaluations]
  const log = [...run.log]
  for (const entry of entries) {
    const { event } = entry
    switch (event.type) {
      case 'started':
        points = points.filter((point) => point.step < event.step)
        evaluations = evaluations.filter((evaluation) => evaluation.step < event.step)
        step = event.step - 1
        phase = null
        error = null
        adapter = event.adapter
        trainedWeights = event.trainedWeights
        break
      case 'phase':
        phase = event.done < event.total ? { name: event.name, done: event.done, total: event.total } : null
        break
      case 'step': {
        const { type: _type, ...point } = event
        points.push(point)
        step = event.step
        phase = null
        continue
      }
      case 'evaluated':
        evaluations.push({ step: event.step, metrics: event.metrics, samples: event.samples })
        phase = null
        continue
      case 'saved':
        savedStep = event.step
        break
      case 'finished':
        continue
      case 'ended':
        phase = null
        error = event.error ?? null
        break
    }
    const last = log.at(-1)?.event
    if (event.type === 'phase' && last?.type === 'phase' && last.name === event.name) log.pop()
    log.push(entry)
  }
  return { ...run, phase, points, evaluations, log, error, adapter, trainedWeights, savedStep, step }
}

export function isUnderWay({ status }: Pick<TrainingRun, 'status'>): boolean {
  return status === 'running' || status === 'pausing' || status === 'paused' || status === 'stopping'
}

/** The last save as it is offered among the models; null before the first. */
export function trainedModel(
  run: Pick<TrainingRun, 'id' | 'title' | 'savedStep' | 'recipe' | 'storedBytes'>,
): EngineState['ownModels'][number] | null {
  if (run.savedStep === null) return null
  const { trains } = objectiveById(run.recipe.objective)
  const implicit = trains === 'implicit-reward-model'
  return {
    kind: 'trained',
    id: run.id,
    name: savedModelName(run.title, run.savedStep),
    run: run.title,
    role: trains === 'policy' ? 'policy' : scoredRole(run.recipe.objective),
    bytes: run.storedBytes,
    ...(implicit ? { implicit } : {}),
  }
}

/** What is left of a run's saves, in words for a list; null where there is one. */
export function unsavedWords(
  run: Pick<TrainingRun, 'savedStep' | 'savesGone' | 'status' | 'elsewhere' | 'log'>,
): 'Its saves are gone' | 'Not saved yet' | 'It ended before its first save' | null {
  if (run.savedStep !== null) return null
  if (isUnderWay(run) || run.elsewhere) return 'Not saved yet'
  // Where its worker died, the record knows less than the log.
  const gone = run.savesGone || run.log.some(({ event }) => event.type === 'saved')
  return gone ? 'Its saves are gone' : 'It ended before its first save'
}

/** Seconds until the last step, at the pace of the last ones; null before there is one. */
export function secondsLeft(run: Pick<TrainingRun, 'points' | 'recipe' | 'step'>): number | null {
  const recent = run.points.slice(-20).map(({ seconds }) => seconds)
  if (recent.length === 0) return null
  const pace = recent.reduce((sum, seconds) => sum + seconds, 0) / recent.length
  return pace * Math.max(0, run.recipe.steps - run.step)
}

export { usesField }

/** What is to be said of a recipe before it runs, and beside its run. */
export function recipeWarning(recipe: TrainingRun['recipe']): string | null {
  return recipeWords(recipe)
}
