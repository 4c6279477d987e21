import { createReadStream } from 'node:fs'
import type { ErrorDetails } from '../core/errors.ts'
import { readTraces } from '../formats/traces/read-traces.ts'
import type { Trace } from '../formats/traces/trace.ts'
import { fileError } from './files.ts'

/** A text file piece by piece. */
export async function* textOf(file: string): AsyncGenerator<string, void> {
  try {
    yield* createReadStream(file, { encoding: 'utf8' })
  } catch (cause) {
    throw fileError(file, 'The file cannot be read', cause)
  }
}

/**
 * All traces of a file.
 * @param leaveOut whether rows that are wrong are left out; they are then listed
 * @throws StepscopeError that names file, line and field
 */
export async function readTraceFile(
  file: string,
  leaveOut: boolean,
): Promise<{ readonly traces: readonly Trace[]; readonly bad: readonly ErrorDetails[] }> {
  const [traces, bad]: [Trace[], ErrorDetails[]] = [[], []]
  const onBad = leaveOut ? { onBad: (error: ErrorDetails) => void bad.push(error) } : {}
  for await (const row of readTraces(textOf(file), { file, ...onBad })) traces.push(...row.traces)
  return { traces, bad }
}
