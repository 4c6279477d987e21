import { z } from 'zod'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import { readJsonText } from '../core/json.ts'
import { checkSetup } from '../search/check-setup.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import type { ModelInfo, RewardModelInfo } from '../search/models.ts'
import { checkEvents, countNodes } from './event-order.ts'
import { eventSchema, modelInfoSchema, rewardInfoSchema, runSetupSchema } from './event-schema.ts'
import { parseWith } from './parse.ts'
import { senseless } from './senseless.ts'

export const RUN_FORMAT = 'stepscope-run'
/** Raised with every change that an older reader would misread. */
export const RUN_VERSION = 1

/** As in the list of saved runs; a run that was still going when it was written is `interrupted`. */
export const RUN_FILE_STATUSES = ['finished', 'cancelled', 'failed', 'interrupted'] as const
export type RunFileStatus = (typeof RUN_FILE_STATUSES)[number]

/** One search and all that is needed to show it again anywhere, without a model. */
export interface RunFile {
  readonly format: typeof RUN_FORMAT
  readonly version: typeof RUN_VERSION
  /** Version of Stepscope that wrote it. */
  readonly app: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly title: string
  readonly status: RunFileStatus
  readonly setup: RunSetup
  /** Ids and weight hashes; null where the run ended before its first event. */
  readonly models: { readonly policy: ModelInfo; readonly reward: RewardModelInfo | null } | null
  readonly events: readonly SearchEvent[]
  /** Depends on the machine. `readbackBytes` is null in files of versions that did not measure it. */
  readonly measured: {
    readonly wallMs: number
    readonly passes: number
    readonly peakBytes: number
    readonly readbackBytes: number | null
  }
  /** The run this one branched off, with the node and the number of events then applied. */
  readonly parent: { readonly run: string; readonly node: number; readonly event: number } | null
  /** What was looked at: events applied, and the node. */
  readonly selected: { readonly event: number; readonly node: number | null } | null
}

const count = z.int().nonnegative()
const EXPORTED = 'Open a file that Stepscope exported.'

export const measuredSchema = z.object({
  wallMs: z.number().nonnegative(),
  passes: count,
  peakBytes: z.number().nonnegative(),
  readbackBytes: z.number().nonnegative().nullable().default(null),
})
export const parentSchema = z.object({ run: z.string(), node: count, event: count })
export const modelsSchema = z.object({ policy: modelInfoSchema, reward: rewardInfoSchema.nullable() })

const header = {
  format: z.literal(RUN_FORMAT),
  version: z.literal(RUN_VERSION),
  app: z.string(),
  createdAt: z.iso.datetime(),
  title: z.string(),
  status: z.enum(RUN_FILE_STATUSES),
  setup: runSetupSchema,
  models: modelsSchema.nullable(),
  measured: measuredSchema,
  parent: parentSchema.nullable(),
  selected: z.object({ event: count, node: count.nullable() }).nullable(),
}

const runFileSchema = z.object({ ...header, events: z.array(eventSchema) }) satisfies z.ZodType<RunFile>

/** JSON with one event a line, so that a diff of two runs is readable. */
export function writeRunFile(run: Omit<RunFile, 'format' | 'version'>): string {
  const { events, ...rest } = run
  const head = JSON.stringify({ format: RUN_FORMAT, version: RUN_VERSION, ...rest }, null, 1).replace(/\n}$/, '')
  if (events.length === 0) return `${head},\n "events": []\n}\n`
  return `${head},\n "events": [\n${events.map((event) => `  ${JSON.stringify(event)}`).join(',\n')}\n ]\n}\n`
}

/**
 * Reads a run file. Throws a StepscopeError: `bad-file` with file and field (or line and column) for text that is
 * not JSON, a field of another kind, or an event about a node that is not there; `wrong-version` for another version.
 */
export function readRunFile(text: string, file: string): RunFile {
  return readRunValue(
    readJsonText(text, { place: { file }, nextStep: 'Export the run again, or open another file.' }),
    file,
  )
}

/** As `readRunFile`, of what its JSON says. */
export function readRunValue(value: unknown, file: string): RunFile {
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'format') !== RUN_FORMAT) {
    throw new StepscopeError({
      code: 'bad-file',
      message: 'This is not a Stepscope run',
      expected: `"format": "${RUN_FORMAT}"`,
      place: { file, field: 'format' },
      nextStep: 'Open a file made by “Export run”.',
    })
  }
  const version: unknown = Reflect.get(value, 'version')
  if (version !== RUN_VERSION) {
    const newer = typeof version === 'number' && version > RUN_VERSION
    throw new StepscopeError({
      code: 'wrong-version',
      message: 'The run file is of another format version',
      expected: String(RUN_VERSION),
      found: JSON.stringify(version) ?? 'nothing',
      place: { file, field: 'version' },
      nextStep: newer ? 'Reload Stepscope to get its newest version.' : 'Run the problem again and export it.',
    })
  }
  const run = parseWith(runFileSchema, value, file)
  checkEvents(run.events, file)
  checkHeader(run, file)
  return run
}

/** What the header says must be what the events say. */
function checkHeader(run: RunFile, file: string): void {
  const { events, models, selected, setup, status } = run
  const [started] = events
  try {
    checkSetup(setup)
  } catch (error) {
    const details = toErrorDetails(error)
    const field = ['strategy', 'seed'].includes(details.place?.field ?? '') ? 'setup' : 'setup.config'
    const place = { file, field: `${field}.${details.place?.field}` }
    throw new StepscopeError({ ...details, code: 'bad-file', place, nextStep: EXPORTED }, { cause: error })
  }
  if (started?.type === 'started') {
    const { policy, reward } = started
    checkSame(setup, started.setup, file, 'setup')
    checkSame(identity(models?.policy), identity(policy), file, 'models.policy')
    checkSame(identity(models?.reward), identity(reward), file, 'models.reward')
  } else if (models !== null)
    throw senseless({ file, field: 'models' }, 'A run without events has no models', 'null', 'models')
  if (status === 'finished' && events.at(-1)?.type !== 'finished') {
    throw senseless({ file, field: 'status' }, 'The last event does not end the run', 'another status', status)
  }
  if (selected === null) return
  if (selected.event > events.length) {
    const expected = `at most ${events.length}`
    throw senseless({ file, field: 'selected.event' }, 'The selected event does not exist', expected, selected.event)
  }
  const nodes = countNodes(events)
  if (selected.node !== null && selected.node >= nodes) {
    const expected = nodes === 0 ? 'null' : `0 to ${nodes - 1}`
    throw senseless({ file, field: 'selected.node' }, 'The selected node does not exist', expected, selected.node)
  }
}

/** Objects field by field; the order of fields does not matter. */
function checkSame(told: unknown, happened: unknown, file: string, field: string): void {
  if (isObject(told) && isObject(happened)) {
    for (const key of new Set([...Object.keys(happened), ...Object.keys(told)])) {
      checkSame(told[key], happened[key], file, `${field}.${key}`)
    }
  } else if (told !== happened) {
    throw senseless({ file, field }, 'The file says otherwise than its first event', show(happened), show(told))
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? 'nothing' : JSON.stringify(value)
}

/** What says which model it is; how it ran is told beside. */
function identity(model: ModelInfo | null | undefined): { readonly id: string; readonly hash: string } | null {
  return model ? { id: model.id, hash: model.hash } : null
}
