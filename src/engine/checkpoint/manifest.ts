import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { Manifest, ModelRole, RewardManifest, StatedManifest } from '../../search/manifest.ts'
import { MODEL_ROLES, mergeManifests, missingFields, PROMPT_FORMS, withStepEnds } from '../../search/manifest.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import { hasChatTemplate } from './chat-template.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { firstIssue, hasFile, readJson } from './checkpoint-text.ts'

const MANIFEST_FILE = 'stepscope.json'

const text = z.string().min(1)
const schema = z.looseObject({
  role: z.enum(MODEL_ROLES).optional(),
  task: text.optional(),
  step_end: z.union([text, z.array(text).min(1)]).optional(),
  score_at: text.optional(),
  activation: z.enum(['sigmoid', 'softmax']).optional(),
  aggregation: z.enum(AGGREGATIONS).optional(),
  prompt: z.enum(PROMPT_FORMS).optional(),
  system: z.string().optional(),
})

const FIELDS = Object.keys(schema.shape)
/** `scoreAt` and `score-at` are meant for `score_at`. */
const bare = (key: string): string => key.toLowerCase().replace(/[^a-z]/g, '')

/** What a folder's stepscope.json says; empty where it has none. */
export async function readManifest(files: CheckpointFiles, signal?: AbortSignal): Promise<StatedManifest> {
  return hasFile(files, MANIFEST_FILE) ? parseManifest(await readJson(files, MANIFEST_FILE, signal)) : {}
}

/** As `readManifest`, from the file's JSON. @throws StepscopeError `bad-checkpoint` with the field that is wrong */
export function parseManifest(json: unknown): StatedManifest {
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
  const { role, task, step_end, score_at, activation, aggregation, prompt, system } = parsed.data
  const reading = given({ scoreAt: score_at, activation, aggregation })
  return withStepEnds(
    given({
      role,
      task,
      stepEnds: typeof step_end === 'string' ? [step_end] : step_end,
      reading: Object.keys(reading).length === 0 ? undefined : reading,
      prompt,
      system,
    }),
  )
}

/**
 * The folder's fields completed by given ones (which win), for a language model that proposes steps.
 * @throws StepscopeError `bad-checkpoint` naming the first field that is missing, or a role that is not the wanted one
 */
export async function policyManifest(
  files: CheckpointFiles,
  given: StatedManifest,
  signal?: AbortSignal,
): Promise<Manifest> {
  return complete(files, await readManifest(files, signal), given, ['policy'], signal)
}

/** As `policyManifest`, for a model that scores steps or whole responses. */
export async function rewardManifest(
  files: CheckpointFiles,
  given: StatedManifest,
  signal?: AbortSignal,
): Promise<RewardManifest> {
  const roles = ['process-reward-model', 'outcome-reward-model'] as const
  const manifest = await complete(files, await readManifest(files, signal), given, roles, signal)
  const { scoreAt = manifest.stepEnds[0], activation = 'sigmoid', aggregation = 'last' } = manifest.reading ?? {}
  return { ...manifest, reading: { scoreAt, activation, aggregation } }
}

async function complete(
  files: CheckpointFiles,
  stored: StatedManifest,
  given: StatedManifest,
  roles: readonly [ModelRole, ...ModelRole[]],
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const stated = withStepEnds(mergeManifests({ role: roles[0], ...stored }, given))
  const role = roles.find((known) => known === stated.role)
  if (role === undefined) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The model is made for another role',
      expected: roles.join(' or '),
      found: stated.role ?? 'none',
      place: { file: MANIFEST_FILE, field: 'role' },
      nextStep: `Choose a checkpoint whose role is ${roles.join(' or ')}.`,
    })
  }
  const missing = missingFields(stated, role).find((field) => field !== 'aggregation')
  const [first, ...others] = stated.stepEnds ?? []
  if (missing !== undefined || first === undefined) {
    const field =
      missing === undefined || missing === 'stepEnds' ? 'step_end' : missing === 'scoreAt' ? 'score_at' : missing
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The field is missing',
      expected: role === 'policy' ? 'role and step_end' : 'role, score_at and activation',
      place: { file: MANIFEST_FILE, field },
      nextStep: 'Add a stepscope.json to the folder, or give the field when you open it.',
    })
  }
  const form = async () =>
    stated.task !== undefined ? 'notation' : (await hasChatTemplate(files, signal)) ? 'chat' : 'completion'
  return { ...stated, role, stepEnds: [first, ...others], prompt: stated.prompt ?? (await form()) }
}

/** The entries that are not undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
