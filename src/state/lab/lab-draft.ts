import { describeError, toErrorDetails } from '../../core/errors.ts'
import { readSweepConfig } from '../../formats/sweep.ts'
import { strategyName, usesRewardModel } from '../../search/settings.ts'
import type { SweepConfig } from '../../sweep/config.ts'
import type { AppState } from '../app-state.ts'
import { taskOfBundled } from '../models/bundled-models.ts'
import { taskName } from '../search/task-tools.ts'
import { EditHistory } from '../session/edit-history.ts'
import { defaultSweep } from './default-sweep.ts'
import type { LabDraft, ProblemSet } from './lab-state.ts'

/** What a draft is checked against. */
export interface DraftSurroundings {
  readonly sets: readonly ProblemSet[]
  /** Whether a model is offered here. */
  readonly knows: (id: string, part: 'policy' | 'reward') => boolean
}

/** What the next sweep will do, with undo. */
export class LabDraftEditor {
  private readonly edits: EditHistory<SweepConfig>
  private readonly show: (draft: LabDraft) => void
  private readonly surroundings: () => DraftSurroundings
  private current: SweepConfig

  constructor(
    initial: SweepConfig,
    now: () => number,
    show: (draft: LabDraft) => void,
    surroundings: () => DraftSurroundings,
  ) {
    this.current = initial
    this.edits = new EditHistory(now)
    this.show = show
    this.surroundings = surroundings
  }

  get config(): SweepConfig {
    return this.current
  }

  change(change: Partial<SweepConfig>, kind: string | null): void {
    this.edits.record(this.current, kind)
    this.current = { ...this.current, ...change }
    this.present()
  }

  /** As it was at the last visit: nothing to undo. */
  restore(config: SweepConfig): void {
    this.current = config
    this.present()
  }

  /** Another task was chosen for searches: a draft that nobody has edited is of that one. */
  followTask(task: string): void {
    if (JSON.stringify(this.current) === JSON.stringify(defaultSweep(this.current.task)))
      this.restore(defaultSweep(task))
  }

  undo(): void {
    this.take(this.edits.undo(this.current))
  }

  redo(): void {
    this.take(this.edits.redo(this.current))
  }

  /** Shows it again: what it is checked against has changed. */
  present(): void {
    const { current, edits } = this
    this.show({
      config: current,
      errors: draftErrors(current, this.surroundings()),
      canUndo: edits.canUndo,
      canRedo: edits.canRedo,
    })
  }

  private take(config: SweepConfig | null): void {
    if (!config) return
    this.current = config
    this.present()
  }
}

/** What of a config cannot run here, by its part. */
export function draftErrors(config: SweepConfig, { sets, knows }: DraftSurroundings): Readonly<Record<string, string>> {
  const errors: Record<string, string> = {}
  try {
    readSweepConfig(config)
  } catch (error) {
    const { place, ...details } = toErrorDetails(error)
    errors[place?.field ?? 'config'] = describeError(details)
  }
  const { task, problems, lines, models } = config
  if (problems.source === 'file' && !sets.some(({ hash }) => hash === problems.hash)) {
    errors.problems =
      problems.hash === null
        ? 'Choose a problem set, or a file.'
        : `The problems of ${problems.file} are not in this browser: open the file.`
  }
  const asking = lines.find(({ strategy }) => usesRewardModel(strategy))
  for (const [index, { policy, reward, outcome }] of models.entries()) {
    const wrong = modelsError(task, policy, [reward, outcome ?? null], knows)
    if (wrong !== null) errors[`models.${index}`] = wrong
    else if (reward === null && asking) {
      errors[`models.${index}`] = `${strategyName(asking.strategy)} needs a reward model: choose one, or leave it out.`
    }
  }
  return errors
}

function modelsError(
  task: string,
  policy: string,
  rewards: readonly (string | null)[],
  knows: DraftSurroundings['knows'],
): string | null {
  if (!knows(policy, 'policy')) return `The policy ${policy} is not in this browser: choose another.`
  const missing = rewards.find((reward) => reward !== null && !knows(reward, 'reward'))
  if (missing) return `The reward model ${missing} is not in this browser: choose another.`
  const madeFor = taskOfBundled(policy)
  return madeFor === undefined || madeFor === task
    ? null
    : `${policy} was made for ${taskName(madeFor)}: choose a policy for ${taskName(task)}.`
}

/** The draft before anything was loaded. */
export function initialDraft(task: string): LabDraft {
  return { config: defaultSweep(task), errors: {}, canUndo: false, canRedo: false }
}

/** Why nothing can be started now; null where it can. */
export function startHindrance({ lab }: Pick<AppState, 'lab'>): string | null {
  const live = lab.sweeps.find(({ status, elsewhere }) => isLiveSweep(status) && !elsewhere)
  if (lab.starting) return 'Starting…'
  if (live) return 'A sweep is under way: one at a time has the device.'
  return Object.keys(lab.draft.errors).length > 0 ? 'Correct what is marked first.' : null
}

export const isLiveSweep = (status: string): boolean =>
  status === 'running' || status === 'paused' || status === 'loading' || status === 'waiting'
