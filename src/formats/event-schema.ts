import { z } from 'zod'
import { BACKEND_KINDS } from '../core/backends.ts'
import { BOUNDS, bounded } from '../core/bounds.ts'
import { EARLIER_STRATEGY_IDS, todaysStrategy } from '../search/earlier-setup.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import { DECISION_RULES, FORCED, STOP_REASON_IDS } from '../search/events.ts'
import { AGGREGATIONS, WEIGHT_FORMATS } from '../search/models.ts'
import type { Setting, StrategyConfig } from '../search/settings.ts'
import { SETTING_NAMES, STRATEGY_IDS, settingOf } from '../search/settings.ts'

// Compiled parsers need `new Function`, which the page's content policy refuses (and reports) even when it is only tried.
z.config({ jitless: true })

const count = z.int().nonnegative()
const nodeId = bounded(BOUNDS.node)
const nullableNumber = z.number().nullable()
const flops = z.number().nonnegative()

/** Values may be out of range, as they stand in a form; `checkSetup` tells that. */
function settingSchema(setting: Setting) {
  if (setting.kind === 'choice') return z.enum(setting.choices.map(({ id }) => id)).default(setting.default)
  return (setting.kind === 'integer' ? count : z.number()).default(setting.default)
}

/** A setting that is left out has its default: files are older than some settings. */
const configSchema = z.object(
  Object.fromEntries(SETTING_NAMES.map((name) => [name, settingSchema(settingOf(name))])),
) as unknown as z.ZodType<StrategyConfig>

export const setupSchema = z.object({
  task: z.string(),
  problem: z.string(),
  // Runs of earlier versions lack it.
  fields: z.record(z.string(), z.unknown()).exactOptional(),
  strategy: z.enum([...STRATEGY_IDS, ...EARLIER_STRATEGY_IDS]),
  config: configSchema,
  seed: bounded(BOUNDS.seed),
  // Told where a person chose it.
  system: z.string().exactOptional(),
  prefix: z.array(z.string()),
})

/** The same of a run, its strategy as it is called today. */
export const runSetupSchema = setupSchema.transform(todaysStrategy) satisfies z.ZodType<RunSetup>

const modelLedger = z.object({
  asked: count,
  executed: count,
  unique: count,
  merged: count,
  overrun: count,
  flops,
})
/** Of a model: the beginning of a SHA-256. */
export const hash = z.string().regex(/^[0-9a-f]{16}$/, 'Expected 16 hexadecimal digits')
export const ledger = z.object({ policy: modelLedger, reward: modelLedger })

export const modelInfoSchema = z.object({
  id: z.string(),
  hash,
  family: z.string(),
  parameters: count,
  weights: z.enum(WEIGHT_FORMATS).exactOptional(),
  contextLength: bounded(BOUNDS.positions),
  stepEnds: z.array(z.string().min(1)).min(1).exactOptional(),
  backend: z.enum([...BACKEND_KINDS, 'scripted', 'transformers.js', 'remote']),
  adapter: z.string(),
  flops: z.object({ token: flops, head: flops, context: flops }),
  // Runs of earlier versions lack it.
  choices: z.record(z.string(), z.string()).exactOptional(),
})
export const rewardInfoSchema = modelInfoSchema.extend({
  kind: z.enum(['process', 'outcome']),
  aggregation: z.enum(AGGREGATIONS),
})

const verdict = z.object({
  answer: z.string().nullable(),
  correct: z.boolean().nullable(),
  // Told where the answer is chosen by votes that are not over answers.
  vote: z.string().nullable().exactOptional(),
  explanation: z.string(),
})

const promptToken = z.object({ id: bounded(BOUNDS.tokenId), text: z.string() })

const step = {
  node: nodeId,
  parent: nodeId,
  text: z.string(),
  tokens: z.array(promptToken.extend({ logprob: z.number() })),
  logprob: z.number(),
  finish: z.enum(['step', 'eos', 'length']),
  verdict: verdict.nullable(),
}

const decision = z.object({
  rule: z.enum(DECISION_RULES),
  score: nullableNumber,
  against: nullableNumber,
  rank: count,
  of: count,
  kept: count,
  subtree: count.exactOptional(),
  share: z.object({ children: count, left: count }).exactOptional(),
  early: z.object({ tokens: count, least: count, wait: count, waits: count }).exactOptional(),
})

const round = count

/** One event of a search, exactly as strategies yield it. */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    ledger,
    setup: runSetupSchema,
    prompt: z.string(),
    promptTokens: z.array(promptToken).exactOptional(),
    policy: modelInfoSchema,
    reward: rewardInfoSchema.nullable(),
  }),
  z.object({
    type: z.literal('proposed'),
    ledger,
    ...step,
    round,
    samples: z.array(count),
    given: z.boolean(),
    reused: z.boolean(),
    subtrees: z.array(count).exactOptional(),
    forced: z.enum(FORCED).exactOptional(),
  }),
  z.object({ type: z.literal('scored'), ledger, round, node: nodeId, score: nullableNumber, pathScore: z.number() }),
  z.object({
    type: z.literal('rolledOut'),
    ledger,
    round,
    node: nodeId,
    steps: z.array(z.object({ ...step, score: nullableNumber, reused: z.boolean() })),
    pathScore: z.number(),
    accepted: z.boolean(),
  }),
  z.object({ type: z.literal('kept'), ledger, round, node: nodeId, decision }),
  z.object({ type: z.literal('pruned'), ledger, round, node: nodeId, decision }),
  z.object({
    type: z.literal('selected'),
    ledger,
    round,
    node: nodeId,
    choices: z.array(
      z.object({
        node: nodeId,
        compared: z.array(
          z.object({ node: nodeId, prior: z.number(), visits: count, value: z.number(), priority: z.number() }),
        ),
      }),
    ),
  }),
  z.object({
    type: z.literal('expanded'),
    ledger,
    round,
    node: nodeId,
    children: z.array(z.object({ node: nodeId, prior: z.number() })),
  }),
  z.object({
    type: z.literal('evaluated'),
    ledger,
    round,
    node: nodeId,
    score: z.number(),
    outcome: nullableNumber,
    value: z.number(),
  }),
  z.object({ type: z.literal('revised'), ledger, round, node: nodeId, before: z.number(), score: z.number() }),
  z.object({ type: z.literal('backedUp'), ledger, round, node: nodeId, visits: count, value: z.number() }),
  z.object({
    type: z.literal('finished'),
    ledger,
    reason: z.enum(STOP_REASON_IDS),
    node: nodeId.nullable(),
    answer: z.string().nullable(),
    correct: z.boolean().nullable(),
    response: z.string(),
    explanation: z.string(),
    candidates: z.array(
      z.object({
        node: nodeId,
        answer: z.string().nullable(),
        correct: z.boolean().nullable(),
        pathScore: nullableNumber,
        count,
      }),
    ),
  }),
]) satisfies z.ZodType<SearchEvent>
