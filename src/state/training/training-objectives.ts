import { ROW_FORMATS } from '../../formats/trl.ts'
import type { AnyObjective, ObjectiveId } from '../../objectives/registry.ts'
import { neededOfTask, objectiveById } from '../../objectives/registry.ts'
import type { LabelSettings } from '../../objectives/rows.ts'
import { ROW_KINDS } from '../../objectives/rows.ts'
import { taskById } from '../../tasks/registry.ts'

interface DataKind {
  /** What stands in the file, one sentence without its full stop. */
  readonly words: string
  /** A line of it. */
  readonly example: string
}

/** What a data file of the objective holds: rows as TRL has them, or problems of the task where the model samples itself. */
export function dataKind(id: ObjectiveId, taskId: string): DataKind {
  const objective = objectiveById(id)
  if (!objective.online) {
    const { name } = ROW_KINDS[objective.rows]
    return { words: `JSON Lines of ${name}, as TRL has them`, example: ROW_FORMATS[objective.rows].example }
  }
  const { name, parse, withGold, fields, example } = taskById(taskId)
  const problem = parse(example)
  const known = withGold === null ? problem : withGold(problem, '42')
  return {
    words: `JSON Lines of problems of ${name}${withGold === null ? '' : ', with gold answers'}`,
    example: JSON.stringify(fields(known)),
  }
}

/** Whether two objectives learn from files of one kind, or might: both from rows, or both from problems. */
export function sharesFiles(one: ObjectiveId, other: ObjectiveId): boolean {
  return objectiveById(one).online === objectiveById(other).online
}

/** Whether a task can make the data that an objective learns from. */
export function makesData(id: string, objective: AnyObjective, labels: LabelSettings): boolean {
  const task = taskById(id)
  return neededOfTask(objective, labels).every((capability) => task[capability] !== undefined)
}
