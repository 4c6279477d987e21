import { describeError, toErrorDetails } from '../core/errors.ts'
import { readRows } from '../formats/json-lines.ts'
import type { ObjectiveId, TrainingRecipe } from '../formats/training-recipe.ts'
import { defaultRecipe, readRecipe } from '../formats/training-recipe.ts'
import { EditHistory } from './edit-history.ts'
import { dataKind } from './training-objectives.ts'
import type { TrainingDraft } from './types.ts'

type Core = Pick<TrainingDraft, 'recipe' | 'from'>

/** What the next training run will do, with undo; the text of its data file stands beside the state. */
export class DraftEditor {
  private readonly show: (draft: TrainingDraft) => void
  private readonly edits: EditHistory<Core>
  private core: Core
  private file: { readonly name: string; readonly text: string } | null = null

  constructor(initial: TrainingRecipe, now: () => number, show: (draft: TrainingDraft) => void) {
    this.core = { recipe: initial, from: null }
    this.edits = new EditHistory(now)
    this.show = show
  }

  get recipe(): TrainingRecipe {
    return this.core.recipe
  }

  get data(): { readonly name: string; readonly text: string } | null {
    return this.core.recipe.data.source === 'file' ? this.file : null
  }

  setObjective(objective: ObjectiveId): void {
    const { model, seed, steps, data } = this.core.recipe
    const start = defaultRecipe(objective, model)
    const kept = data.source === 'file' && dataKind(objective) === null ? start.data : data
    this.edit(null, { recipe: { ...start, seed, steps, data: kept }, from: null })
  }

  setField(path: string, value: unknown): void {
    this.edit(path, { ...this.core, recipe: replaceAt(this.core.recipe, path.split('.'), value) as TrainingRecipe })
  }

  reset(): void {
    const { objective, model } = this.core.recipe
    this.edit(null, { recipe: defaultRecipe(objective, model), from: null })
  }

  setFile(name: string, text: string): void {
    this.file = { name, text }
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

  private present(): void {
    const { edits, core, file } = this
    this.show({ ...core, ...checkDraft(core.recipe, file), canUndo: edits.canUndo, canRedo: edits.canRedo })
  }
}

/** What of a recipe and its data cannot run. */
export function checkDraft(
  recipe: TrainingRecipe,
  file: { readonly name: string; readonly text: string } | null,
): Pick<TrainingDraft, 'errors' | 'data' | 'dataError'> {
  const errors: Record<string, string> = {}
  try {
    readRecipe(recipe)
  } catch (error) {
    const { place, ...details } = toErrorDetails(error)
    errors[place?.field ?? ''] = describeError(details)
  }
  if (recipe.data.source !== 'file') return { errors, data: null, dataError: null }
  const kind = dataKind(recipe.objective)
  if (!kind || file?.name !== recipe.data.file) {
    errors['data.file'] = kind ? 'Choose the file.' : 'This objective makes its data itself.'
    return { errors, data: null, dataError: null }
  }
  try {
    const { length } = readRows(kind.format, file.text, file.name)
    return { errors, data: { name: file.name, rows: length }, dataError: null }
  } catch (error) {
    errors['data.file'] = 'The file cannot be used.'
    return { errors, data: null, dataError: toErrorDetails(error) }
  }
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
export function defaultOf({ objective, model }: TrainingRecipe): TrainingRecipe {
  return defaultRecipe(objective, model)
}
