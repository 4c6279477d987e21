import type { DecoderConfig, RopeConfig } from '../decoder/decoder.ts'
import { ropeFrequencies } from '../decoder/rope.ts'
import type { RandomWeights } from './random-weights.ts'

/** Final normed hidden states [time, hidden] of one sequence, in float64, without cache, batch or padding. */
export function plainForward(config: DecoderConfig, weights: RandomWeights, ids: readonly number[]): number[][] {
  const { hiddenSize, heads, keyValueHeads, headDim } = config

  const norm = (x: readonly number[], name: string, epsilon: number): number[] => {
    const gain = weights.values(name)
    const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + epsilon)
    return x.map((value, i) => value * scale * (gain[i] as number))
  }
  const linear = (x: readonly number[], name: string) => layerOutputs(weights, x, name)
  const head = (x: readonly number[], number: number) => x.slice(number * headDim, (number + 1) * headDim)
  const turn = (rope: RopeConfig, x: readonly number[], position: number): number[] => {
    const frequencies = ropeFrequencies(rope, headDim)
    const half = headDim / 2
    return x.map((value, d) => {
      const angle = position * (frequencies[d % half] as number)
      const other = d < half ? -(x[d + half] as number) : (x[d - half] as number)
      return value * Math.cos(angle) + other * Math.sin(angle)
    })
  }
  const add = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + (b[i] as number))

  const embedding = weights.values('model.embed_tokens.weight')
  let states = ids.map((id) => [...embedding.subarray(id * hiddenSize, (id + 1) * hiddenSize)])
  for (const [number, { norms, rope, window }] of config.layers.entries()) {
    const name = (part: string) => `model.layers.${number}.${part}`
    const prepare = (x: readonly number[], part: 'q' | 'k', count: number, position: number) =>
      Array.from({ length: count }, (_, h) => {
        const one = head(x, h)
        const normed = norms.queryKey ? norm(one, name(`self_attn.${part}_norm.weight`), norms.epsilon) : one
        return turn(rope, normed, position)
      })
    const projected = states.map((state, position) => {
      const x = norm(state, name('input_layernorm.weight'), norms.epsilon)
      return {
        queries: prepare(linear(x, name('self_attn.q_proj')), 'q', heads, position),
        keys: prepare(linear(x, name('self_attn.k_proj')), 'k', keyValueHeads, position),
        values: linear(x, name('self_attn.v_proj')),
      }
    })
    states = states.map((state, position) => {
      const attended = Array.from({ length: heads }, (_, h) => h).flatMap((h) => {
        const group = Math.floor(h / (heads / keyValueHeads))
        const query = projected[position]?.queries[h] ?? []
        const seen = projected.filter((_, other) => other <= position && (window === null || position - other < window))
        const scores = seen.map(
          ({ keys }) => query.reduce((sum, q, d) => sum + q * (keys[group]?.[d] ?? 0), 0) / Math.sqrt(headDim),
        )
        const most = Math.max(...scores)
        const weights = scores.map((score) => Math.exp(score - most))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        return Array.from({ length: headDim }, (_, d) =>
          seen.reduce(
            (sum, { values }, p) => sum + ((weights[p] ?? 0) / total) * (values[group * headDim + d] ?? 0),
            0,
          ),
        )
      })
      const residual = add(state, linear(attended, name('self_attn.o_proj')))
      const x = norm(residual, name('post_attention_layernorm.weight'), norms.epsilon)
      const up = linear(x, name('mlp.up_proj'))
      const gated = linear(x, name('mlp.gate_proj')).map((gate, i) => (gate / (1 + Math.exp(-gate))) * (up[i] ?? 0))
      return add(residual, linear(gated, name('mlp.down_proj')))
    })
  }
  return states.map((state) => norm(state, 'model.norm.weight', config.normEpsilon))
}

function layerOutputs(weights: RandomWeights, x: readonly number[], name: string): number[] {
  const [outputs = 0, inputs = 0] = weights.shape(`${name}.weight`)
  const matrix = weights.values(`${name}.weight`)
  const bias = weights.has(`${name}.bias`) ? weights.values(`${name}.bias`) : new Float32Array(outputs)
  return Array.from({ length: outputs }, (_, row) =>
    x.reduce((sum, value, i) => sum + value * (matrix[row * inputs + i] as number), bias[row] as number),
  )
}

/** Head outputs [time, vocabulary or labels] of hidden states. */
export function plainHead(config: DecoderConfig, weights: RandomWeights, states: readonly number[][]): number[][] {
  const { outputHead } = config
  if (outputHead.kind === 'score' && outputHead.hiddenLayer) {
    const inner = states.map((state) => layerOutputs(weights, state, 'score.0').map((value) => Math.max(0, value)))
    return inner.map((state) => layerOutputs(weights, state, 'score.2'))
  }
  const name = outputHead.kind === 'score' ? 'score' : config.tiedEmbeddings ? 'model.embed_tokens' : 'lm_head'
  const matrix = weights.values(`${name}.weight`)
  const outputs = matrix.length / config.hiddenSize
  const bias = weights.has(`${name}.bias`) ? weights.values(`${name}.bias`) : new Float32Array(outputs)
  return states.map((state) =>
    Array.from({ length: outputs }, (_, row) =>
      state.reduce(
        (sum, value, i) => sum + value * (matrix[row * config.hiddenSize + i] as number),
        bias[row] as number,
      ),
    ),
  )
}
