import { StepscopeError } from '../../core/errors.ts'
import { writeTraces } from '../../formats/traces/read-traces.ts'
import { TRACE_FORMATS, traceFormat } from '../../formats/traces/registry.ts'
import type { Command } from '../command.ts'
import { checkOutputFile, writeOutputFile } from '../files.ts'
import { oneOf, readChoice } from '../options.ts'
import { readTraceFile } from '../trace-files.ts'

const WRITTEN = TRACE_FORMATS.flatMap(({ id, write }) => (write === undefined ? [] : [id]))

export const convert: Command = {
  name: 'convert',
  usage: '--input FILE --to FORMAT --out FILE.jsonl [options]',
  summary: 'Turns labelled traces of one project’s data set into rows of another’s.',
  options: {
    input: {
      type: 'string',
      value: 'FILE',
      required: true,
      description: `Rows of ${TRACE_FORMATS.map(({ name }) => name).join('; ')}: told by the fields of the first.`,
    },
    to: { ...oneOf(WRITTEN), value: WRITTEN.join('|'), required: true, description: 'What to write.' },
    out: { type: 'string', value: 'FILE.jsonl', required: true, description: 'JSON Lines.' },
    'leave-out': { type: 'boolean', description: 'Leaves out rows that cannot be read, and lists them.' },
  },
  notes: [
    'Traces that a format cannot hold, such as those without the labels that it needs, are counted and left out.',
  ],
  run: async (options, output) => {
    const [file, out] = [options.required('input'), options.required('out')]
    const format = traceFormat(readChoice('to', options.required('to'), WRITTEN))
    if (format === undefined) throw new TypeError('a format that is written is known')
    await checkOutputFile(out, [file])
    const { traces, bad } = await readTraceFile(file, options.flag('leave-out'))
    for (const { message, place } of bad) {
      output.err(`stepscope: ${file}, line ${place?.line}, ${place?.field ?? 'the row'}: ${message}. It is left out.\n`)
    }
    const { text, left } = writeTraces(format, traces)
    if (text === '') throw nothingFits(file, format.name, traces.length)
    await writeOutputFile(out, text)
    const rows = text.split('\n').length - 1
    output.out(
      `${rows} rows of ${format.name} from ${traces.length} traces${left === 0 ? '' : `; ${left} traces cannot be held`}\n`,
    )
  },
}

function nothingFits(file: string, name: string, traces: number): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: `No trace of the file can be written as ${name}`,
    expected: 'traces with the labels that it needs',
    found: `${traces} traces without`,
    place: { file },
    nextStep: 'Choose another format.',
  })
}
