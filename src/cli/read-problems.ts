import { StepscopeError } from '../core/errors.ts'
import type { AnyTask } from '../tasks/registry.ts'
import { atLine, readJsonLines } from './files.ts'

/** Problems of a file, one a line. Errors name file and line. */
export async function readProblems(task: AnyTask, file: string): Promise<unknown[]> {
  const lines = await readJsonLines(file)
  if (lines.length === 0) {
    throw new StepscopeError({ code: 'bad-file', message: 'The file holds no problems', place: { file } })
  }
  return lines.map(({ line, value }) => {
    try {
      return task.readFields(value)
    } catch (error) {
      throw atLine(error, file, line)
    }
  })
}
