import { fileStem } from '../core/file-stem.ts'
import type { ObjectiveId } from '../objectives/registry.ts'
import { OBJECTIVES } from '../objectives/registry.ts'

interface NamedModel {
  readonly kind: string
  readonly id: string
  readonly name: string
}

/** What a name is made of. */
interface Named {
  readonly id: string
  readonly title: string
  readonly recipe: { readonly objective: ObjectiveId }
  readonly models: {
    readonly model: NamedModel
    readonly reference: NamedModel | null
    readonly rewardModel: NamedModel | null
  }
  readonly parent: { readonly id: string; readonly title: string } | null
  /** ISO 8601. */
  readonly createdAt: string
}

/** Names folder and files of a run, and its model in recipes and links: `sft-3fa2b1`. */
export function trainingId(objective: ObjectiveId, unique: string): string {
  return fileStem(`${OBJECTIVES[objective].short} ${unique.slice(0, 6)}`).toLowerCase()
}

/**
 * What a person reads in place of a training run's id: objective, model and time, `SFT of Bundled policy, 26 Nov 23:15`.
 * @param at ISO 8601; shown in the time zone of the reader
 * @param taken names of other runs; a second one of the same minute gets a number
 */
export function trainingName(objective: ObjectiveId, model: string, at: string, taken: readonly string[] = []): string {
  const made = new Date(at)
  const day = made.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  const time = made.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const name = `${OBJECTIVES[objective].short} of ${model.replace(WHEN, '')}, ${day} ${time}`
  let number = 1
  while (taken.includes(numbered(name, number))) number++
  return numbered(name, number)
}

/** When a model was trained, at the end of its name: one that is trained on is named without. */
const WHEN = /, \d+ \p{L}+ \d\d:\d\d( \(\d+\))?(, step \d+)?$/u

const numbered = (name: string, number: number): string => (number === 1 ? name : `${name} (${number})`)

/** The name of a run's model after a step. */
export function savedModelName(title: string, step: number): string {
  return `${title}, step ${step}`
}

/** A run of which only the id is known: it was deleted, is in another browser, or its notes cannot be read. Null where the id is no run's. */
export function nameOfUnknown(id: string): string | null {
  const objective = Object.values(OBJECTIVES).find(({ short }) =>
    IS_UNIQUE.test(after(`${fileStem(short).toLowerCase()}-`, id)),
  )
  return objective === undefined ? null : `unknown ${objective.short} run`
}

const IS_UNIQUE = /^[0-9a-f]{6}$/
const after = (start: string, text: string): string => (text.startsWith(start) ? text.slice(start.length) : '')

/** A run with names where earlier versions wrote ids: its own, its models’, its parent's. */
export function withNames<T extends Named>(run: T): T {
  const { id, title, recipe, models, parent, createdAt } = run
  const { model, reference, rewardModel } = models
  const named = {
    ...models,
    model: namedModel(model),
    reference: reference && namedModel(reference),
    rewardModel: rewardModel && namedModel(rewardModel),
  }
  return {
    ...run,
    title: isIdOf(title, id) ? trainingName(recipe.objective, named.model.name, createdAt) : title,
    models: named,
    parent: parent && { ...parent, title: earlier(parent.title, parent.id) },
  }
}

function namedModel(model: NamedModel): NamedModel {
  if (model.kind !== 'trained') return model
  const [title = '', ...step] = model.name.split(/(?=, step \d+$)/)
  return { ...model, name: `${earlier(title, model.id)}${step.join('')}` }
}

/** Of a run that is known by its id alone, its objective is left. */
function earlier(title: string, id: string): string {
  return isIdOf(title, id) ? `earlier ${title.replace(/\s\S+$/, '')} run` : title
}

function isIdOf(title: string, id: string): boolean {
  return fileStem(title).toLowerCase() === id
}
