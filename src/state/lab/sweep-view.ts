import type { ErrorDetails } from '../../core/errors.ts'
import { readSweepConfig } from '../../formats/sweep.ts'
import type { ListedSweep } from '../../storage/sweep-storage.ts'
import type { SweepConfig } from '../../sweep/config.ts'
import { taskName } from '../search/task-tools.ts'
import type { LabModels, SweepView } from './lab-state.ts'

/** A kept sweep as it is listed; null where its config cannot be read. */
export function sweepView(record: ListedSweep, tab: string | null): SweepView | null {
  const config = configOf(record.config)
  if (config === null) return null
  const { id, title, createdAt, status, problemCount, total, count, errors, seconds, owner } = record
  const elsewhere = owner !== null && owner !== tab && (status === 'running' || status === 'paused')
  return {
    id,
    title,
    createdAt,
    status,
    config,
    models: record.models as unknown as readonly LabModels[],
    problemCount,
    total,
    count,
    errors,
    seconds,
    error: (record.error ?? null) as ErrorDetails | null,
    elsewhere,
    unsaved: null,
  }
}

function configOf(value: unknown): SweepConfig | null {
  try {
    return readSweepConfig(value)
  } catch {
    return null
  }
}

/** `Countdown, 3 numbers: 20 problems × 11 searches` */
export function sweepTitle(config: SweepConfig, problems: number, searches: number, setName: string | null): string {
  const { task, problems: choice } = config
  const of = choice.source === 'generated' ? choice.difficulty : (setName ?? choice.file)
  return `${taskName(task)}, ${of}: ${problems} problems × ${searches} searches`
}

/** Names of models for a person. */
export function modelsName({ policy, reward, outcome }: LabModels): string {
  return [policy.name, ...(reward ? [reward.name] : []), ...(outcome ? [outcome.name] : [])].join(' + ')
}
