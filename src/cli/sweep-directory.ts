import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { readJsonText } from '../core/json.ts'
import { parseWith } from '../formats/parse.ts'
import { readResults, readSweepFile, writeSweepFile } from '../formats/sweep.ts'
import type { ModelInfo } from '../search/models.ts'
import type { SweepConfig } from '../sweep/config.ts'
import type { ProblemFields } from '../sweep/problem-set.ts'
import { hashProblems, problemLines } from '../sweep/problem-set.ts'
import type { SweepResult } from '../sweep/result.ts'
import { ledgerOf } from '../sweep/result.ts'
import { tableOf } from '../sweep/table.ts'
import type { LineFile } from './append-file.ts'
import { continueLineFile } from './append-file.ts'
import { checkOutputFile, fileError, readTextFile, writeOutputFile } from './files.ts'

/** Results go to the disk together, about so often. */
const FLUSH_MS = 1000

/** Of a model, what results depend on. */
const modelSchema = z.object({
  id: z.string(),
  hash: z.string(),
  adapter: z.string(),
  weights: z.string().exactOptional(),
})
export type SweepModel = z.infer<typeof modelSchema>
const runSchema = z.object({
  problems: z.string(),
  models: z.record(z.string(), z.record(z.string(), modelSchema)),
})

export function sweepModel({ id, hash, adapter, weights }: ModelInfo): SweepModel {
  return { id, hash, adapter, ...(weights === undefined ? {} : { weights }) }
}

/** Where a sweep's files are: its config, its problems, its results as they come, and what they add up to. */
export class SweepDirectory {
  private readonly name: string
  private readonly lines: LineFile
  private readonly hash: string
  private readonly models: Record<string, Record<string, SweepModel>>
  /** The results' file. */
  get place(): string {
    return join(this.name, 'results.jsonl')
  }

  /** Those of before first. */
  readonly results: SweepResult[]
  private flushed: number

  private constructor(
    name: string,
    {
      lines,
      hash,
      models,
      results,
    }: Pick<SweepDirectory, 'results'> & {
      readonly lines: LineFile
      readonly hash: string
      readonly models: Record<string, Record<string, SweepModel>>
    },
  ) {
    this.name = name
    this.lines = lines
    this.hash = hash
    this.models = models
    this.results = results
    this.flushed = performance.now()
  }

  /**
   * Refuses, before any model is loaded, a folder that cannot take a sweep.
   * @throws StepscopeError where a sweep was begun there and is not to be continued, or with `resume` where none was
   */
  static async check(name: string, resume: boolean): Promise<void> {
    const begun = await stat(join(name, 'config.json')).then(
      () => true,
      () => false,
    )
    if (begun && !resume) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: 'A sweep was begun here already',
        place: { file: name },
        nextStep: 'Go on with --resume, or give another folder.',
      })
    }
    await mkdir(name, { recursive: true }).catch((cause: unknown) => {
      throw fileError(name, 'The folder cannot be made', cause)
    })
    await checkOutputFile(join(name, 'results.jsonl'))
  }

  /**
   * Begins a sweep, or goes on with one: its task and its models must be the same, and its problems; strategies, budgets and
   * seeds may be others, and what is known of them is kept. A line of results that a kill tore is cut off.
   */
  static async open(name: string, config: SweepConfig, problems: readonly ProblemFields[]): Promise<SweepDirectory> {
    const hash = await hashProblems(problems)
    const file = join(name, 'config.json')
    const begun = await stat(file).catch(() => null)
    let models: Record<string, Record<string, SweepModel>> = {}
    if (begun !== null) {
      const before = readSweepFile(await readTextFile(file), file)
      checkSame(before.task, config.task, { file, field: 'task' }, 'task')
      checkSame(JSON.stringify(before.models), JSON.stringify(config.models), { file, field: 'models' }, 'models')
      const run = await readRun(join(name, 'run.json'))
      checkSame(run.problems, hash, { file: join(name, 'run.json'), field: 'problems' }, 'problems')
      models = run.models
    } else {
      await writeOutputFile(join(name, 'problems.jsonl'), problemLines(problems))
      await writeOutputFile(join(name, 'run.json'), runText(hash, models))
    }
    await writeOutputFile(file, writeSweepFile(config))
    const place = join(name, 'results.jsonl')
    const { text, lines } = await continueLineFile(place)
    try {
      const results = text === '' ? [] : readResults(text, place)
      return new SweepDirectory(name, { lines, hash, models, results })
    } catch (error) {
      await lines.close()
      throw error
    }
  }

  /** Notes the models of a pair. @throws StepscopeError where they are not those that its results are of */
  async noteModels(pair: number, models: Readonly<Record<string, SweepModel>>): Promise<void> {
    const before = this.models[pair]
    const file = join(this.name, 'run.json')
    for (const [part, model] of Object.entries(models)) {
      const known = before?.[part]
      if (known)
        checkSame(JSON.stringify(known), JSON.stringify(model), { file, field: `models.${pair}.${part}` }, 'models')
    }
    this.models[pair] = { ...before, ...models }
    await writeOutputFile(file, runText(this.hash, this.models))
  }

  async add(result: SweepResult): Promise<void> {
    await this.lines.append([result])
    this.results.push(result)
    if (performance.now() - this.flushed < FLUSH_MS) return
    await this.lines.flush()
    this.flushed = performance.now()
  }

  /** Writes what the results add up to. */
  async summarize(): Promise<void> {
    const table = { version: 1, results: this.results.length, points: tableOf(this.results).points }
    await this.write('table.json', `${JSON.stringify(table, null, 1)}\n`)
    await this.write('ledger.json', `${JSON.stringify(ledgerOf(this.results), null, 1)}\n`)
  }

  /** Writes another file beside the results. */
  write(file: string, text: string): Promise<void> {
    return writeOutputFile(join(this.name, file), text)
  }

  close(): Promise<void> {
    return this.lines.close()
  }
}

async function readRun(file: string): Promise<z.infer<typeof runSchema>> {
  return parseWith(runSchema, readJsonText(await readTextFile(file), { place: { file }, what: 'file' }), file)
}

function runText(problems: string, models: object): string {
  return `${JSON.stringify({ problems, models }, null, 1)}\n`
}

function checkSame(
  before: string,
  now: string,
  place: { readonly file: string; readonly field: string },
  what: string,
): void {
  if (before === now) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: `The sweep was begun with other ${what === 'task' ? 'settings: its task is another' : what}`,
    expected: before,
    found: now,
    place,
    nextStep: `Give the ${what} that it was begun with, or another folder.`,
  })
}
