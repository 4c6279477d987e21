import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { Manifest, ModelRole, RewardManifest, StatedManifest } from '../../search/manifest.ts'
import { MODEL_ROLES, mergeManifests, missingFields, PROMPT_FORMS, withStepEnds } from '../../search/manifest.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import type { Reading } from '../../search/reading.ts'
import { ACTIVATIONS, BOS_RULES, READ_PLACES, READING_IDS, READING_INPUTS } from '../../search/reading.ts'
import { READINGS, withPreset } from '../../search/readings.ts'
import { hasChatTemplate } from './chat-template.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { firstIssue, hasFile, readJson } from './checkpoint-text.ts'

const MANIFEST_FILE = 'stepscope.json'

const text = z.string().min(1)
const schema = z.looseObject({
  role: z.enum(MODEL_ROLES).optional(),
  task: text.optional(),
  step_end: z.union([text, z.array(text).min(1)]).optional(),
  reading: z.enum(READING_IDS).optional(),
  input: z.enum(READING_INPUTS).optional(),
  bos: z.enum(BOS_RULES).optional(),
  after_problem: z.string().optional(),
  before_step: z.string().optional(),
  score_at: z.string().optional(),
  between_steps: z.string().optional(),
  trim_steps: z.boolean().optional(),
  answer: z.string().optional(),
  read_at: z.enum(READ_PLACES).optional(),
  activation: z.enum(ACTIVATIONS).optional(),
  candidates: z.tuple([text, text]).optional(),
  beta: z.number().positive().optional(),
  reference: text.optional(),
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
  const { role, task, step_end, prompt, system, ...stated } = parsed.data
  const reading = given({
    id: stated.reading,
    input: stated.input,
    bos: stated.bos,
    afterProblem: stated.after_problem,
    beforeStep: stated.before_step,
    scoreAt: stated.score_at,
    betweenSteps: stated.between_steps,
    trimsSteps: stated.trim_steps,
    answer: stated.answer,
    readAt: stated.read_at,
    activation: stated.activation,
    candidates: stated.candidates,
    beta: stated.beta,
    reference: stated.reference,
    aggregation: stated.aggregation,
  })
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
  const stored = await readManifest(files, signal)
  // Half of an implicit reward model is a language model, which writes steps as any does.
  const asPolicy = (stated: StatedManifest): StatedManifest =>
    stated.reading?.id === 'implicit' ? { ...stated, role: 'policy' } : stated
  return complete(files, asPolicy(stored), asPolicy(given), ['policy'], signal)
}

/**
 * As `policyManifest`, for a model that scores steps or whole responses.
 * @param recognized what the folder is known by, where its stepscope.json says nothing of the reading
 */
export async function rewardManifest(
  files: CheckpointFiles,
  given: StatedManifest,
  signal?: AbortSignal,
  recognized: StatedManifest = {},
): Promise<RewardManifest> {
  const roles = ['process-reward-model', 'outcome-reward-model'] as const
  const own = await readManifest(files, signal)
  const stored = own.reading === undefined ? { ...recognized, ...own } : own
  const manifest = await complete(files, stored, given, roles, signal)
  // What is missing was refused; the aggregation has a default.
  const reading = { aggregation: 'last', ...withPreset(manifest.reading ?? {}) } as Reading
  if (reading.readAt === 'score-at' && reading.scoreAt === '') throw empty('score_at')
  if (reading.readAt === 'answer' && reading.answer === '') throw empty('answer')
  return { ...manifest, reading }
}

function empty(field: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The score is read at a text that is empty',
    expected: 'the text whose last token the score is read at',
    found: "''",
    place: { file: MANIFEST_FILE, field },
    nextStep: 'Give the text, or choose another place to read the score at.',
  })
}

async function complete(
  files: CheckpointFiles,
  stored: StatedManifest,
  given: StatedManifest,
  roles: readonly [ModelRole, ...ModelRole[]],
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const merged = mergeManifests(stored, given)
  const usual = merged.reading?.id === undefined ? roles[0] : READINGS[merged.reading.id].role
  const stated = withStepEnds({ role: roles.includes(usual) ? usual : roles[0], ...merged })
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
  // Of a path's score there is a default; whoever reads one model as an implicit reward model says so itself.
  const missing = missingFields(stated, role).find((field) => field !== 'aggregation' && field !== 'reference')
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
