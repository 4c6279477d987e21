import { EARLIER_STRATEGY_IDS } from '../../src/search/earlier-setup.ts'
import { STOP_REASON_IDS } from '../../src/search/events.ts'
import type { Setting } from '../../src/search/settings.ts'
import { SETTING_NAMES, STRATEGY_IDS, settingOf } from '../../src/search/settings.ts'
import type { Rule } from './rules.ts'
import { all, exactly, flag, list, matching, nothing, number, object, optional, or, text, whole } from './rules.ts'

const AGGREGATIONS = ['last', 'min', 'product', 'mean', 'sum-log-odds']

/** Each setting within its limits; files are older than some of them. */
const configFields = Object.fromEntries(SETTING_NAMES.map((name) => [name, optional(settingRule(settingOf(name)))]))

function settingRule(setting: Setting): Rule {
  if (setting.kind === 'choice') return exactly(...setting.choices.map(({ id }) => id))
  const { kind, min, minExcluded, max } = setting
  return kind === 'integer' ? whole(min, max) : number(minExcluded ? min + Number.MIN_VALUE : min, max)
}

const setupFields = {
  task: text,
  problem: text,
  strategy: exactly(...STRATEGY_IDS, ...EARLIER_STRATEGY_IDS),
  config: object(configFields),
  seed: whole(0, 2 ** 32 - 1),
  prefix: list(text),
}
const setup = object(setupFields)
const account = all(
  object({ asked: whole(), executed: whole(), unique: whole(), merged: whole(), overrun: whole(), flops: number(0) }),
  (value) => {
    const { executed, unique, merged, overrun } = value as Record<string, number>
    return executed === (unique ?? 0) + (merged ?? 0) + (overrun ?? 0) ? null : 'is no ledger'
  },
)
const ledger = object({ policy: account, reward: account })
const model = {
  id: text,
  hash: matching(/^[0-9a-f]{16}$/),
  family: text,
  parameters: whole(),
  contextLength: whole(1),
  backend: exactly('webgpu', 'wasm', 'cpu', 'scripted', 'transformers.js', 'remote'),
  adapter: text,
  flops: object({ token: number(0), head: number(0), context: number(0) }),
  weights: optional(exactly('f32', 'f16', 'int8', 'int4')),
}
const policy = object(model)
const reward = or(
  object({ ...model, kind: exactly('process', 'outcome'), aggregation: exactly(...AGGREGATIONS) }),
  nothing,
)
const logprob = number(-Number.MAX_VALUE, 1e-4)
const score = or(number(0, 1), nothing)
const anyScore = or(number(), nothing)
const verdict = object({ answer: or(text, nothing), correct: flag, explanation: text })
const step = {
  node: whole(),
  parent: whole(),
  text,
  tokens: list(object({ id: whole(), text, logprob })),
  logprob,
  finish: exactly('step', 'eos', 'length'),
  verdict: or(verdict, nothing),
}
const decision = object({
  rule: text,
  score: anyScore,
  against: anyScore,
  rank: whole(),
  of: whole(),
  kept: whole(),
  subtree: optional(whole()),
  share: optional(object({ children: whole(), left: whole() })),
})
const round = whole()

const EVENTS: Readonly<Record<string, Rule>> = {
  started: object({ ledger, setup, prompt: text, policy, reward }),
  proposed: object({
    ledger,
    ...step,
    round,
    samples: list(whole(), 1),
    given: flag,
    reused: flag,
    subtrees: optional(list(whole())),
  }),
  scored: object({ ledger, round, node: whole(), score, pathScore: number() }),
  rolledOut: object({
    ledger,
    round,
    node: whole(),
    steps: list(object({ ...step, score, reused: flag })),
    pathScore: number(),
    accepted: flag,
  }),
  kept: object({ ledger, round, node: whole(), decision }),
  pruned: object({ ledger, round, node: whole(), decision }),
  selected: object({
    ledger,
    round,
    node: whole(),
    choices: list(
      object({
        node: whole(),
        compared: list(
          object({ node: whole(), prior: number(0, 1), visits: whole(), value: number(0, 1), priority: number() }),
        ),
      }),
    ),
  }),
  expanded: object({ ledger, round, node: whole(), children: list(object({ node: whole(), prior: number(0, 1) })) }),
  evaluated: object({ ledger, round, node: whole(), score: number(0, 1), outcome: score, value: number(0, 1) }),
  revised: object({ ledger, round, node: whole(), before: number(0, 1), score: number(0, 1) }),
  backedUp: object({ ledger, round, node: whole(), visits: whole(), value: number(0, 1) }),
  finished: object({
    ledger,
    reason: exactly(...STOP_REASON_IDS),
    node: or(whole(), nothing),
    answer: or(text, nothing),
    correct: flag,
    response: text,
    explanation: text,
    candidates: list(
      object({ node: whole(), answer: or(text, nothing), correct: flag, pathScore: anyScore, count: whole() }),
    ),
  }),
}

const event: Rule = (value) => {
  const type: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined
  const rule = typeof type === 'string' && Object.hasOwn(EVENTS, type) ? EVENTS[type] : undefined
  return rule ? rule(value) : 'is no event'
}

const shape = object({
  format: exactly('stepscope-run'),
  version: exactly(1),
  app: text,
  createdAt: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/),
  title: text,
  status: exactly('finished', 'cancelled', 'failed', 'interrupted'),
  setup,
  models: or(object({ policy, reward }), nothing),
  measured: object({
    wallMs: number(0),
    passes: whole(),
    peakBytes: number(0),
    readbackBytes: optional(or(number(0), nothing)),
  }),
  parent: or(object({ run: text, node: whole(), event: whole() }), nothing),
  selected: or(object({ event: whole(), node: or(whole(), nothing) }), nothing),
  events: list(event),
})

interface Step {
  readonly node: number
  readonly parent: number
  readonly reused: boolean
}

interface Run {
  readonly setup: unknown
  readonly status: string
  readonly models: { readonly policy: { readonly hash: string } } | null
  readonly selected: { readonly event: number; readonly node: number | null } | null
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

/** The sense of it: beginning and end, the ledger never shrinking, the header that says what the events say, nodes. */
const sense: Rule = (value) => {
  const { setup: told, status, models, selected, events } = value as Run
  let nodes = 0
  let before = 0
  for (const [index, one] of events.entries()) {
    if ((one.type === 'started') !== (index === 0)) return `events[${index}] is not where it can be`
    if (one.type === 'finished' && index < events.length - 1) return 'events is going on after the end'
    const spent =
      JSON.stringify(one.ledger)
        .match(/\d+(\.\d+)?(e\+\d+)?/g)
        ?.reduce((sum, part) => sum + Number(part), 0) ?? 0
    if (spent < before) return `events[${index}].ledger is shrinking`
    before = spent
    if (one.type === 'started') nodes = 1
    const steps = (one.type === 'proposed' ? [one] : one.type === 'rolledOut' ? one.steps : []) as readonly Step[]
    for (const { node, parent, reused } of steps) {
      if (parent >= nodes || (reused ? node >= nodes : node !== nodes)) return `events[${index}] is about no node`
      if (!reused) nodes += 1
    }
    if (one.type !== 'proposed' && typeof one.node === 'number' && one.node >= nodes)
      return `events[${index}] is about no node`
  }
  const first = events[0] as { setup?: unknown; policy?: { hash: string } } | undefined
  if (first && shown(first.setup) !== shown(told)) return 'setup is not that of the events'
  if (first && models?.policy.hash !== first.policy?.hash) return 'models is not that of the events'
  if (status === 'finished' && events.at(-1)?.type !== 'finished') return 'status is not that of the events'
  if (selected && (selected.event > events.length || (selected.node ?? 0) > Math.max(0, nodes - 1)))
    return 'selected is nowhere'
  return null
}

/** A setup as a text, without fields that none has. */
function shown(told: unknown): string {
  const { config, ...rest } = told as { config: Record<string, unknown> } & Record<string, unknown>
  const fields = Object.keys(setupFields).filter((name) => name !== 'config')
  return JSON.stringify([fields.map((name) => rest[name]), Object.keys(configFields).map((name) => config[name])])
}

export const runFileRule: Rule = all(shape, sense)
