import { fileStem } from '../../core/file-stem.ts'
import { writeTraces } from '../../formats/traces/read-traces.ts'
import { traceFormat } from '../../formats/traces/registry.ts'
import type { StoredTrace } from '../../storage/stored-traces.ts'
import { labelsOf, truthOf } from './trace-labels.ts'
import type { TraceShelf } from './trace-shelf.ts'
import type { ExportFormat, LabelKind, Trace, TracesState } from './traces-state.ts'

/** Traces as rows of a format, each with its row as it came where it is of that format and nothing of it changed. */
export async function exportRows(
  chosen: readonly Trace[],
  shelf: TraceShelf,
  made: TracesState['made'],
  format: ExportFormat,
  labels: LabelKind | 'any',
): Promise<{ readonly name: string; readonly text: string; readonly left: number }> {
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
  const { text, left } = writeTraces(found, whole)
  return { name: `${fileStem(`traces ${found.name}`)}.jsonl`, text, left }
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
