import { DEFAULT_TASK } from '../../core/default-task.ts'
import { StepscopeError } from '../../core/errors.ts'
import { orderedWork } from '../../core/ordered-work.ts'
import type { Prompt } from '../../core/prompt.ts'
import { bareStep, endedStep } from '../../core/step-text.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { loadRewardModel } from '../../engine/load-model.ts'
import { writeRows } from '../../formats/json-lines.ts'
import type { RewardModel } from '../../search/models.ts'
import { promptOf, taskById } from '../../tasks/registry.ts'
import { createLineFile } from '../append-file.ts'
import { fromFolder } from '../checkpoint-directory.ts'
import type { Command } from '../command.ts'
import {
  BACKEND_OPTION,
  bundledFolder,
  modelFolders,
  openCommandBackend,
  readWeights,
  WEIGHTS_OPTION,
} from '../engine.ts'
import type { JsonLine } from '../files.ts'
import { atLine, checkOutputFile, readJsonLines } from '../files.ts'
import type { Output } from '../output.ts'
import { ProgressLine } from '../output.ts'

/** Lines scored together. */
const TOGETHER = 64

export const score: Command = {
  name: 'score',
  usage: '--input FILE.jsonl [--out FILE.jsonl] [options]',
  summary: 'Scores every step of given responses with a process reward model.',
  options: {
    model: {
      type: 'string',
      value: 'DIR',
      description: 'Hugging Face folder of the reward model (default: the bundled one).',
    },
    task: { type: 'string', value: 'NAME', description: `The task of the problems; default ${DEFAULT_TASK}.` },
    input: {
      type: 'string',
      value: 'FILE.jsonl',
      required: true,
      description: 'Lines {"problem": "3 5 7 2 > 24", "steps": ["3*5=15 : 7 2 15", …]}, steps without newline.',
    },
    out: {
      type: 'string',
      value: 'FILE.jsonl',
      description: 'The same lines with "scores", one a step; default: standard output.',
    },
    ...WEIGHTS_OPTION,
    ...BACKEND_OPTION,
  },
  run: async (options, output, signal) => {
    const task = taskById(options.text('task') ?? DEFAULT_TASK)
    const file = options.required('input')
    const weights = readWeights(options)
    const lines = (await readJsonLines(file, 'responses')).map((line) => {
      try {
        const problem = task.parse(readProblem(line.value.problem))
        return { ...line, prompt: promptOf(task, problem), steps: readSteps(line) }
      } catch (error) {
        throw atLine(error, file, line.line)
      }
    })
    const out = options.text('out')
    if (out !== undefined) await checkOutputFile(out, [file, ...modelFolders(options)])
    const directory = options.text('model') ?? bundledFolder(task.id, 'reward')
    const backend = await openCommandBackend(options, output)
    const progress = new ProgressLine(output)
    try {
      const model = await fromFolder(directory, (files) =>
        loadRewardModel(backend, files, { weights, signal }, createDecoder),
      )
      try {
        const results = scoreLines(model, lines, file, signal)
        await writeLines(results, out, output, (done) => {
          const all = lines.length
          progress.show(`Scored ${done} of ${all}`)
          const where = out ?? 'Standard output'
          output.kept?.(`${where} has the scores of the first ${done} of ${all} lines: run the command again for all.`)
        })
      } finally {
        model.model.dispose()
      }
    } finally {
      progress.clear()
      backend.dispose()
    }
  },
}

interface ScoredLine extends JsonLine {
  readonly prompt: Prompt
  readonly steps: readonly string[]
}

/** The lines with their scores, in order; what fails is thrown after the lines before it. */
function scoreLines(
  model: RewardModel,
  lines: readonly ScoredLine[],
  file: string,
  signal: AbortSignal,
): AsyncGenerator<object, void> {
  const work = async ({ line, value, prompt, steps }: ScoredLine, _: number, ended: AbortSignal): Promise<object> => {
    try {
      return { ...value, scores: await scoreSteps(model, prompt, steps, ended) }
    } catch (error) {
      throw atLine(error, file, line)
    }
  }
  return orderedWork(lines, TOGETHER, work, signal)
}

/** Writes rows as they come, to a file or to standard output: what is there stays where a later one fails. */
async function writeLines(
  rows: AsyncIterable<object>,
  file: string | undefined,
  output: Output,
  onRow: (done: number) => void,
): Promise<void> {
  const target = file === undefined ? null : await createLineFile(file)
  let done = 0
  try {
    for await (const row of rows) {
      if (target === null) output.out(writeRows([row]))
      else await target.append([row])
      onRow(++done)
    }
  } finally {
    await target?.close()
  }
}

async function scoreSteps(
  model: RewardModel,
  prompt: Prompt,
  steps: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  if (steps.length === 0) return []
  const { branch } = await model.open(prompt)
  try {
    const [scored] = await model.score([{ branch, steps }], signal)
    if (!scored) throw new RangeError('the reward model answered nothing')
    model.release(scored.branch)
    return scored.scores
  } finally {
    model.release(branch)
  }
}

function readProblem(value: unknown): string {
  if (typeof value === 'string') return value
  throw badField('problem', 'a text like "3 5 7 2 > 24"', value)
}

/** The steps, each with the newline that ends it. */
function readSteps({ value: { steps } }: JsonLine): string[] {
  if (!Array.isArray(steps)) throw badField('steps', 'a list of texts', steps)
  return steps.map((step: unknown, index) => {
    // A model may have written an empty line: it is a step, and has a score.
    if (typeof step !== 'string' || bareStep(step).includes('\n')) {
      throw badField(`steps[${index}]`, 'one line of text, without its newline', step)
    }
    return endedStep(step)
  })
}

function badField(field: string, expected: string, found: unknown): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The field cannot be used',
    expected,
    found: found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 60),
    place: { field },
  })
}
