import type { ErrorDetails } from '../../core/errors.ts'
import { describeError, toErrorDetails } from '../../core/errors.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { defaultRecipe, readRecipe } from '../../formats/training-recipe.ts'
import type { ObjectiveId } from '../../objectives/registry.ts'
import { objectiveById } from '../../objectives/registry.ts'
import type { ChosenFile, RowCounts } from '../../worker/protocol.ts'
import { bundledChoice } from '../models/bundled-models.ts'
import { EditHistory } from '../session/edit-history.ts'
import { makesData, sharesFiles } from './training-objectives.ts'
import type { TrainingDraft } from './training-state.ts'

type Core = Pick<TrainingDraft, 'recipe' | 'from'>

/** A look at every row of the draft's data, as training would: a chosen file, or the one of the run it goes on from. */
export interface DataLook {
  readonly recipe: TrainingRecipe
  readonly data: ChosenFile | { readonly run: string }
}

export interface DraftDeps {
  readonly now: () => number
  readonly show: (draft: TrainingDraft) => void
  /** Reads in the worker; rejects with what is wrong with the file. Null where the recipe's model is not here. */
  readonly look: (look: DataLook, signal: AbortSignal) => Promise<RowCounts> | null
}

/** What is known of the draft's data. */
interface Looked {
  /** What it depends on: asked again where that changes. */
  readonly key: string
  readonly controller: AbortController
  counts: RowCounts | null
  error: ErrorDetails | null
}

/** What the next training run will do, with undo; its data file stands beside the state, and is read by the worker. */
export class DraftEditor {
  private readonly deps: DraftDeps
  private readonly edits: EditHistory<Core>
  private core: Core
  private file: ChosenFile | null = null
  private files = 0
  private looked: Looked | null = null

  constructor(initial: TrainingRecipe, deps: DraftDeps) {
    this.core = { recipe: initial, from: null }
    this.edits = new EditHistory(deps.now)
    this.deps = deps
  }

  get recipe(): TrainingRecipe {
    return this.core.recipe
  }

  /** The chosen file; null where the data is generated, or the file of the run that it goes on from. */
  get data(): ChosenFile | null {
    const { data } = this.core.recipe
    return data.source === 'file' && this.file?.name === data.file ? this.file : null
  }

  setObjective(objective: ObjectiveId): void {
    const { objective: before, model, task, seed, steps, data, labels } = this.core.recipe
    const start = defaultRecipe(objective, model, task)
    const other = data.source === 'file' && !sharesFiles(before, objective)
    const makes = makesData(task, objectiveById(objective), labels)
    const kept = other ? (makes ? start.data : NO_FILE) : data
    this.edit(null, { recipe: { ...start, seed, steps, data: kept }, from: null })
  }

  setTask(task: string): void {
    const { objective, model, labels, data } = this.core.recipe
    const own = bundledChoice(task, 'policy')?.id ?? model
    const chosen = data.source === 'file' && data.file !== ''
    const fromFile = chosen || !makesData(task, objectiveById(objective), labels)
    const file = { source: 'file' as const, file: data.source === 'file' ? data.file : '' }
    const next = fromFile ? file : defaultRecipe(objective, own, task).data
    this.edit(null, { recipe: { ...this.core.recipe, task, model: own, data: next }, from: null })
  }

  /** Another task was chosen for searches: a draft that nobody has edited is of that one, where it has a model of its own. */
  followTask(task: string): void {
    const { recipe, from } = this.core
    const own = bundledChoice(task, 'policy')
    const untouched = from === null && JSON.stringify(recipe) === JSON.stringify(defaultOf(recipe))
    if (own === null || !untouched || recipe.model !== bundledChoice(recipe.task, 'policy')?.id) return
    this.restore(defaultRecipe(recipe.objective, own.id, task))
  }

  setField(path: string, value: unknown): void {
    this.edit(path, { ...this.core, recipe: replaceAt(this.core.recipe, path.split('.'), value) as TrainingRecipe })
  }

  reset(): void {
    this.edit(null, { recipe: defaultOf(this.core.recipe), from: null })
  }

  setFile(name: string, blob: Blob): void {
    this.files += 1
    this.file = { id: this.files, name, blob }
    this.setField('data', { source: 'file', file: name })
  }

  /** Takes over a recipe whole; undo goes back. */
  adopt(recipe: TrainingRecipe, from: TrainingDraft['from']): void {
    this.edit(null, { recipe, from })
  }

  /** Takes over what was edited at the last visit: nothing to undo. */
  restore(recipe: TrainingRecipe): void {
    this.core = { recipe, from: null }
    this.present()
  }

  undo(): void {
    this.take(this.edits.undo(this.core))
  }

  redo(): void {
    this.take(this.edits.redo(this.core))
  }

  private take(core: Core | null): void {
    if (!core) return
    this.core = core
    this.present()
  }

  private edit(kind: string | null, core: Core): void {
    this.edits.record(this.core, kind)
    this.core = core
    this.present()
  }

  dispose(): void {
    this.looked?.controller.abort()
  }

  private present(): void {
    this.lookAtData()
    const { edits, core } = this
    this.deps.show({ ...core, ...this.checked(), canUndo: edits.canUndo, canRedo: edits.canRedo })
  }

  /** What of the draft cannot run. */
  private checked(): Pick<TrainingDraft, 'errors' | 'data' | 'dataError' | 'reading'> {
    const { recipe, from } = this.core
    const errors = recipeErrors(recipe, from)
    const { looked } = this
    if (recipe.data.source !== 'file') return { errors, data: null, dataError: null, reading: false }
    if (this.source === null) errors['data.file'] = 'Choose the file.'
    if (looked?.error) errors['data.file'] = 'The file cannot be used.'
    const counts = looked?.counts
    return {
      errors,
      data: counts ? { name: recipe.data.file, ...counts } : null,
      dataError: looked?.error ?? null,
      reading: looked !== null && !looked.counts && !looked.error,
    }
  }

  /** The file that is trained on; null where none is, or none is there. */
  private get source(): DataLook['data'] | null {
    const { recipe, from } = this.core
    if (recipe.data.source !== 'file') return null
    return this.data ?? (from !== null && from.file === recipe.data.file ? { run: from.id } : null)
  }

  /** Has the data looked at, once for each file, objective and model: other settings change nothing in it. */
  private lookAtData(): void {
    const { source } = this
    const { recipe } = this.core
    const { objective, task, model, maxTokens, reward } = recipe
    const judged = reward.verifier > 0
    const id = source && ('run' in source ? source.run : source.id)
    const key = id === null ? null : JSON.stringify([id, objective, task, model, maxTokens, judged])
    if (key === (this.looked?.key ?? null)) return
    this.looked?.controller.abort()
    this.looked = null
    if (key === null || source === null) return
    const controller = new AbortController()
    const looked: Looked = { key, controller, counts: null, error: null }
    const counting = this.deps.look({ recipe, data: source }, controller.signal)
    if (counting === null) return
    this.looked = looked
    const settle = (found: Partial<Pick<Looked, 'counts' | 'error'>>) => {
      if (this.looked !== looked) return
      Object.assign(looked, found)
      this.present()
    }
    counting.then(
      (counts) => settle({ counts }),
      (error: unknown) => settle({ error: toErrorDetails(error) }),
    )
  }
}

const NO_FILE = { source: 'file' as const, file: '' }

/** What of a recipe cannot run, by field. */
function recipeErrors(recipe: TrainingRecipe, from: TrainingDraft['from']): Record<string, string> {
  const errors: Record<string, string> = {}
  try {
    readRecipe(recipe)
  } catch (error) {
    const { place, ...details } = toErrorDetails(error)
    errors[place?.field ?? ''] = describeError(details)
  }
  if (from !== null && recipe.steps <= from.step) errors.steps = `More than ${from.step}: the save’s steps count.`
  return errors
}

/** The object with the value at a path; undefined takes the field out. */
function replaceAt(object: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const { [key]: before, ...others } = object as Record<string, unknown>
  const after = replaceAt(before, rest, value)
  return after === undefined ? others : { ...others, [key]: after }
}

/** The recipe that its objective starts from, with the same model. */
export function defaultOf({ objective, model, task }: TrainingRecipe): TrainingRecipe {
  return defaultRecipe(objective, model, task)
}
