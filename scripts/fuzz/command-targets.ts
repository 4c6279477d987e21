import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { runCli } from '../../src/cli/run-cli.ts'
import type { ErrorPlace } from '../../src/core/errors.ts'
import { StepscopeError } from '../../src/core/errors.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import { TINY_POLICY, TINY_REWARD } from './checkpoint-targets.ts'
import type { FileKind } from './mutate.ts'
import type { Target } from './target.ts'

/** A command that a mutant may make long is told to stop after this, and is expected to. */
const STOP_MS = 1500

/** How the file of results ends that are not all there yet; as good as any for other lines. */
const UNFINISHED = '.unfinished.jsonl'

const FOLDER = mkdtempSync(join(tmpdir(), 'stepscope-fuzz-'))
process.on('exit', () => rmSync(FOLDER, { recursive: true, force: true }))

const within = (name: string): string => join(FOLDER, name)
const model = ['--backend', 'cpu']
let commands = 0

async function writeModel(name: string, files: CheckpointFiles): Promise<string> {
  mkdirSync(within(name))
  for (const file of files.files)
    writeFileSync(join(within(name), file), await files.read(file, 0, await files.size(file)))
  return within(name)
}
const POLICY = await writeModel('policy', TINY_POLICY)
const REWARD = await writeModel('reward', TINY_REWARD)

async function run(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = ''
  let err = ''
  const output = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
    color: false,
    progress: false,
  }
  const code = await runCli([...args], output, AbortSignal.timeout(STOP_MS))
  return { code, out, err }
}

/** The command's last words as the error that they tell, or what it wrote. */
async function outcome(args: readonly string[]): Promise<string> {
  const { code, out, err } = await run(args)
  if (code === 0 || code === 130) return out
  const said = err.slice(err.lastIndexOf('stepscope: '))
  if (/\n\s+at /.test(said)) throw new Error(said)
  throw new StepscopeError({ code: 'bad-file', message: said, place: placeIn(said) })
}

/** Where a message says that it is: a path, a recipe's file by its name, or an example of data; then a line, a row or a field. */
function placeIn(said: string): ErrorPlace {
  const [, file = '', line, field] = /^stepscope: ([^,:]+)(?:, (?:line|row) (\d+))?(?:, ([^:]+))?: /.exec(said) ?? []
  if (!/\/|^example |^[\w-]+\.jsonl?$/.test(file)) return {}
  return {
    file,
    ...(line === undefined ? {} : { line: Number(line) }),
    // Data that was made has examples by number, and no file.
    ...(field === undefined ? (/^example \d/.test(file) ? { field: file } : {}) : { field }),
  }
}

function command(
  name: string,
  kind: FileKind,
  sample: string,
  args: (file: string, other: string) => string[],
  title = name,
): Target {
  return {
    name: `stepscope ${title}`,
    kind,
    sample: () => new TextEncoder().encode(sample),
    read: async (bytes) => {
      commands += 1
      const whole = within(`${commands}`)
      const file = `${whole}${kind === 'jsonl' ? UNFINISHED : '.json'}`
      const other = within(`${commands}.out`)
      writeFileSync(file, bytes)
      try {
        return await outcome([name, ...args(file, other)])
      } finally {
        for (const path of [file, other, whole]) rmSync(path, { recursive: true, force: true })
      }
    },
    silent: (_, found) =>
      /null|NaN/.test(String(found).replace(/"answer":null/g, '')) ? 'it wrote numbers that are none' : null,
  }
}

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const SCORED = lines([
  { problem: '3 5 7 > 15', steps: ['3+5=8 : 7 8', '8+7=15 : 15', 'A 15'] },
  { problem: '2 3 4 > 24', steps: ['2*3=6 : 4 6'] },
])
const PROBLEMS = lines([
  { numbers: [3, 5, 7], target: 15 },
  { numbers: [2, 3, 4], target: 24 },
])
const DATA = within('sft.jsonl')
writeFileSync(DATA, readFileSync('tests/fixtures/earlier/data/sft.jsonl'))
const RECIPE = JSON.stringify({
  objective: 'sft',
  model: POLICY,
  steps: 2,
  batch: 2,
  evaluateProblems: 0,
  maxTokens: 48,
  method: { kind: 'low-rank', rank: 1, targets: ['q_proj'] },
  data: { source: 'file', file: DATA },
  optimizer: { learningRate: 0.001, warmupSteps: 0 },
})
const EVAL = [
  ...['--policy', POLICY, '--generate', '3', '--difficulty', '3-numbers', '--strategies', 'greedy-decoding'],
  ...['--concurrency', '1', '--max-rounds', '2', '--max-step-tokens', '4', ...model],
]

/** The results of an evaluation that was interrupted after its first one. */
async function interruptedEval(): Promise<string> {
  const out = within('eval.json')
  const controller = new AbortController()
  const output = { out: () => {}, err: () => {}, color: false, progress: false, kept: () => controller.abort() }
  await runCli(['eval', ...EVAL, '--out', out], output, controller.signal)
  return readFileSync(`${out}${UNFINISHED}`, 'utf8')
}
const RESULTS = await interruptedEval()

const ROLLOUTS = readFileSync('tests/fixtures/earlier/data/rollouts.jsonl', 'utf8')
const few = ['--max-rounds', '2', '--max-step-tokens', '4']

/** Files of the command line, read by the whole command with models of some kilobytes. */
export const commandTargets: readonly Target[] = [
  command('score', 'jsonl', SCORED, (file) => ['--model', REWARD, '--input', file, ...model]),
  command('eval', 'jsonl', PROBLEMS, (file) => [
    ...['--policy', POLICY, '--problems', file, '--strategies', 'greedy-decoding'],
    ...[...few, ...model],
  ]),
  command(
    'eval',
    'jsonl',
    RESULTS,
    (file) => [...EVAL, '--out', file.slice(0, -UNFINISHED.length), '--resume'],
    'eval --resume',
  ),
  command('label', 'jsonl', ROLLOUTS, (file, out) => ['--input', file, '--method', 'exact', '--out', out]),
  command('judge', 'jsonl', ROLLOUTS, (file) => ['--input', file, '--prm', REWARD, '--json', ...model]),
  command('logits', 'json', '[[20, 2, 4, 3], [2, 4, 5, 1]]', (file, out) => [
    '--model',
    POLICY,
    '--ids',
    file,
    '--out',
    out,
    ...model,
  ]),
  command('train', 'json', RECIPE, (file, out) => ['--objective', 'sft', '--config', file, '--out', out, ...model]),
]
