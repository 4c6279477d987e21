import type { RowFormat } from '../../formats/json-lines.ts'
import { ROW_FORMATS } from '../../formats/trl.ts'
import type { AnyObjective, ObjectiveId } from '../../objectives/registry.ts'
import { neededOfTask, objectiveById } from '../../objectives/registry.ts'
import type { LabelSettings } from '../../objectives/rows.ts'
import { ROW_KINDS } from '../../objectives/rows.ts'
import { taskById } from '../../tasks/registry.ts'

interface DataKind {
  /** As TRL calls it. */
  readonly name: string
  readonly format: RowFormat<unknown>
}

/** What a data file of the objective holds; null where the model makes its data itself. */
export function dataKind(id: ObjectiveId): DataKind | null {
  const objective = objectiveById(id)
  return objective.online ? null : { name: ROW_KINDS[objective.rows].name, format: ROW_FORMATS[objective.rows] }
}

/** Whether a task can make the data that an objective learns from. */
export function makesData(id: string, objective: AnyObjective, labels: LabelSettings): boolean {
  const task = taskById(id)
  return neededOfTask(objective, labels).every((capability) => task[capability] !== undefined)
}
