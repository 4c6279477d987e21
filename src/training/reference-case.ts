import type { Backend } from '../compute/backend.ts'
import type { AdamwSettings } from '../compute/kernels/adamw/adamw-settings.ts'
import { StepscopeError } from '../core/errors.ts'
import { sigmoid } from '../core/numerics.ts'
import type { CheckpointFiles } from '../engine/checkpoint-files.ts'
import { openWeights } from '../engine/checkpoint-weights.ts'
import { readConfig } from '../engine/config.ts'
import type { DecoderConfig, WeightSource } from '../engine/decoder.ts'
import { generalizedAdvantages, groupAdvantages, shapedRewards, whiten } from './advantages.ts'
import type { TrainableOptions } from './model/trainable-model.ts'
import { TrainableModel, VALUE_HEAD } from './model/trainable-model.ts'
import type { Metrics, Objective } from './objective.ts'
import { dpo } from './objectives/dpo.ts'
import { grpo } from './objectives/grpo.ts'
import { implicitProcessReward, implicitTokenRewards } from './objectives/implicit-process-reward.ts'
import { outcomeReward } from './objectives/outcome-reward.ts'
import { ppo } from './objectives/ppo.ts'
import { processReward } from './objectives/process-reward.ts'
import { rankedReward } from './objectives/ranked-reward.ts'
import { sft } from './objectives/sft.ts'
import type { RecordedCase, RecordedTensor } from './recorded-case.ts'
import type { SequenceValues, TrainingSequence } from './sequence.ts'
import type { Named } from './train-step.ts'
import { accumulateGradients, evaluateItems, trainStep } from './train-step.ts'

export interface CaseInput {
  readonly backend: Backend
  readonly recorded: RecordedCase
  readonly model: CheckpointFiles
  /** Null where the case has none. */
  readonly reference: CheckpointFiles | null
  /** To try that they change nothing. */
  readonly recompute?: boolean
  readonly passTokens?: number
}

export interface CaseResult {
  /** Recomputed tensors under the case's names; inputs as they were. */
  readonly tensors: ReadonlyMap<string, RecordedTensor>
  /** Loss, gradient norm and metrics; of each step where there are several. */
  readonly figures: Metrics | { readonly trajectory: readonly Metrics[] }
}

/** Gradients only: no step is made. */
const NO_STEP: AdamwSettings = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxNorm: 0 }

/**
 * Recomputes a case recorded with PyTorch (its conventions: docs/training.md): the case's name selects the objective.
 * @throws StepscopeError `bad-setting` for a name of no objective; `bad-file` where an input is missing
 */
export function runReferenceCase(input: CaseInput): Promise<CaseResult> {
  const { name } = input.recorded
  const found = Object.entries(CASES).find(([prefix]) => name === prefix || name.startsWith(`${prefix}-`))
  if (found !== undefined) return found[1](input)
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'No objective has this name',
    expected: `one of ${Object.keys(CASES).join(', ')}`,
    found: name,
    nextStep: 'Name the case after its objective.',
  })
}

/** The first one that fits: longer names first. */
const CASES: Readonly<Record<string, (input: CaseInput) => Promise<CaseResult>>> = {
  'sft-adamw': sftSteps,
  'sft-lora': sftLowRank,
  sft: sftGradients,
  'prm-soft-bce': processRewardCase,
  'reward-bradley-terry': rankedRewardCase,
  'reward-outcome-bce': outcomeRewardCase,
  'implicit-prm': implicitCase,
  dpo: dpoCase,
  ppo: ppoCase,
  grpo: grpoCase,
}

async function sftGradients(input: CaseInput): Promise<CaseResult> {
  return withModel(input, {}, async (model) => {
    const figures = await gradients(model, sft, completionItems(input.recorded))
    return { figures, tensors: await named(input, model) }
  })
}

async function sftSteps(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const settings: AdamwSettings = {
    learningRate: recorded.figure('optimizer', 'lr'),
    beta1: recorded.figure('optimizer', 'betas', '0'),
    beta2: recorded.figure('optimizer', 'betas', '1'),
    epsilon: recorded.figure('optimizer', 'eps'),
    weightDecay: recorded.figure('optimizer', 'weight_decay'),
    maxNorm: recorded.figure('optimizer', 'max_grad_norm'),
  }
  const trajectory = recorded.value('trajectory')
  const steps = Array.isArray(trajectory) ? trajectory.length : 20
  return withModel(input, {}, async (model) => {
    const items = completionItems(recorded)
    const figures: Metrics[] = []
    for (let step = 1; step <= steps; step++) figures.push(await trainStep(model, sft, items, settings, step))
    const weights = await model.read('weights')
    const final = new Map([...weights].map(([name, tensor]) => [`final.${name}`, tensor] as const))
    return { figures: { trajectory: figures }, tensors: new Map([...recorded.tensors, ...final]) }
  })
}

async function sftLowRank(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const targets = recorded.value('target_modules')
  const method = {
    kind: 'low-rank',
    rank: recorded.figure('r'),
    alpha: recorded.figure('alpha'),
    targets: Array.isArray(targets) ? targets.map(String) : [],
    seed: 0,
  } as const
  /** `layers.0.q_proj.lora_A` of our name for it. */
  const short = (name: string) => name.replace(/^.*\.(layers\.\d+)\.\w+\.(\w+\.lora_[AB])\.weight$/, '$1.$2')
  return withModel(input, { method, weights: 'f32' }, async (model) => {
    const weights = new Map([...(await model.read('weights'))].map(([name]) => [name, copyOf(recorded, short(name))]))
    await model.write('weights', weights)
    const figures = await gradients(model, sft, completionItems(recorded))
    const found = [...(await model.read('gradient'))].map(([name, tensor]) => [`grad.${short(name)}`, tensor] as const)
    return { figures, tensors: new Map([...recorded.tensors, ...found]) }
  })
}

async function processRewardCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const labels = recorded.rows('labels')
  const items = tokenRows(recorded).map(({ id, tokenIds }, row) => {
    const heads = [...tokenIds.keys()].filter((token) => (labels[row]?.[token] ?? -100) >= 0)
    return {
      id,
      sequence: { tokenIds, heads: Uint32Array.from(heads), targets: new Uint32Array() },
      labels: heads.map((token) => labels[row]?.[token] ?? 0),
    }
  })
  return withModel(input, { scoreHead: true }, async (model) => {
    const said = await evaluateItems(model, processReward.sequences, items)
    const figures = await gradients(model, processReward, items)
    const scores = labels.map((row, index) => {
      const found = new Float32Array(row.length).fill(-1)
      items[index]?.sequence.heads.forEach((token, head) => {
        found[token] = sigmoid(said[index]?.[0]?.scores[head] ?? Number.NaN)
      })
      return found
    })
    return { figures, tensors: await named(input, model, { step_scores: stack(scores) }) }
  })
}

async function rankedRewardCase(input: CaseInput): Promise<CaseResult> {
  const sequences = lastTokens(input.recorded)
  const items = pairs(input.recorded).map(([chosen, rejected]) => ({
    id: `${chosen} over ${rejected}`,
    chosen: at(sequences, chosen).sequence,
    rejected: at(sequences, rejected).sequence,
  }))
  return withModel(input, { scoreHead: true }, async (model) => {
    const scores = await scalarScores(model, sequences)
    const figures = await gradients(model, rankedReward, items)
    return { figures, tensors: await named(input, model, { scores }) }
  })
}

async function outcomeRewardCase(input: CaseInput): Promise<CaseResult> {
  const labels = input.recorded.tensor('labels').data
  const items = lastTokens(input.recorded).map((item, row) => ({ ...item, label: labels[row] ?? Number.NaN }))
  return withModel(input, { scoreHead: true }, async (model) => {
    const scores = await scalarScores(model, items)
    const figures = await gradients(model, outcomeReward, items)
    return { figures, tensors: await named(input, model, { scores }) }
  })
}

async function implicitCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const beta = recorded.figure('beta')
  const labels = recorded.tensor('labels').data
  return withModel(input, {}, async (model) => {
    const reference = await referenceLogprobs(input, model, completionItems(recorded))
    const items = completionItems(recorded).map((item, row) => ({
      ...item,
      referenceLogprobs: at(reference, row),
      label: labels[row] ?? Number.NaN,
    }))
    const said = await evaluateItems(model, ({ sequence }: (typeof items)[number]) => [sequence], items)
    const rewards = items.map(({ referenceLogprobs: of }, row) =>
      implicitTokenRewards(beta, logprobsOf(at(said, row)), of),
    )
    const figures = await gradients(model, implicitProcessReward({ beta }), items)
    return { figures, tensors: await named(input, model, { token_rewards: spread(recorded, rewards) }) }
  })
}

async function dpoCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const beta = recorded.figure('beta')
  const rows = completionItems(recorded)
  return withModel(input, {}, async (model) => {
    const reference = (await referenceLogprobs(input, model, rows)).map(total)
    const items = pairs(recorded).map(([chosen, rejected]) => ({
      id: `${chosen} over ${rejected}`,
      chosen: at(rows, chosen).sequence,
      rejected: at(rows, rejected).sequence,
      reference: { chosen: at(reference, chosen), rejected: at(reference, rejected) },
    }))
    const said = await evaluateItems(model, ({ sequence }: (typeof rows)[number]) => [sequence], rows)
    const logps = said.map((values) => total(logprobsOf(values)))
    const figures = await gradients(model, dpo({ beta }), items)
    const tensors = await named(input, model, { logps: vector(logps), ref_logps: vector(reference) })
    return { figures, tensors }
  })
}

async function ppoCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const scores = recorded.tensor('rewards').data
  const rows = completionItems(recorded)
  const oldValues = gather(recorded, 'old_values')
  const oldLogprobs = gather(recorded, 'old_logps')
  return withModel(input, { valueHead: true }, async (model) => {
    const reference = await referenceLogprobs(input, model, rows)
    const weights = new Map(await model.read('weights'))
    await model.write('weights', weights.set(VALUE_HEAD, copyOf(recorded, 'value_head.weight')))
    const rewards = rows.map((_, row) =>
      shapedRewards({
        logprobs: at(oldLogprobs, row),
        referenceLogprobs: at(reference, row),
        coefficient: recorded.figure('kl_coef'),
        rewards: [{ token: at(oldLogprobs, row).length - 1, value: scores[row] ?? Number.NaN }],
      }),
    )
    const estimates = rows.map((_, row) =>
      generalizedAdvantages({
        rewards: at(rewards, row),
        values: at(oldValues, row),
        discount: recorded.figure('gamma'),
        lambda: recorded.figure('lam'),
      }),
    )
    const whitened = whiten(estimates.map(({ advantages }) => advantages))
    const items = rows.map((item, row) => ({
      ...item,
      oldLogprobs: at(oldLogprobs, row),
      oldValues: at(oldValues, row),
      referenceLogprobs: at(reference, row),
      score: scores[row] ?? Number.NaN,
      advantages: at(whitened, row),
      returns: at(estimates, row).returns,
    }))
    const objective = ppo({
      clip: recorded.figure('cliprange'),
      valueClip: recorded.figure('cliprange_value'),
      valueCoefficient: recorded.figure('vf_coef'),
      entropyCoefficient: 0,
    })
    const figures = await gradients(model, objective, items)
    const tensors = await named(input, model, {
      ref_logps_per_token: await allReferenceLogprobs(input, model),
      token_rewards: spread(recorded, rewards),
      advantages: spread(
        recorded,
        estimates.map(({ advantages }) => advantages),
      ),
      advantages_whitened: spread(recorded, whitened),
      // Outside the completions an advantage is 0, so that the return is the value.
      returns: spread(
        recorded,
        estimates.map(({ returns }) => returns),
        recorded.tensor('old_values').data,
      ),
    })
    return { figures, tensors }
  })
}

async function grpoCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const beta = recorded.figure('beta')
  const rewards = recorded.tensor('rewards').data
  const advantages = groupAdvantages([...rewards])
  const rows = completionItems(recorded)
  const oldLogprobs = gather(recorded, 'old_logps')
  return withModel(input, {}, async (model) => {
    const reference = await referenceLogprobs(input, model, rows)
    const items = rows.map((item, row) => ({
      ...item,
      group: 'all',
      reward: rewards[row] ?? Number.NaN,
      advantages: advantages[row] ?? Number.NaN,
      oldLogprobs: at(oldLogprobs, row),
      referenceLogprobs: at(reference, row),
    }))
    const figures = await gradients(model, grpo({ clip: recorded.figure('epsilon'), beta }), items)
    const tensors = await named(input, model, {
      advantages: vector(advantages),
      ref_logps_per_token: await allReferenceLogprobs(input, model),
    })
    return { figures, tensors }
  })
}

/** Loads the case's model, with a score head of the case's where asked for, and frees it afterwards. */
async function withModel<T>(
  input: CaseInput,
  options: Partial<Pick<TrainableOptions, 'method' | 'weights' | 'valueHead'>> & { readonly scoreHead?: boolean },
  use: (model: TrainableModel) => Promise<T>,
): Promise<T> {
  const { backend, recorded, recompute = false } = input
  const { scoreHead = false, ...given } = options
  const weights = await openWeights(input.model)
  const config = await readConfig(input.model)
  const [batch = 1, time = 1] = recorded.tensor('input_ids').shape
  const passTokens = Math.max(input.passTokens ?? batch * time, 2 * time)
  const head = scoreHead ? recorded.tensor('head.weight') : null
  const model = await TrainableModel.create(
    backend,
    head === null ? config : withScoreHead(config, head),
    head === null ? weights : withTensor(weights, VALUE_HEAD, head),
    {
      limits: { maxRows: passTokens, maxHeads: passTokens, maxPositions: time },
      method: { kind: 'full' },
      recompute,
      valueHead: false,
      decayOn: 'all',
      ...given,
    },
  )
  try {
    return await use(model)
  } finally {
    model.dispose()
  }
}

function withScoreHead(config: DecoderConfig, { shape: [labels = 1] }: RecordedTensor): DecoderConfig {
  return { ...config, head: { kind: 'score', labels, bias: false } }
}

/** A checkpoint with one more tensor. */
function withTensor(source: WeightSource, name: string, { shape, data }: RecordedTensor): WeightSource {
  return {
    has: (wanted) => wanted === name || source.has(wanted),
    shape: (wanted) => (wanted === name ? shape : source.shape(wanted)),
    read: (wanted, signal, range) => {
      if (wanted !== name) return source.read(wanted, signal, range)
      return Promise.resolve(range === undefined ? data : data.slice(range.first, range.end))
    },
  }
}

async function gradients<Item extends Named, Observation>(
  model: TrainableModel,
  objective: Objective<Item, Observation>,
  items: readonly Item[],
): Promise<Metrics> {
  const { loss, metrics } = await accumulateGradients(model, objective, items)
  return { loss, grad_norm: await model.gradientNorm(NO_STEP, 1), ...metrics }
}

/** The inputs, then what was computed, then the gradients under the case's names. */
async function named(
  { recorded }: CaseInput,
  model: TrainableModel,
  computed: Readonly<Record<string, RecordedTensor>> = {},
): Promise<ReadonlyMap<string, RecordedTensor>> {
  const head = recorded.tensors.has('value_head.weight') ? 'value_head.weight' : 'head.weight'
  const gradient = [...(await model.read('gradient'))].map(
    ([name, tensor]) => [`grad.${name === VALUE_HEAD ? head : name}`, tensor] as const,
  )
  return new Map([...recorded.tensors, ...Object.entries(computed), ...gradient])
}

/** Real tokens of each row. */
function tokenRows(recorded: RecordedCase): { readonly id: string; readonly tokenIds: Uint32Array }[] {
  const masks = recorded.rows('attention_mask')
  return recorded.rows('input_ids').map((ids, row) => ({
    id: `row ${row}`,
    tokenIds: Uint32Array.from(ids.subarray(0, at(masks, row).filter((real) => real === 1).length)),
  }))
}

function completionItems(recorded: RecordedCase): { readonly id: string; readonly sequence: TrainingSequence }[] {
  const masks = recorded.rows('completion_mask')
  return tokenRows(recorded).map(({ id, tokenIds }, row) => {
    const heads = completionTokens(at(masks, row), tokenIds.length)
    const targets = heads.map((token) => tokenIds[token + 1] as number)
    return { id, sequence: { tokenIds, heads: Uint32Array.from(heads), targets: Uint32Array.from(targets) } }
  })
}

/** Entries t that predict a completion token t + 1. */
function completionTokens(mask: Float32Array, length: number): number[] {
  return Array.from({ length: length - 1 }, (_, token) => token).filter((token) => mask[token + 1] === 1)
}

function lastTokens(recorded: RecordedCase): { readonly id: string; readonly sequence: TrainingSequence }[] {
  return tokenRows(recorded).map(({ id, tokenIds }) => ({
    id,
    sequence: { tokenIds, heads: Uint32Array.of(tokenIds.length - 1), targets: new Uint32Array() },
  }))
}

async function scalarScores(
  model: TrainableModel,
  items: readonly { readonly sequence: TrainingSequence }[],
): Promise<RecordedTensor> {
  const said = await evaluateItems(model, ({ sequence }: (typeof items)[number]) => [sequence], items)
  return vector(said.map(([values]) => values?.scores[0] ?? Number.NaN))
}

/** The frozen model's log-probabilities of the completions. Ends what the trained model knew of its last batch. */
async function referenceLogprobs(
  input: CaseInput,
  model: TrainableModel,
  items: readonly { readonly sequence: TrainingSequence }[],
): Promise<Float32Array[]> {
  if (input.reference === null) {
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The case lacks a reference model',
      expected: 'a folder reference-model/ beside it',
      found: 'none',
      nextStep: 'Lay the case out as those in tests/fixtures/train.',
    })
  }
  const graph = await model.createReference(await openWeights(input.reference))
  const reference = { labels: 0, limits: model.limits, forward: graph.forward.bind(graph) }
  const said = await evaluateItems(reference, ({ sequence }: (typeof items)[number]) => [sequence], items)
  return said.map(logprobsOf)
}

/** [batch, time − 1]: of every real token, completions and prompts alike. */
async function allReferenceLogprobs(input: CaseInput, model: TrainableModel): Promise<RecordedTensor> {
  const rows = tokenRows(input.recorded).map(({ tokenIds }) => ({
    sequence: {
      tokenIds,
      heads: Uint32Array.from({ length: tokenIds.length - 1 }, (_, token) => token),
      targets: tokenIds.slice(1),
    },
  }))
  const [, time = 1] = input.recorded.tensor('input_ids').shape
  return stack(
    (await referenceLogprobs(input, model, rows)).map((logprobs) => {
      const padded = new Float32Array(time - 1)
      padded.set(logprobs)
      return padded
    }),
  )
}

function logprobsOf([values]: readonly SequenceValues[]): Float32Array {
  return Float32Array.from(values?.logprobs ?? [])
}

/** Of a [batch, time − 1] tensor the completions' entries. */
function gather(recorded: RecordedCase, name: string): Float32Array[] {
  const items = completionItems(recorded)
  return recorded.rows(name).map((row, index) => Float32Array.from(at(items, index).sequence.heads, (t) => row[t] ?? 0))
}

/** The completions' entries as a [batch, time − 1] tensor; `elsewhere` (or zeros) between. */
function spread(
  recorded: RecordedCase,
  values: readonly ArrayLike<number>[],
  elsewhere?: Float32Array,
): RecordedTensor {
  const [batch = 1, time = 1] = recorded.tensor('input_ids').shape
  const data = elsewhere === undefined ? new Float32Array(batch * (time - 1)) : elsewhere.slice()
  completionItems(recorded).forEach(({ sequence }, row) => {
    sequence.heads.forEach((token, index) => {
      data[row * (time - 1) + token] = values[row]?.[index] ?? Number.NaN
    })
  })
  return { shape: [batch, time - 1], data }
}

function pairs(recorded: RecordedCase): readonly (readonly [number, number])[] {
  const value = recorded.value('pairs')
  return Array.isArray(value) ? value.map(([chosen, rejected]) => [Number(chosen), Number(rejected)] as const) : []
}

function copyOf(recorded: RecordedCase, name: string) {
  const { shape, data } = recorded.tensor(name)
  return { shape, data: new Float32Array(data) }
}

function stack(rows: readonly Float32Array[]): RecordedTensor {
  const width = rows[0]?.length ?? 0
  const data = new Float32Array(rows.length * width)
  rows.forEach((row, index) => {
    data.set(row, index * width)
  })
  return { shape: [rows.length, width], data }
}

function vector(values: ArrayLike<number>): RecordedTensor {
  return { shape: [values.length], data: Float32Array.from(values) }
}

function total(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index]
  if (value === undefined) throw new RangeError(`${index} of ${values.length}`)
  return value
}
