import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastSave } from '../../training/run/saves.ts'
import { openRunDirectory } from '../run-directory.ts'

/** A command that is killed: what it leaves behind is compared with what an unbroken run of it writes. */
export interface KillScenario {
  readonly name: string
  /** @param folder what it writes goes there */
  args(folder: string): string[]
  /** What goes on after a kill: empty where the command is run again. */
  readonly resume: readonly string[]
  /** Files that are compared, byte by byte, once it is done. */
  readonly files: readonly string[]
  /** Lines of a problem, where `saved` counts lines; else 1. */
  readonly rows?: number
  /** How many lines, results or steps are saved after a kill: never fewer. Throws where what is there is not whole. */
  saved(folder: string, whole: string): Promise<number>
}

const CPU = ['--backend', 'cpu']
const SET = ['--difficulty', '3-numbers', ...CPU]

/** Lines of a file that grows: a beginning of the whole one, or nothing. */
function grownLines(folder: string, whole: string, file: string, rows: number): number {
  if (!existsSync(join(folder, file))) return 0
  const [own, all] = [folder, whole].map((where) => readFileSync(join(where, file), 'utf8'))
  if (own === undefined || all?.startsWith(own) !== true) throw new Error(`${file} is no beginning of the whole file`)
  if (own !== '' && !own.endsWith('\n')) throw new Error(`${file} has a torn line`)
  const lines = own.split('\n').length - 1
  if (lines % rows !== 0) throw new Error(`${file} has a group that is not whole`)
  return lines
}

/** A file that is there as the unbroken run writes it, or not at all. */
function isThere(folder: string, whole: string, file: string): number {
  if (!existsSync(join(folder, file))) return 0
  if (readFileSync(join(folder, file)).equals(readFileSync(join(whole, file)))) return 1
  throw new Error(`${file} is there and not whole`)
}

function growing(name: string, file: string, rows: number, args: (out: string) => string[]): KillScenario {
  return {
    name,
    args: (folder) => [...args(join(folder, file)), ...CPU],
    resume: ['--resume'],
    files: [file],
    rows,
    saved: async (folder, whole) => grownLines(folder, whole, file, rows),
  }
}

function training(name: string, recipe: object, exported: readonly string[]): KillScenario {
  return {
    name,
    args: (folder) => {
      const config = join(folder, 'recipe.json')
      writeFileSync(config, JSON.stringify(recipe))
      return ['train', '--objective', 'sft', '--config', config, '--out', folder, ...CPU]
    },
    resume: ['--resume'],
    files: exported,
    saved: async (folder, whole) => {
      for (const file of exported) isThere(folder, whole, file)
      if (!existsSync(join(folder, 'run'))) return 0
      const save = await lastSave(await openRunDirectory(join(folder, 'run')))
      if (save !== null && save.skipped.length > 0) throw new Error('a save is not whole')
      return save?.step ?? 0
    },
  }
}

const RECIPE = {
  model: 'countdown-policy',
  steps: 6,
  batch: 2,
  saveEvery: 1,
  evaluateEvery: 2,
  evaluateProblems: 2,
  passTokens: 256,
  data: { source: 'generated', problems: 12 },
}
const nothingSaved = async (): Promise<number> => 0

/** @param inputs a rollout file and a file of steps to score, whole, and a file of token ids */
export function killScenarios(inputs: {
  readonly rollouts: string
  readonly steps: string
  readonly ids: string
}): KillScenario[] {
  const { rollouts, steps, ids } = inputs
  return [
    growing('rollout', 'rollouts.jsonl', 4, (out) => [
      ...['rollout', '--generate', '40', '--n', '4', '--concurrency', '3', ...SET, '--out', out],
    ]),
    growing('rollout of a large generated set', 'large.jsonl', 2, (out) => [
      ...['rollout', '--generate', '4000', '--limit', '20', '--n', '2', '--concurrency', '2', ...SET, '--out', out],
    ]),
    growing('label monte-carlo', 'soft.jsonl', 3, (out) => [
      ...['label', '--input', rollouts, '--method', 'monte-carlo', '--k', '4', '--concurrency', '2', '--out', out],
    ]),
    growing('label omega', 'trees.jsonl', 1, (out) => [
      ...['label', '--input', rollouts, '--method', 'omega', '--tree', '--k', '4', '--concurrency', '2', '--out', out],
    ]),
    growing('label exact', 'exact.jsonl', 3, (out) => [
      ...['label', '--input', rollouts, '--method', 'exact', '--out', out],
    ]),
    {
      name: 'eval',
      args: (folder) => [
        ...['eval', '--generate', '20', '--strategies', 'greedy-decoding,beam', '--concurrency', '3', ...SET],
        ...['--out', join(folder, 'eval.json')],
      ],
      resume: ['--resume'],
      files: ['eval.json'],
      saved: async (folder, whole) => {
        if (isThere(folder, whole, 'eval.json') === 1) return 40
        const file = join(folder, 'eval.json.unfinished.jsonl')
        if (!existsSync(file)) return 0
        const lines = readFileSync(file, 'utf8').split('\n')
        if (lines.pop() !== '') throw new Error('a torn line')
        const { results } = JSON.parse(readFileSync(join(whole, 'eval.json'), 'utf8'))
        for (const [index, line] of lines.entries()) {
          const same = JSON.stringify(JSON.parse(line).result) === JSON.stringify(results[index])
          if (!same) throw new Error(`result ${index} is another`)
        }
        return lines.length
      },
    },
    {
      name: 'score',
      args: (folder) => ['score', '--input', steps, '--out', join(folder, 'scores.jsonl'), ...CPU],
      resume: [],
      files: ['scores.jsonl'],
      // It begins anew, so what is there may become less.
      saved: async (folder, whole) => grownLines(folder, whole, 'scores.jsonl', 1) * 0,
    },
    {
      name: 'logits',
      args: (folder) => [
        ...['logits', '--model', 'public/checkpoints/countdown-policy', '--ids', ids, ...CPU],
        ...['--out', join(folder, 'logits.safetensors')],
      ],
      resume: [],
      files: ['logits.safetensors'],
      saved: async (folder, whole) => isThere(folder, whole, 'logits.safetensors'),
    },
    {
      name: 'search',
      args: () => ['search', '--problem', '3 5 7 2 > 24', '--n', '64', '--json', ...CPU],
      resume: [],
      files: [],
      saved: nothingSaved,
    },
    {
      name: 'judge',
      args: () => ['judge', '--input', rollouts, '--json', ...CPU],
      resume: [],
      files: [],
      saved: nothingSaved,
    },
    training('train with saves', RECIPE, ['model/model.safetensors', 'model/config.json']),
    training(
      'train and export an adapter',
      { ...RECIPE, steps: 2, method: { kind: 'low-rank', rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] } },
      ['model/model.safetensors', 'adapter/adapter_model.safetensors', 'adapter/adapter_config.json'],
    ),
  ]
}

/** Files that a killed write left beside its place. */
export function leftParts(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.part'))
}
