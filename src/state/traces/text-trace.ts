import type { AskedProblem, StoredTrace } from '../../storage/stored-traces.ts'
import { createLabeler } from '../search/task-tools.ts'

/** A problem and its steps, one a line, as they were typed. */
export function traceOfText(problem: string, steps: string, asked: AskedProblem | null): StoredTrace {
  const lines = steps.split(/\r\n?|\n/).filter((line) => line.trim() !== '')
  const label = asked && createLabeler(asked)
  return {
    id: null,
    problem: problem.trim(),
    steps: lines,
    labels: null,
    firstError: null,
    answer: null,
    correct: null,
    subset: null,
    generator: null,
    scores: null,
    origin: { format: 'text', line: 1, row: null, index: 0 },
    asked,
    exact: label ? lines.map((_, index) => label(lines.slice(0, index + 1).map((line) => `${line}\n`)).label) : null,
  }
}
