import type { Reading } from './reading.ts'
import { withPreset } from './readings.ts'

export const MODEL_ROLES = ['policy', 'process-reward-model', 'outcome-reward-model'] as const
export type ModelRole = (typeof MODEL_ROLES)[number]

/** How a problem is put to a model: in its task's own notation, by the tokenizer's chat template, or as text to go on with. */
export const PROMPT_FORMS = ['notation', 'chat', 'completion'] as const
export type PromptForm = (typeof PROMPT_FORMS)[number]

/** What is said of how a checkpoint is used: by its `stepscope.json`, or by a person. */
export interface StatedManifest {
  readonly role?: ModelRole
  /** The task that it was trained for; a model without one serves any. */
  readonly task?: string
  /** Texts that end a step: any of them, the first one where a step is given without. */
  readonly stepEnds?: readonly string[]
  readonly reading?: Partial<Reading>
  readonly prompt?: PromptForm
  /** What a chat begins with, in place of the task's own message. */
  readonly system?: string
}

/** How a checkpoint is used: nothing of it is guessed but for the prompt's form, and a path's score is the last step's. */
export interface Manifest extends StatedManifest {
  readonly role: ModelRole
  readonly stepEnds: readonly [string, ...string[]]
  readonly prompt: PromptForm
}

export interface RewardManifest extends Manifest {
  readonly reading: Reading
}

/** A field that a person can be asked for. */
export type ManifestField = 'role' | 'stepEnds' | 'reference' | 'scoreAt' | 'activation' | 'aggregation'

const LINE_END = '\n'

/** The steps of a reward model that is read at their ends end there, those of others with the line, unless its fields say otherwise. */
export function withStepEnds(stated: StatedManifest): StatedManifest {
  const { role, reading, stepEnds } = stated
  if (role === undefined || role === 'policy' || reading === undefined || stepEnds !== undefined) return stated
  if ((reading.id ?? 'step-end') !== 'step-end') return { ...stated, stepEnds: [LINE_END] }
  return reading.scoreAt === undefined ? stated : { ...stated, stepEnds: [reading.scoreAt] }
}

/** Given fields, of the reading too, in place of stated ones; of another reading than the stated one, nothing stays. */
export function mergeManifests(stated: StatedManifest, given: StatedManifest): StatedManifest {
  const another = given.reading?.id !== undefined && given.reading.id !== (stated.reading?.id ?? 'step-end')
  const reading = { ...(another ? {} : stated.reading), ...given.reading }
  return { ...stated, ...given, ...(Object.keys(reading).length === 0 ? {} : { reading }) }
}

/** Fields that are still needed before a model can be used in this role, in the order to ask for them. */
export function missingFields(stated: StatedManifest, role: ModelRole): ManifestField[] {
  const reading = withPreset(stated.reading ?? {})
  const missing: ManifestField[] = []
  if (stated.role === undefined) missing.push('role')
  if (stated.stepEnds === undefined) missing.push('stepEnds')
  if (role === 'policy') return missing
  if (reading.id === 'implicit' && typeof reading.reference !== 'string') missing.push('reference')
  return [
    ...missing,
    ...(['scoreAt', 'activation', 'aggregation'] as const).filter((key) => reading[key] === undefined),
  ]
}
