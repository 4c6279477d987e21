import { DEFAULT_TASK } from '../../core/default-task.ts'
import { StepscopeError } from '../../core/errors.ts'
import { orderedWork } from '../../core/ordered-work.ts'
import type { Prompt } from '../../core/prompt.ts'
import { bareStep, endedStep } from '../../core/step-text.ts'
import { EngineRewardModel } from '../../engine/reward-model.ts'
import { writeRows } from '../../formats/json-lines.ts'
import type { RewardModel } from '../../search/models.ts'
import { promptOf, taskById } from '../../tasks/registry.ts'
import { createLineFile } from '../append-file.ts'
import type { Command } from '../command.ts'
import type { CommandRewardModel } from '../engine.ts'
import { BACKEND_OPTION, MODEL_OPTIONS, modelFolders, openCommandRewardModel, WEIGHTS_OPTION } from '../engine.ts'
import type { JsonLine } from '../files.ts'
import { atLine, checkOutputFile, readJsonLines } from '../files.ts'
import type { Option } from '../options.ts'
import type { Output } from '../output.ts'
import { ProgressLine } from '../output.ts'
import { READING_OPTIONS } from '../reading-options.ts'

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
    tokens: {
      type: 'boolean',
      description: 'Adds "token_ids", as the model reads the line, and "positions", where its scores are read.',
    },
    ...READING_OPTIONS,
    'prm-reference': {
      type: 'string',
      value: 'DIR',
      description: 'The model that --model was trained from, for --reading implicit.',
    },
    'prm-beta': MODEL_OPTIONS['prm-beta'] as Option,
    ...WEIGHTS_OPTION,
    ...BACKEND_OPTION,
  },
  notes: [
    'A model that says one number of a whole response has one score for each line, and "reward", the number before its sigmoid.',
  ],
  run: async (options, output, signal) => {
    const task = taskById(options.text('task') ?? DEFAULT_TASK)
    const file = options.required('input')
    const inLines = task.notation !== undefined
    const lines = (await readJsonLines(file, 'responses')).map((line) => {
      try {
        const problem = task.parse(readProblem(line.value.problem))
        return { ...line, prompt: promptOf(task, problem), steps: readSteps(line, inLines) }
      } catch (error) {
        throw atLine(error, file, line.line)
      }
    })
    const out = options.text('out')
    if (out !== undefined) await checkOutputFile(out, [file, ...modelFolders(options)])
    const reward = await openCommandRewardModel(options, output, { task: task.id, signal })
    const progress = new ProgressLine(output)
    try {
      const results = scoreLines(reward, lines, { file, tokens: options.flag('tokens'), signal })
      await writeLines(results, out, output, (done) => {
        const all = lines.length
        progress.show(`Scored ${done} of ${all}`)
        const where = out ?? 'Standard output'
        output.kept?.(`${where} has the scores of the first ${done} of ${all} lines: run the command again for all.`)
      })
    } finally {
      progress.clear()
      reward.dispose()
    }
  },
}

interface ScoredLine extends JsonLine {
  readonly prompt: Prompt
  readonly steps: readonly string[]
}

/** The lines with their scores, in order; what fails is thrown after the lines before it. */
function scoreLines(
  { model, parts }: Pick<CommandRewardModel, 'model' | 'parts'>,
  lines: readonly ScoredLine[],
  { file, tokens, signal }: { readonly file: string; readonly tokens: boolean; readonly signal: AbortSignal },
): AsyncGenerator<object, void> {
  const [first] = parts
  const work = async ({ line, value, prompt, steps }: ScoredLine, _: number, ended: AbortSignal): Promise<object> => {
    try {
      const scored =
        first instanceof EngineRewardModel && first.wholes && steps.length > 0
          ? await scoreWhole(first, prompt, steps, ended)
          : { scores: await scoreSteps(model, prompt, steps, ended) }
      if (!tokens || first === undefined) return { ...value, ...scored }
      const { ids, positions } = first.write(prompt, steps)
      return { ...value, ...scored, token_ids: ids, positions }
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

async function scoreWhole(
  model: EngineRewardModel,
  prompt: Prompt,
  steps: readonly string[],
  signal: AbortSignal,
): Promise<object> {
  const { scores, outputs } = await model.read(prompt, steps, signal)
  return { scores, reward: outputs[0]?.[0] }
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

/** The steps, each with the newline that ends it. @param inLines whether the task's steps are lines */
function readSteps({ value: { steps } }: JsonLine, inLines: boolean): string[] {
  if (!Array.isArray(steps)) throw badField('steps', 'a list of texts', steps)
  return steps.map((step: unknown, index) => {
    // A model may have written an empty line: it is a step, and has a score.
    if (typeof step !== 'string') throw badField(`steps[${index}]`, 'a text', step)
    if (inLines && bareStep(step).includes('\n')) {
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
