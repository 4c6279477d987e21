import { nn, numpy as np } from '@jax-js/jax'
import type { DecoderConfig, WeightSource } from '../../src/engine/decoder/decoder.ts'
import { ropeFrequencies } from '../../src/engine/decoder/rope.ts'
import { firstLayer } from '../models/first-layer.ts'
import type { TrainStepBatch } from './engine.ts'

/*
 * A Llama as jax-js runs it best. Every function takes ownership of the arrays it is given, as the library asks; `.ref`
 * keeps one for another use. Joining q, k, v and gate, up saves dispatches; matrices lie [outputs, inputs], as in
 * checkpoints. Either made less than 2% of difference on SwiftShader: matrix products take 90% and more of its step.
 */

/** Trees of arrays: the library's types take `type` aliases only. */
type LayerTree = {
  inputNorm: np.Array
  /** Query, key and value projections, one under the other. */
  projection: np.Array
  output: np.Array
  postNorm: np.Array
  gateUp: np.Array
  down: np.Array
}
export type LlamaTree = { embedding: np.Array; layers: LayerTree[]; norm: np.Array }

export async function loadLlama(config: DecoderConfig, weights: WeightSource): Promise<LlamaTree> {
  const stacked = async (...names: string[]): Promise<np.Array> => {
    const parts = await Promise.all(names.map((name) => weights.read(name)))
    const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
    let start = 0
    for (const part of parts) {
      joined.set(part, start)
      start += part.length
    }
    const [, inputs] = weights.shape(names[0] ?? '')
    return inputs === undefined ? np.array(joined) : np.array(joined, { shape: [joined.length / inputs, inputs] })
  }
  const layers: LayerTree[] = []
  for (let number = 0; number < config.layers.length; number++) {
    const layer = (name: string) => `model.layers.${number}.${name}.weight`
    layers.push({
      inputNorm: await stacked(layer('input_layernorm')),
      projection: await stacked(...['q', 'k', 'v'].map((name) => layer(`self_attn.${name}_proj`))),
      output: await stacked(layer('self_attn.o_proj')),
      postNorm: await stacked(layer('post_attention_layernorm')),
      gateUp: await stacked(layer('mlp.gate_proj'), layer('mlp.up_proj')),
      down: await stacked(layer('mlp.down_proj')),
    })
  }
  return {
    embedding: await stacked('model.embed_tokens.weight'),
    layers,
    norm: await stacked('model.norm.weight'),
  }
}

export type BatchTree = {
  /** [sequences · tokens] */
  tokens: np.Array
  /** Next token and its share of the loss (0 in prompts), [sequences · evaluated positions]. */
  targets: np.Array
  shares: np.Array
  /** Of rotary turns, [1, tokens, 1, 2, headDim / 2]; sines of the first half are negative. */
  cosines: np.Array
  sines: np.Array
  /** 0 where a position sees another and a large negative number where not, [1, 1, 1, tokens, tokens]. */
  mask: np.Array
}

/** Positions first … end − 1 of every sequence go through the head: those before lie in all prompts. */
export interface Evaluated {
  readonly sequences: number
  readonly tokens: number
  readonly first: number
  readonly end: number
}

export function evaluatedPositions({ tokenIds, promptTokens }: TrainStepBatch): Evaluated {
  const tokens = tokenIds[0]?.length ?? 0
  return { sequences: tokenIds.length, tokens, first: Math.min(...promptTokens) - 1, end: tokens - 1 }
}

export function batchTree(config: DecoderConfig, batch: TrainStepBatch): BatchTree {
  const { tokens, first, end } = evaluatedPositions(batch)
  const { tokenIds, promptTokens } = batch
  const learned = promptTokens.reduce((sum, prompt) => sum + tokens - prompt, 0)
  const targets = tokenIds.flatMap((ids) => ids.slice(first + 1, end + 1))
  const shares = promptTokens.flatMap((prompt) =>
    Array.from({ length: end - first }, (_, index) => (first + index + 1 >= prompt ? 1 / learned : 0)),
  )
  const half = config.headDim / 2
  const frequencies = ropeFrequencies(firstLayer(config).rope, config.headDim)
  const cosines = new Float32Array(tokens * config.headDim)
  const sines = new Float32Array(tokens * config.headDim)
  const mask = new Float32Array(tokens * tokens)
  for (let position = 0; position < tokens; position++) {
    frequencies.forEach((frequency, pair) => {
      const place = position * config.headDim + pair
      cosines[place] = Math.cos(position * frequency)
      cosines[place + half] = Math.cos(position * frequency)
      sines[place] = -Math.sin(position * frequency)
      sines[place + half] = Math.sin(position * frequency)
    })
    mask.fill(-1e30, position * tokens + position + 1, (position + 1) * tokens)
  }
  const turns = { shape: [1, tokens, 1, 2, half] }
  return {
    tokens: np.array(Int32Array.from(tokenIds.flat())),
    targets: np.array(Int32Array.from(targets)),
    shares: np.array(Float32Array.from(shares)),
    cosines: np.array(cosines, turns),
    sines: np.array(sines, turns),
    mask: np.array(mask, { shape: [1, 1, 1, tokens, tokens] }),
  }
}

/** The loss as a function that jax-js may differentiate and compile. */
export function llamaLoss(
  config: DecoderConfig,
  { sequences, tokens, first, end }: Evaluated,
): (model: LlamaTree, batch: BatchTree) => np.Array {
  const { heads, keyValueHeads, headDim, hiddenSize, vocabSize, normEpsilon } = config
  const rows = sequences * tokens
  const evaluated = sequences * (end - first)

  /** Half of a head against the other by flipping a view, which needs no copy where split and concatenate would. */
  function turn(input: np.Array, count: number, { cosines, sines }: BatchTree): np.Array {
    const pairs = input.reshape([sequences, tokens, count, 2, headDim / 2])
    const turned = pairs.ref.mul(cosines.ref).add(np.flip(pairs, 3).mul(sines.ref))
    return turned.reshape([sequences, tokens, count, headDim])
  }

  function attention(layer: LayerTree, input: np.Array, batch: BatchTree): np.Array {
    const projected = linear(input, layer.projection)
    const ends = [heads * headDim, (heads + keyValueHeads) * headDim]
    const [queries, keys, values] = np.split(projected, ends, -1) as [np.Array, np.Array, np.Array]
    const grouped = [sequences, tokens, keyValueHeads, heads / keyValueHeads, headDim]
    const turnedQueries = turn(queries, heads, batch).reshape(grouped)
    const turnedKeys = turn(keys, keyValueHeads, batch)
    const scores = np.einsum('btkgd,bskd->bkgts', turnedQueries, turnedKeys).mul(1 / Math.sqrt(headDim))
    const weights = nn.softmax(scores.add(batch.mask.ref), -1)
    const perHead = values.reshape([sequences, tokens, keyValueHeads, headDim])
    const attended = np.einsum('bkgts,bskd->btkgd', weights, perHead)
    return linear(attended.reshape([rows, heads * headDim]), layer.output)
  }

  function feedForward(layer: LayerTree, input: np.Array): np.Array {
    const [gate, up] = np.split(linear(input, layer.gateUp), 2, -1) as [np.Array, np.Array]
    return linear(nn.silu(gate).mul(up), layer.down)
  }

  return (model, batch) => {
    let stream = model.embedding.ref.slice(batch.tokens)
    for (const layer of model.layers) {
      stream = stream.ref.add(attention(layer, rmsNorm(stream, layer.inputNorm, normEpsilon), batch))
      stream = stream.ref.add(feedForward(layer, rmsNorm(stream, layer.postNorm, normEpsilon)))
    }
    const kept = stream.reshape([sequences, tokens, hiddenSize]).slice([], [first, end])
    const normed = rmsNorm(kept.reshape([evaluated, hiddenSize]), model.norm, normEpsilon)
    const logits = linear(normed, model.embedding)
    const sums = nn.logsumexp(logits.ref, -1)
    const isTarget = np.arange(vocabSize).equal(batch.targets.reshape([evaluated, 1]))
    const chosen = np.where(isTarget, logits, 0).sum(-1)
    for (const each of [batch.cosines, batch.sines, batch.mask]) each.dispose()
    return sums.sub(chosen).mul(batch.shares).sum()
  }
}

function rmsNorm(input: np.Array, gain: np.Array, epsilon: number): np.Array {
  const meanSquare = np.square(input.ref).mean(-1, { keepdims: true })
  return input.mul(np.reciprocal(np.sqrt(meanSquare.add(epsilon)))).mul(gain)
}

function linear(input: np.Array, weights: np.Array): np.Array {
  return np.dot(input, weights.transpose())
}
