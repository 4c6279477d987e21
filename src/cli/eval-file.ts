import { rm, stat } from 'node:fs/promises'
import { z } from 'zod'
import { BOUNDS, bounded } from '../core/bounds.ts'
import { StepscopeError } from '../core/errors.ts'
import { ledger } from '../formats/event-schema.ts'
import type { Ledger } from '../search/events.ts'
import type { AppendFormat } from './append-file.ts'
import { openAppendFile } from './append-file.ts'
import { checkOutputFile, writeOutputFile } from './files.ts'

/** One problem under one strategy. */
export interface EvalResult {
  /** As written on the command line. */
  readonly strategy: string
  readonly problem: Readonly<Record<string, unknown>>
  readonly seed: number
  /** The whole text after the prompt. */
  readonly response: string
  /** Null where the problem has no gold answer. */
  readonly correct: boolean | null
  readonly ledger: Ledger
}

/** A line of the file of results that are not all there yet. */
interface EvalRow {
  /** Place among all results: by strategy, then problem. */
  readonly index: number
  readonly result: EvalResult
  readonly source: object
}

const FORMAT: AppendFormat<EvalRow> = {
  schema: z.object({
    index: bounded({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    result: z.object({
      strategy: z.string(),
      problem: z.record(z.string(), z.unknown()),
      seed: bounded(BOUNDS.seed),
      response: z.string(),
      correct: z.boolean().nullable(),
      ledger,
    }),
    source: z.looseObject({}),
  }),
  example: 'stepscope eval does',
  place: ({ index }) => ({ group: index, row: 0, rows: 1 }),
  source: ({ source }) => source,
  gaps: false,
}

/** Where results go as they come, until all are there. */
export interface ResultKeeper {
  /** Results that are kept from before. */
  readonly kept: readonly EvalResult[]
  add(result: EvalResult): Promise<void>
  /** What is safe, and how to go on; null where nothing is. */
  describe(): string | null
  /** Writes the whole file. */
  finish(text: string): Promise<void>
  close(): Promise<void>
}

export interface KeeperOptions {
  readonly resume: boolean
  /** What determines the results; must be the same for them to be continued. */
  readonly source: object
  /** Of each result, the strategy, the problem and the seed. */
  readonly expected: readonly Pick<EvalResult, 'strategy' | 'problem' | 'seed'>[]
}

/**
 * Keeps results beside `file`, in FILE.unfinished.jsonl, until all are there; then `file` is written whole and the other
 * removed. Throws a StepscopeError as `openAppendFile`, and where an evaluation was begun that is not continued.
 */
export async function openResultKeeper(
  file: string | undefined,
  { resume, source, expected }: KeeperOptions,
): Promise<ResultKeeper> {
  const none = { kept: [], add: async () => {}, describe: () => null, close: async () => {} }
  if (file === undefined) return { ...none, finish: async () => {} }
  // Into a pipe or a device all is written at once.
  if (!(await isPlain(file))) return { ...none, finish: (text) => writeOutputFile(file, text) }
  const growing = unfinishedOf(file)
  const lines = await openAppendFile(growing, FORMAT, { resume, source, groups: expected.length })
  let count = lines.next
  try {
    for (const [index, { result }] of lines.kept.entries()) checkSameResult(result, expected[index], growing, index + 1)
  } catch (error) {
    await lines.close()
    throw error
  }
  return {
    kept: lines.kept.map(({ result }) => result),
    add: async (result) => {
      await lines.append([{ index: count, result, source }]).catch((error: unknown) => {
        throw ofResults(error, file, growing)
      })
      count += 1
    },
    describe: () =>
      count === 0
        ? null
        : `${growing} holds ${count} of ${expected.length} results: go on by the same command with --resume.`,
    finish: async (text) => {
      await writeOutputFile(file, text)
      await rm(growing, { force: true })
    },
    close: () => lines.close(),
  }
}

/** Refuses, before any model is loaded, what `openResultKeeper` could not take. */
export async function checkResultFile(file: string, resume: boolean, inputs: readonly string[]): Promise<void> {
  await checkOutputFile(file, inputs)
  if (!(await isPlain(file))) return
  const growing = unfinishedOf(file)
  await checkOutputFile(growing, inputs)
  const size = await stat(growing).then(
    (found) => found.size,
    () => 0,
  )
  if (size === 0 || resume) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'An evaluation was begun here and is not finished',
    place: { file: growing },
    nextStep: 'Go on with --resume, or remove the file.',
  })
}

/** A disk that is full is told of the file that was asked for. */
function ofResults(error: unknown, file: string, growing: string): unknown {
  if (!(error instanceof StepscopeError) || error.details.code !== 'storage') return error
  const nextStep = `Make room, and go on with --resume: what ${growing} holds is whole.`
  return new StepscopeError({ ...error.details, place: { file }, nextStep }, { cause: error })
}

const unfinishedOf = (file: string): string => `${file}.unfinished.jsonl`

async function isPlain(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null)
  return found === null || found.isFile()
}

/** Results are only continued with the problems that they were begun with. */
function checkSameResult(
  { strategy, problem, seed }: EvalResult,
  expected: KeeperOptions['expected'][number] | undefined,
  file: string,
  line: number,
): void {
  const [own, other] = [{ strategy, problem, seed }, expected].map((value) => JSON.stringify(value))
  if (own === other) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'The evaluation was begun with other problems',
    expected: other ?? 'no more results',
    found: own ?? 'nothing',
    place: { file, line, field: 'result' },
    nextStep: 'Give the problems that it was begun with, or remove the file.',
  })
}
