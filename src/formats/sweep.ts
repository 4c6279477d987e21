import { z } from 'zod'
import { BOUNDS, bounded } from '../core/bounds.ts'
import { StepscopeError } from '../core/errors.ts'
import { readJsonText } from '../core/json.ts'
import { firstSchemaIssue } from '../core/schema-issue.ts'
import { checkSetup } from '../search/check-setup.ts'
import type { Setting, SettingName, StrategyConfig } from '../search/settings.ts'
import { DEFAULT_CONFIG, SETTING_NAMES, STRATEGY_IDS, settingOf } from '../search/settings.ts'
import type { SweepConfig } from '../sweep/config.ts'
import { VARIED_SETTINGS } from '../sweep/config.ts'
import { searchesOf } from '../sweep/plan.ts'
import type { SweepResult } from '../sweep/result.ts'
import { SPLITS } from '../tasks/split.ts'
import type { RowFormat } from './json-lines.ts'
import { readRows } from './json-lines.ts'

function valueSchema(setting: Setting): z.ZodType {
  if (setting.kind === 'choice') return z.enum(setting.choices.map(({ id }) => id))
  const { kind, min, max } = setting
  const number = z.number().min(min).max(max)
  return kind === 'integer' ? number.int() : number
}

const record = (names: readonly SettingName[], schema: (name: SettingName) => z.ZodType) =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, z.exactOptional(schema(name))])))

/** Only the settings that differ from the defaults. */
const settingsSchema = record(SETTING_NAMES, (name) => valueSchema(settingOf(name))) as unknown as z.ZodType<
  Partial<StrategyConfig>
>

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'Expected 64 hexadecimal digits')

const generated = z.strictObject({
  source: z.literal('generated'),
  difficulty: z.string(),
  count: bounded(BOUNDS.problems),
  seed: bounded(BOUNDS.seed),
  split: z.enum(SPLITS),
})
const file = z.strictObject({
  source: z.literal('file'),
  file: z.string().min(1),
  hash: hash.nullable().default(null),
})

/** Searches of a sweep, in all: more would take months. */
const MOST = 100
const list = <T>(schema: z.ZodType<T>) => z.array(schema).min(1).max(MOST)

/** Its fields; whether its searches can run is told by `readSweepConfig`. */
export const sweepConfigSchema = z.strictObject({
  version: z.literal(1),
  task: z.string().min(1),
  problems: z.discriminatedUnion('source', [generated, file]),
  lines: list(z.strictObject({ strategy: z.enum(STRATEGY_IDS), config: settingsSchema.default({}) })),
  budgets: list(bounded({ min: 1, max: 4096 })),
  vary: record(VARIED_SETTINGS, (name) => list(valueSchema(settingOf(name)))).default({}) as unknown as z.ZodType<
    SweepConfig['vary']
  >,
  models: list(
    z.strictObject({
      policy: z.string().min(1),
      reward: z.string().min(1).nullable(),
      outcome: z.string().min(1).exactOptional(),
    }),
  ),
  seeds: list(bounded(BOUNDS.seed)),
}) satisfies z.ZodType<SweepConfig>

/**
 * A sweep's config from plain data.
 * @param place the file, for errors
 * @throws StepscopeError `bad-setting` that names the first field that cannot be used
 */
export function readSweepConfig(value: unknown, place: { readonly file?: string } = {}): SweepConfig {
  const read = sweepConfigSchema.safeParse(value)
  if (!read.success) {
    const { path, message, found } = firstSchemaIssue(read.error, value)
    throw new StepscopeError({
      code: 'bad-setting',
      message,
      found,
      place: { ...place, field: path.map(String).join('.') },
    })
  }
  checkSearches(read.data, place)
  return read.data
}

/** Settings that a search could not run with are refused before any search is run. */
function checkSearches(config: SweepConfig, place: { readonly file?: string }): void {
  for (const { name, strategy, config: settings } of searchesOf(config)) {
    try {
      checkSetup({ strategy, config: { ...DEFAULT_CONFIG, ...settings }, seed: 0 })
    } catch (error) {
      if (!(error instanceof StepscopeError)) throw error
      throw new StepscopeError({
        ...error.details,
        message: `${name}: ${error.details.message}`,
        place: { ...place, ...error.details.place },
      })
    }
  }
}

/** @throws StepscopeError as `readSweepConfig`, and `bad-file` where the text is no JSON */
export function readSweepFile(text: string, file: string): SweepConfig {
  return readSweepConfig(readJsonText(text, { place: { file }, what: 'file' }), { file })
}

export function writeSweepFile(config: SweepConfig): string {
  return `${JSON.stringify(config, null, 1)}\n`
}

const count = z.int().nonnegative()
const cost = z.number().nonnegative()

const resultFormat: RowFormat<SweepResult> = {
  schema: z.object({
    key: z.string(),
    search: z.string(),
    problem: count,
    strategy: z.enum(STRATEGY_IDS),
    config: record(SETTING_NAMES, (name) => valueSchema(settingOf(name))).transform((given) => ({
      ...DEFAULT_CONFIG,
      ...given,
    })) as unknown as z.ZodType<StrategyConfig>,
    budget: count.nullable(),
    pair: count,
    seed: bounded(BOUNDS.seed),
    correct: z.boolean().nullable(),
    answer: z.string().nullable(),
    policyTokens: count,
    rewardTokens: count,
    tokensAsked: count,
    flops: z.object({ policy: cost, reward: cost }),
    seconds: cost,
    shared: z.string().nullable(),
    executed: z.object({ policyTokens: count, rewardTokens: count, flops: cost }).exactOptional(),
    finished: count,
    passes: count.nullable(),
    error: z
      .object({
        message: z.string(),
        place: z
          .object({
            file: z.string().exactOptional(),
            field: z.string().exactOptional(),
            line: z.number().exactOptional(),
          })
          .exactOptional(),
      })
      .exactOptional(),
  }),
  example: 'stepscope sweep does',
}

/** @throws StepscopeError `bad-file` naming file, line and field of the first line that is no result */
export function readResults(text: string, file: string): SweepResult[] {
  return readRows(resultFormat, text, file)
}

export function writeResults(results: readonly SweepResult[]): string {
  return results.map((result) => `${JSON.stringify(result)}\n`).join('')
}

/** A kept result; null where it was written by something else. */
export function keptResult(value: unknown): SweepResult | null {
  const read = resultFormat.schema.safeParse(value)
  return read.success ? read.data : null
}
