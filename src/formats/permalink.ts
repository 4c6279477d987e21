import { z } from 'zod'
import type { ArithmeticChoice } from '../core/backends.ts'
import { ARITHMETIC_CHOICES } from '../core/backends.ts'
import type { Bound } from '../core/bounds.ts'
import { BOUNDS, describeBound, isWithin } from '../core/bounds.ts'
import type { ErrorDetails } from '../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import { readMeaning } from '../search/check-setup.ts'
import { namedStrategy, todaysStrategy } from '../search/earlier-setup.ts'
import { readGivenStep } from '../search/given-step.ts'
import type { StrategyConfig, StrategyId } from '../search/settings.ts'
import { SETTING_NAMES, STRATEGY_IDS } from '../search/settings.ts'
import type { SweepConfig } from '../sweep/config.ts'
import type { ComparedSpec } from './compared-spec.ts'
import { readComparedSpec, writeComparedSpec } from './compared-spec.ts'
import { readLinkJson, readRecipeLink, writeRecipeLink } from './recipe-link.ts'
import { configDifference } from './strategy-spec.ts'
import { readSweepConfig } from './sweep.ts'
import type { TrainingRecipe } from './training-recipe.ts'

/** Of a run: its tree; what a user of a hosted model sees; that and the chain behind it. */
export const CHAIN_SHOWN = ['off', 'hidden', 'shown'] as const
export type ChainShown = (typeof CHAIN_SHOWN)[number]

/** What a link reproduces. */
export interface LinkState {
  readonly task: string
  readonly problem: string
  /** The gold answer that a person gave; '' for none. */
  readonly gold: string
  /** What a person wants a chat with the policy to begin with; null: what the task and the model say. */
  readonly system: string | null
  readonly policy: string
  readonly reward: string
  /** What is asked of whoever opens it; `strict` gives the same tree on every machine. */
  readonly arithmetic: ArithmeticChoice
  readonly strategy: StrategyId
  readonly config: StrategyConfig
  readonly seed: number
  readonly prefix: readonly string[]
  /** Events applied in the run that is shown; null where none is selected. */
  readonly event: number | null
  readonly node: number | null
  readonly chain: ChainShown
  /** Columns side by side; settings are those that differ from the defaults, models those of their own. */
  readonly compare: readonly ComparedSpec[]
  /** What the next training run does; null where the link is not about training. */
  readonly recipe: TrainingRecipe | null
  /** What the next sweep does; null where the link is not about the scaling lab. */
  readonly sweep: SweepConfig | null
}

interface Field<T> {
  readonly key: string
  read(text: string): T
  write(value: T): string
}

const text = (key: string): Field<string> => ({ key, read: (value) => value, write: (value) => value })
const whole = (key: string, bound: Bound): Field<number> => ({
  key,
  read: (value) => {
    if (!/^\d{1,15}$/.test(value) || !isWithin(bound, Number(value))) throw badValue(describeBound(bound), value)
    return Number(value)
  },
  write: String,
})
const choice = <T extends string>(key: string, ids: readonly T[]): Field<T> => ({
  key,
  read: (value) => {
    const chosen = ids.find((id) => id === value)
    if (chosen === undefined) throw badValue(`one of ${ids.join(', ')}`, value)
    return chosen
  },
  write: (value) => value,
})
/** Absent means null; present is a whole number. */
const position = (key: string, bound: Bound): Field<number | null> => ({ ...whole(key, bound), write: String })

/** The one table of fields: what stands in the state, and how it stands in the URL. */
const FIELDS: { readonly [K in Exclude<keyof LinkState, 'config' | 'strategy'>]: Field<LinkState[K]> } & {
  readonly strategy: Field<NonNullable<ReturnType<typeof namedStrategy>>>
} = {
  task: text('task'),
  problem: text('problem'),
  gold: text('gold'),
  system: text('system'),
  policy: text('policy'),
  reward: text('prm'),
  arithmetic: choice('arithmetic', ARITHMETIC_CHOICES),
  strategy: {
    key: 'strategy',
    read: (value) => {
      const strategy = namedStrategy(value)
      if (!strategy) throw badValue(`one of ${STRATEGY_IDS.join(', ')}`, value)
      return strategy
    },
    write: (value) => value,
  },
  seed: whole('seed', BOUNDS.seed),
  prefix: {
    key: 'prefix',
    read: (value) => {
      const parsed = z.array(z.string()).max(BOUNDS.responseSteps.max).safeParse(readLinkJson(value, 'prefix'))
      if (!parsed.success) throw badValue(`a JSON list of at most ${BOUNDS.responseSteps.max} texts`, value)
      return parsed.data.map(readGivenStep)
    },
    write: (value) => JSON.stringify(value),
  },
  event: position('event', BOUNDS.events),
  node: position('node', BOUNDS.node),
  chain: choice('chain', CHAIN_SHOWN),
  compare: {
    key: 'compare',
    read: (value) => {
      const specs = value === '' ? [] : value.split(',').map(readComparedSpec)
      if (specs.length === 1 || specs.length > 4) throw badValue('two to four strategies', value)
      return specs
    },
    write: (value) => value.map(writeComparedSpec).join(','),
  },
  recipe: {
    key: 'recipe',
    read: readRecipeLink,
    // Fields that are null are not written.
    write: (value) => (value === null ? '' : writeRecipeLink(value)),
  },
  sweep: {
    key: 'sweep',
    read: (value) => readSweepConfig(readLinkJson(value, 'sweep'), { file: 'link' }),
    write: (value) => (value === null ? '' : JSON.stringify(value)),
  },
}

const FIELD_NAMES = Object.keys(FIELDS) as readonly (keyof typeof FIELDS)[]

/** URL hash with what differs from the defaults, without its `#`; '' where nothing does. */
export function writePermalink(state: LinkState, defaults: LinkState): string {
  const parameters = new URLSearchParams()
  for (const name of FIELD_NAMES) {
    const written = writeField(name, state)
    if (written !== null && written !== writeField(name, defaults)) {
      parameters.set(FIELDS[name].key, written)
    }
  }
  const changes = configDifference(state.config, defaults.config)
  for (const [name, value] of Object.entries(changes)) parameters.set(name, String(value))
  return parameters.toString()
}

/**
 * Reads a hash, with or without its `#`. A bad value falls back to its default and leaves a message; a name that no
 * field has leaves one, too. Never throws.
 */
export function readPermalink(
  hash: string,
  defaults: LinkState,
): { readonly state: LinkState; readonly problems: readonly ErrorDetails[] } {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''))
  const problems: ErrorDetails[] = []
  const damaged = damagedKeys(hash)
  const attempt = <T>(key: string, read: (value: string) => T, fallback: T): T => {
    const [value, ...others] = parameters.getAll(key)
    if (value === undefined) return fallback
    try {
      if (others.length > 0)
        throw badValue('one value', [value, ...others].join(', '), 'The name stands more than once')
      if (damaged.has(key)) throw badValue('two hexadecimal digits after each %', value, 'The value is cut or changed')
      return read(value)
    } catch (error) {
      const details = toErrorDetails(error)
      const inner = details.place?.field
      problems.push({
        ...details,
        place: { file: 'link', field: inner === undefined || inner === key ? key : `${key}.${inner}` },
        nextStep: 'The default is used instead.',
      })
      return fallback
    }
  }
  const field = <K extends keyof typeof FIELDS>(name: K): LinkState[K] => {
    const { key, read }: { key: string; read(value: string): unknown } = FIELDS[name]
    return attempt<unknown>(key, read, defaults[name]) as LinkState[K]
  }
  const strategy = field('strategy')
  const config = Object.fromEntries(
    SETTING_NAMES.map((name) => [
      name,
      attempt<unknown>(name, (text) => readMeaning(name, text), defaults.config[name]),
    ]),
  ) as unknown as StrategyConfig
  const known = new Set<string>([...FIELD_NAMES.map((name) => FIELDS[name].key), ...SETTING_NAMES])
  for (const key of new Set(parameters.keys())) {
    if (!known.has(key)) {
      problems.push({
        code: 'bad-setting',
        message: /^\/[a-z]+(\/|$)/i.test(key)
          ? 'The link names a screen that is not there'
          : 'The link has a field this version does not know',
        found: JSON.stringify(key),
        place: { file: 'link', field: key },
        nextStep: 'It is left out.',
      })
    }
  }
  const state: LinkState = {
    task: field('task'),
    problem: field('problem'),
    gold: field('gold'),
    system: field('system'),
    policy: field('policy'),
    reward: field('reward'),
    arithmetic: field('arithmetic'),
    ...todaysStrategy({ strategy, config }),
    seed: field('seed'),
    prefix: field('prefix'),
    event: field('event'),
    node: field('node'),
    chain: field('chain'),
    compare: field('compare'),
    recipe: field('recipe'),
    sweep: field('sweep'),
  }
  return { state, problems }
}

function writeField(name: keyof typeof FIELDS, state: LinkState): string | null {
  const value = state[name]
  if (value === null) return null
  const { write }: { write(value: never): string } = FIELDS[name]
  return write(value as never)
}

/** Names whose values have escapes that stand for no text. */
function damagedKeys(hash: string): Set<string> {
  const damaged = hash.split('&').filter((pair) => {
    try {
      decodeURIComponent(pair)
      return false
    } catch {
      return true
    }
  })
  return new Set(damaged.flatMap((pair) => [...new URLSearchParams(pair.replace(/^#/, '')).keys()]))
}

function badValue(expected: string, found: string, message = 'The value cannot be used'): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message,
    expected,
    found: JSON.stringify(found),
  })
}
