import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { Aggregation } from '../../search/models.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { firstIssue, hasFile, readJson } from './checkpoint-text.ts'

/** How a checkpoint is used, stored with it as `stepscope.json` and never guessed. */
export interface Manifest {
  readonly role: 'policy' | 'process-reward-model'
  readonly task: string
  /** Text that ends a step. */
  readonly stepEnd: string
  /** Reward models: text of the token whose output is the score. */
  readonly scoreAt?: string
  readonly activation?: 'sigmoid' | 'softmax'
  readonly aggregation?: Aggregation
}

const MANIFEST_FILE = 'stepscope.json'

const text = z.string().min(1)
const schema = z.looseObject({
  role: z.enum(['policy', 'process-reward-model']).optional(),
  task: text.optional(),
  step_end: text.optional(),
  score_at: text.optional(),
  activation: z.enum(['sigmoid', 'softmax']).optional(),
  aggregation: z.enum(AGGREGATIONS).optional(),
})

const FIELDS = Object.keys(schema.shape)
/** `scoreAt` and `score-at` are meant for `score_at`. */
const bare = (key: string): string => key.toLowerCase().replace(/[^a-z]/g, '')

/** What a folder's stepscope.json says; empty where it has none. */
export async function readManifest(files: CheckpointFiles, signal?: AbortSignal): Promise<Partial<Manifest>> {
  return hasFile(files, MANIFEST_FILE) ? parseManifest(await readJson(files, MANIFEST_FILE, signal)) : {}
}

/** As `readManifest`, from the file's JSON. @throws StepscopeError `bad-checkpoint` with the field that is wrong */
export function parseManifest(json: unknown): Partial<Manifest> {
  const meant = Object.keys((json as object | null) ?? {})
    .map((key) => [key, FIELDS.find((field) => field !== key && bare(field) === bare(key))] as const)
    .find(([, field]) => field !== undefined)
  if (meant !== undefined) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'There is no such field',
      expected: meant[1] ?? '',
      found: meant[0],
      place: { file: MANIFEST_FILE, field: meant[0] },
      nextStep: 'Correct the name of the field.',
    })
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const { field, message } = firstIssue(parsed.error)
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message,
      place: { file: MANIFEST_FILE, field },
      nextStep: 'Correct the field, or remove the file and give the fields by hand.',
    })
  }
  const { role, task, step_end, score_at, activation, aggregation } = parsed.data
  return withStepEnd({
    ...(role === undefined ? {} : { role }),
    ...(task === undefined ? {} : { task }),
    ...(step_end === undefined ? {} : { stepEnd: step_end }),
    ...(score_at === undefined ? {} : { scoreAt: score_at }),
    ...(activation === undefined ? {} : { activation }),
    ...(aggregation === undefined ? {} : { aggregation }),
  })
}

/** A reward model's steps end where its score is read, unless its fields say otherwise. */
function withStepEnd(adapter: Partial<Manifest>): Partial<Manifest> {
  const { role, scoreAt, stepEnd } = adapter
  if (role !== 'process-reward-model' || scoreAt === undefined || stepEnd !== undefined) return adapter
  return { ...adapter, stepEnd: scoreAt }
}

/** Fields that are still needed before a model can be used in this role, in the order to ask for them. */
export function missingFields(adapter: Partial<Manifest>, role: Manifest['role']): (keyof Manifest)[] {
  const needed: (keyof Manifest)[] =
    role === 'policy'
      ? ['role', 'task', 'stepEnd']
      : ['role', 'task', 'stepEnd', 'scoreAt', 'activation', 'aggregation']
  return needed.filter((field) => adapter[field] === undefined)
}

/**
 * The folder's fields completed by given ones (which win), for a model in this role.
 * @throws StepscopeError `bad-checkpoint` naming the first field that is missing, or a role that is not the wanted one
 */
export function completeManifest(
  stored: Partial<Manifest>,
  given: Partial<Manifest>,
  role: Manifest['role'],
): Manifest {
  const adapter = withStepEnd({ role, ...stored, ...given })
  if (adapter.role !== role) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The model is made for another role',
      expected: role,
      found: adapter.role ?? 'none',
      place: { file: MANIFEST_FILE, field: 'role' },
      nextStep: `Choose a checkpoint whose role is ${role}.`,
    })
  }
  const missing = missingFields({ ...adapter, aggregation: adapter.aggregation ?? 'last' }, role)[0]
  const { task, stepEnd } = adapter
  if (missing !== undefined || task === undefined || stepEnd === undefined) {
    const field = (missing ?? 'task').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The field is missing',
      expected: role === 'policy' ? 'role, task and step_end' : 'role, task, score_at and activation',
      place: { file: MANIFEST_FILE, field },
      nextStep: 'Add a stepscope.json to the folder, or give the field when you open it.',
    })
  }
  return { ...adapter, role, task, stepEnd }
}
