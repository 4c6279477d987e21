import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import { sha256 } from '../../engine/checkpoint/sha256.ts'
import type { RowFormat } from '../../formats/json-lines.ts'
import { RowFile, writeRows } from '../../formats/json-lines.ts'
import { recipeDifferences } from '../../formats/recipe-difference.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { objectiveById } from '../../objectives/registry.ts'
import { ROW_KINDS } from '../../objectives/rows.ts'
import type { MakeRows, RowMaker } from './make-rows.ts'
import type { RunStore } from './run-store.ts'

/** Made data is kept with the run, so that going on does not make it again. */
const DATA_FILE = 'data.jsonl'
const HELD_OUT_FILE = 'held-out.jsonl'
/** Written last: what the data was made from, and its hashes. */
const MADE_FILE = 'made.json'
/** Of a data file every tenth row is held out for evaluation; of a large one fewer, evenly spread. */
const HELD_OUT_EVERY = 10
const MOST_HELD_OUT = 200

/** What rows were trained on: kept with every save. */
export interface DataRecord {
  /** Of the data file, or of the made rows as JSON Lines. */
  readonly sha256: string
  readonly rows: number
  readonly heldOut: number
}

export interface RunRows<Row> {
  readonly train: RowSet<Row>
  readonly heldOut: RowSet<Row>
  readonly record: DataRecord
}

/** A data file's name and text. */
export interface DataFile {
  readonly name: string
  readonly text: string
}

/** Some rows of a file, each read when it is asked for. */
export class RowSet<Row> {
  readonly length: number
  private readonly file: RowFile<Row> | null
  private readonly chosen: (index: number) => number
  private readonly made: boolean

  constructor(file: RowFile<Row> | null, length: number, chosen: (index: number) => number, made: boolean) {
    this.file = file
    this.length = length
    this.chosen = chosen
    this.made = made
  }

  /**
   * A row as an item, named by its place.
   * @throws StepscopeError with file, line and field of a row that cannot be read or written in tokens; with the setting
   * that helps where the row was made
   */
  item<Item>(index: number, encode: (row: Row, id: string) => Item): Item {
    const { file, made } = this
    if (file === null || index >= this.length) throw new RangeError(`row ${index} of ${this.length}`)
    const at = this.chosen(index)
    const line = file.line(at)
    const row = file.row(at)
    try {
      return encode(row, made ? `${line} of the generated data` : `${file.name}, line ${line}`)
    } catch (error) {
      if (!(error instanceof StepscopeError)) throw error
      const { details } = error
      const setting = details.code === 'bad-setting' ? 'maxTokens' : 'model'
      const place = made ? { field: setting } : { ...details.place, file: file.name, line }
      const message = made ? `Of the generated examples: ${details.message}` : details.message
      const code = made ? details.code : 'bad-problem'
      throw new StepscopeError({ ...details, code, message, place }, { cause: error })
    }
  }
}

/** Which of so many rows of a file are held out: row `every` − 1, and every so many further on; `held` in all. */
export function heldOutOf(rows: number): { readonly every: number; readonly held: number } {
  const every = Math.max(HELD_OUT_EVERY, Math.ceil(rows / MOST_HELD_OUT))
  return { every, held: Math.floor(rows / every) }
}

/** Rows of a data file: all, those that are trained on, and those that are held out. */
export function fileRows<Row>(
  format: RowFormat<Row>,
  { name, text }: DataFile,
): Omit<RunRows<Row>, 'record'> & { readonly all: RowSet<Row> } {
  const file = new RowFile(format, text, name)
  const { every, held } = heldOutOf(file.length)
  return {
    all: new RowSet(file, file.length, (index) => index, false),
    // Between two that are held out there are every − 1.
    train: new RowSet(file, file.length - held, (index) => index + Math.floor(index / (every - 1)), false),
    heldOut: new RowSet(file, held, (index) => (index + 1) * every - 1, false),
  }
}

/** Rows from the recipe's file, or made once and kept with the run. */
export async function loadRows<Row extends object>(
  {
    recipe,
    data,
    store,
    maker,
  }: {
    readonly recipe: TrainingRecipe
    readonly data: DataFile | null
    readonly store: RunStore
    readonly maker: RowMaker
  },
  format: RowFormat<Row>,
  make: MakeRows<Row>,
): Promise<RunRows<Row>> {
  if (recipe.data.source === 'file') {
    if (data === null) throw missingFile(recipe.data.file)
    const { train, heldOut } = fileRows(format, data)
    return { train, heldOut, record: await recordOf(new TextEncoder().encode(data.text), train, heldOut) }
  }
  const { train, heldOut } = (await keptData(store, recipe)) ?? (await makeData(store, maker, make))
  const all = (name: string, bytes: Uint8Array): RowSet<Row> => {
    const text = new TextDecoder().decode(bytes)
    const file = text === '' ? null : new RowFile(format, text, name)
    return new RowSet(file, file?.length ?? 0, (index) => index, true)
  }
  const rows = { train: all(DATA_FILE, train), heldOut: all(HELD_OUT_FILE, heldOut) }
  return { ...rows, record: await recordOf(train, rows.train, rows.heldOut) }
}

/** Takes the made data of a run along to one that would make the same. */
export async function copyMadeData(from: RunStore, to: RunStore, recipe: TrainingRecipe): Promise<void> {
  const kept = recipe.data.source === 'file' ? null : await keptData(from, recipe)
  if (kept !== null) await keepData(to, recipe, kept)
}

interface MadeData {
  readonly train: Uint8Array<ArrayBuffer>
  readonly heldOut: Uint8Array<ArrayBuffer>
}

const madeSchema = z.strictObject({
  version: z.literal(1),
  from: z.unknown(),
  files: z.strictObject({ [DATA_FILE]: z.string(), [HELD_OUT_FILE]: z.string() }),
})

/** What is kept; null where there is none, where it was made from something else, or is not as it was written. */
async function keptData(store: RunStore, recipe: TrainingRecipe): Promise<MadeData | null> {
  const [train, heldOut, note] = [
    await store.read(DATA_FILE),
    await store.read(HELD_OUT_FILE),
    await store.read(MADE_FILE),
  ]
  if (train === null || heldOut === null) return null
  if (note === null) return (await belongsToSave(store)) ? { train, heldOut } : null
  const made = readNote(note)
  if (made === null || recipeDifferences(made.from, madeFrom(recipe)).length > 0) return null
  const whole = made.files[DATA_FILE] === (await sha256(train)) && made.files[HELD_OUT_FILE] === (await sha256(heldOut))
  return whole ? { train, heldOut } : null
}

/** Version 0.1.0 wrote no note; what lies beside a save of it is what it trained on. */
async function belongsToSave(store: RunStore): Promise<boolean> {
  return (await store.list()).some((name) => /^save-\d+\.json$/.test(name))
}

function readNote(bytes: Uint8Array): z.infer<typeof madeSchema> | null {
  try {
    return madeSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return null
  }
}

async function makeData<Row extends object>(store: RunStore, maker: RowMaker, make: MakeRows<Row>): Promise<MadeData> {
  const { recipe } = maker
  const problems = recipe.data.source === 'generated' ? recipe.data.problems : 0
  const train = await make(maker, 'train', problems)
  const heldOut = recipe.evaluateProblems === 0 ? [] : await make(maker, 'held-out', recipe.evaluateProblems)
  if (train.length === 0) throw nothingMade()
  const made = { train: encode(writeRows(train)), heldOut: encode(writeRows(heldOut)) }
  await keepData(store, recipe, made)
  return made
}

async function keepData(store: RunStore, recipe: TrainingRecipe, { train, heldOut }: MadeData): Promise<void> {
  // What was noted of other data must not stand beside this.
  await store.remove(MADE_FILE)
  await store.write(DATA_FILE, train)
  await store.write(HELD_OUT_FILE, heldOut)
  const files = { [DATA_FILE]: await sha256(train), [HELD_OUT_FILE]: await sha256(heldOut) }
  await store.write(MADE_FILE, encode(JSON.stringify({ version: 1, from: madeFrom(recipe), files }, null, 1)))
}

/** The part of a recipe that its made data depends on. */
function madeFrom(recipe: TrainingRecipe): Readonly<Record<string, unknown>> {
  const { objective, task, seed, data, evaluateProblems, labels, model, reference, rollout, maxTokens } = recipe
  const problems = { objective, task, seed, data, evaluateProblems }
  const description = objectiveById(objective)
  if (description.online) return problems
  const { rows } = description
  // How labels are balanced changes no row.
  const { balance: _, ...labelling } = labels
  const samples = ROW_KINDS[rows].sampled(labels) ? { model, reference, rollout, maxTokens } : null
  if (rows !== 'stepwise') return { ...problems, ...samples }
  return { ...problems, labels: samples === null ? { method: labels.method } : labelling, ...samples }
}

async function recordOf(bytes: Uint8Array, train: RowSet<unknown>, heldOut: RowSet<unknown>): Promise<DataRecord> {
  return { sha256: await sha256(bytes), rows: train.length, heldOut: heldOut.length }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

export function missingFile(file: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'The data file is not there',
    place: { file, field: 'data.file' },
    nextStep: 'Choose the file again, or generate the data.',
  })
}

function nothingMade(): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: 'Nothing to train on came of the problems',
    expected: 'at least one example',
    found: 'none: the samples of each problem are all right, or all wrong',
    place: { field: 'data.problems' },
    nextStep: 'Take more or other problems, or more samples of each.',
  })
}
