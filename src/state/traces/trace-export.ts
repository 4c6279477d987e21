import { fileStem } from '../../core/file-stem.ts'
import { writeTraces } from '../../formats/traces/read-traces.ts'
import { traceFormat } from '../../formats/traces/registry.ts'
import type { StoredTrace } from '../../storage/stored-traces.ts'
import { hardSteps, labelsOf, truthOf } from './trace-labels.ts'
import type { TraceShelf } from './trace-shelf.ts'
import type { ExportFormat, LabelKind, Trace, TracesState } from './traces-state.ts'

/** Traces as rows of a format, each with its row as it came where it is of that format and nothing of it changed. */
export async function exportRows(
  chosen: readonly Trace[],
  shelf: TraceShelf,
  made: TracesState['made'],
  format: ExportFormat,
  labels: LabelKind | 'any',
): Promise<{ readonly name: string; readonly text: string; readonly left: number; readonly cut: number }> {
  const found = traceFormat(format)
  if (!found) throw new RangeError(`there is no format ${format}`)
  const bySet = new Map<string, Map<number, Trace>>()
  for (const trace of chosen) {
    const own = bySet.get(trace.set) ?? new Map<number, Trace>()
    bySet.set(trace.set, own.set(trace.index, trace))
  }
  const whole: StoredTrace[] = []
  for (const [set, wanted] of bySet) {
    for await (const { first, traces } of shelf.read(set)) {
      for (const [at, stored] of traces.entries()) {
        const trace = wanted.get(first + at)
        if (trace) whole.push(withLabels(stored, trace, made, labels))
      }
    }
  }
  const held = NEEDS_EVERY_STEP.has(format) ? whole.map(labelledPart) : whole
  const cut = held.filter((trace, index) => trace.steps.length < (whole[index]?.steps.length ?? 0)).length
  const { text, left } = writeTraces(found, held)
  return { name: `${fileStem(`traces ${found.name}`)}.jsonl`, text, left, cut }
}

/** Formats whose rows have a label for each step. */
const NEEDS_EVERY_STEP: ReadonlySet<ExportFormat> = new Set(['trl-stepwise', 'math-shepherd'])

/** The trace up to its last step that has a label, where those behind it have none; as it is where the first has none. */
function labelledPart(trace: StoredTrace): StoredTrace {
  const labels = trace.labels ?? hardSteps(trace.steps.length, trace.firstError)
  const from = labels.indexOf(null)
  const end = from < 0 ? labels.length : from
  if (end === 0 || labels.slice(end).some((label) => label !== null)) return trace
  return { ...trace, labels: labels.slice(0, end), steps: trace.steps.slice(0, end) }
}

/** The trace with labels in place of its file's; as it came where there are none, or where they are the file's. */
function withLabels(
  stored: StoredTrace,
  trace: Trace,
  made: TracesState['made'],
  kind: LabelKind | 'any',
): StoredTrace {
  const labels = kind === 'any' ? truthOf(trace, made, kind) : labelsOf(kind, trace, made)
  if (labels === null || labels.kind === 'file') return stored
  return { ...stored, labels: labels.steps, firstError: labels.firstError }
}
