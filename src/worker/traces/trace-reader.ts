import type { StreamedFile } from '../../core/chosen-file.ts'
import { streamChosen } from '../../core/chosen-file.ts'
import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { endedStep } from '../../core/step-text.ts'
import type { RolloutRow } from '../../formats/rollout-file.ts'
import type { RunFile } from '../../formats/run-file.ts'
import type { ReadRow } from '../../formats/traces/read-traces.ts'
import { readTraces } from '../../formats/traces/read-traces.ts'
import { TRACE_FORMATS } from '../../formats/traces/registry.ts'
import { ROLLOUTS } from '../../formats/traces/rollouts.ts'
import { RUN_PATHS } from '../../formats/traces/run-paths.ts'
import type { Trace, TraceFormat } from '../../formats/traces/trace.ts'
import { exactLabels } from '../../rewards/exact-labels.ts'
import type { AnyTask, ProblemText } from '../../tasks/registry.ts'
import { problemOf, TASKS } from '../../tasks/registry.ts'
import type { TaskTrace, TracePage } from './page-of-traces.ts'

/** Traces of a page, and characters of their texts: what the browser's page takes in without a pause that is felt. */
const PAGE_TRACES = 400
const PAGE_CHARACTERS = 200_000
/** Of a page's rows that cannot be read, so many are told; all are counted. */
const PAGE_BAD = 50

const FORMATS = [RUN_PATHS as TraceFormat, ROLLOUTS as TraceFormat, ...TRACE_FORMATS]

/** Files of traces that are being read, page by page as somebody asks. */
export class TraceReaders {
  private readonly open = new Map<string, TraceReader>()

  start(id: string, file: StreamedFile): void {
    this.close(id)
    this.open.set(id, new TraceReader(file))
  }

  /** @throws StepscopeError where the file is gone, or holds nothing */
  async next(id: string): Promise<TracePage> {
    const reader = this.open.get(id)
    if (!reader) throw new RangeError(`no file ${id} is being read`)
    const page = await reader.next()
    if (page.last) this.close(id)
    return page
  }

  close(id: string): void {
    this.open.get(id)?.close()
    this.open.delete(id)
  }
}

class TraceReader {
  private readonly controller = new AbortController()
  private readonly rows: AsyncGenerator<ReadRow, void>
  private readonly formats = new Set<string>()
  private bad: ErrorDetails[] = []
  private left = 0
  private read = 0
  private bytes = 0
  /** Tasks that could read every problem so far. */
  private tasks: readonly AnyTask[] = TASKS.filter(({ notation, label }) => notation && label)

  constructor(file: StreamedFile) {
    const onBad = (error: ErrorDetails) => {
      this.read += 1
      this.left += 1
      if (this.bad.length < PAGE_BAD) this.bad.push(error)
    }
    const whole = counted(file, (bytes) => {
      this.bytes += bytes
    })
    this.rows = readTraces(streamChosen(whole, this.controller.signal), { file: file.name, formats: FORMATS, onBad })
  }

  async next(): Promise<TracePage> {
    const traces: TaskTrace[] = []
    let last = false
    for (let characters = 0; traces.length < PAGE_TRACES && characters < PAGE_CHARACTERS && this.left < PAGE_TRACES; ) {
      const { done, value } = await this.rows.next()
      last = done === true
      if (done) break
      this.read += 1
      this.formats.add(value.format.name)
      for (const trace of value.traces) {
        traces.push(this.withTask(trace))
        characters += trace.problem.length + trace.steps.reduce((sum, { length }) => sum + length, 0)
      }
    }
    const { bad, left } = this
    this.bad = []
    this.left = 0
    return { traces, left, bad, rows: this.read, bytes: this.bytes, formats: [...this.formats], last }
  }

  close(): void {
    this.controller.abort()
    // What is left of the file is of no interest, nor whether it can be read.
    this.rows.return().catch(() => {})
  }

  private withTask(trace: Trace): TaskTrace {
    const { format, row } = trace.origin
    if (format === ROLLOUTS.id) return describeTrace(trace, askedOf(row as RolloutRow))
    if (format === RUN_PATHS.id) {
      // All paths are of one row, and it is never written as a row again.
      const origin = { ...trace.origin, row: null }
      return describeTrace({ ...trace, origin }, askedOf((row as Pick<RunFile, 'setup'>).setup))
    }
    this.tasks = this.tasks.filter((task) => canRead(task, trace.problem))
    const [task] = this.tasks
    return describeTrace(trace, task ? { task: task.id, problem: trace.problem } : null)
  }
}

function askedOf({ task, problem, fields }: ProblemText): ProblemText {
  return { task, problem, ...(fields === undefined ? {} : { fields }) }
}

/** A trace with what the task of its problem says of its steps; as it is where the task cannot read it. */
export function describeTrace(trace: Trace, asked: ProblemText | null): TaskTrace {
  if (asked === null) return { ...trace, asked, exact: null }
  try {
    const { task, problem } = problemOf(asked)
    const { label } = task
    const steps = trace.steps.map((step) => endedStep(step))
    const exact = label ? exactLabels(steps, (prefix) => label(problem, prefix)).map((right) => (right ? 1 : 0)) : null
    const correct = trace.correct ?? task.verify(problem, steps).correct
    return { ...trace, answer: trace.answer ?? task.gold(problem), correct, asked, exact }
  } catch (error) {
    if (toErrorDetails(error).code === 'internal') throw error
    return { ...trace, asked: null, exact: null }
  }
}

function canRead(task: AnyTask, problem: string): boolean {
  try {
    task.parse(problem)
    return true
  } catch {
    return false
  }
}

/** The file, whose bytes are counted as they are read. */
function counted(file: StreamedFile, onBytes: (count: number) => void): StreamedFile {
  const getReader = () => {
    const reader = file.stream().getReader()
    const read = async () => {
      const piece = await reader.read()
      onBytes(piece.value?.length ?? 0)
      return piece
    }
    return { read, cancel: () => reader.cancel() }
  }
  return { name: file.name, stream: () => ({ getReader }) }
}
