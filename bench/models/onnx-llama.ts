import type { DecoderConfig, WeightSource } from '../../src/engine/decoder/decoder.ts'
import { firstLayer } from './first-layer.ts'
import { attribute, CONTRIB, FLOAT, Graph, INT32, INT64, permutation } from './onnx-graph.ts'
import type { OnnxDtype } from './onnx-products.ts'
import { addProduct } from './onnx-products.ts'

/**
 * `grouped`: the fused operator of the files on the Hugging Face hub, which onnxruntime runs for several rows with a past
 * only one token at a time. `plain`: standard operators, for passes of any shape.
 */
export type AttentionOperators = 'grouped' | 'plain'

/**
 * Writes a Llama checkpoint as the ONNX file that Transformers.js loads: with cache, for rows without padding on their
 * left; all but matrices in float32.
 */
export async function writeOnnxLlama(
  path: string,
  config: DecoderConfig,
  weights: WeightSource,
  operators: AttentionOperators,
  dtype: OnnxDtype = 'fp32',
): Promise<void> {
  const graph = new Graph()
  const { hiddenSize, layers, keyValueHeads, headDim } = config
  const cache = (length: string) => ['batch', keyValueHeads, length, headDim]

  graph.input('input_ids', INT64, ['batch', 'sequence'])
  graph.input('attention_mask', INT64, ['batch', 'total'])
  if (operators === 'plain') graph.input('position_ids', INT64, ['batch', 'sequence'])
  for (let layer = 0; layer < layers.length; layer++) {
    graph.input(`past_key_values.${layer}.key`, FLOAT, cache('past'))
    graph.input(`past_key_values.${layer}.value`, FLOAT, cache('past'))
  }
  const { cosines, sines } = rotary(config)
  graph.floats('cos_cache', cosines, [config.maxPositions, headDim / 2])
  graph.floats('sin_cache', sines, [config.maxPositions, headDim / 2])
  const attention = operators === 'grouped' ? groupedAttention(graph, config) : plainAttention(graph, config)

  const norm = async (input: string, name: string) => {
    graph.floats(name, await weights.read(name), [hiddenSize])
    const settings = [attribute('axis', -1), attribute('epsilon', config.normEpsilon, true), attribute('stash_type', 1)]
    return graph.node('SimplifiedLayerNormalization', [input, name], [`${name}.out`], settings)
  }
  const product = async (input: string, name: string) => {
    const [rows = 0, columns = 0] = weights.shape(name)
    return addProduct(graph, dtype, input, { name, values: await weights.read(name), rows, columns }, `${name}.out`)
  }

  const embedding = 'model.embed_tokens.weight'
  graph.floats(embedding, await weights.read(embedding), weights.shape(embedding))
  let state = graph.node('Gather', [embedding, 'input_ids'], ['embedded'])
  for (let layer = 0; layer < layers.length; layer++) {
    const part = (name: string) => `model.layers.${layer}.${name}.weight`
    const normed = await norm(state, part('input_layernorm'))
    const query = await product(normed, part('self_attn.q_proj'))
    const key = await product(normed, part('self_attn.k_proj'))
    const value = await product(normed, part('self_attn.v_proj'))
    const attended = attention(layer, query, key, value)
    const projected = await product(attended, part('self_attn.o_proj'))
    const between = graph.node('Add', [state, projected], [`between.${layer}`])
    const inner = await norm(between, part('post_attention_layernorm'))
    const gate = await product(inner, part('mlp.gate_proj'))
    const up = await product(inner, part('mlp.up_proj'))
    const sigmoid = graph.node('Sigmoid', [gate], [`sigmoid.${layer}`])
    const swish = graph.node('Mul', [gate, sigmoid], [`swish.${layer}`])
    const gated = graph.node('Mul', [swish, up], [`gated.${layer}`])
    const down = await product(gated, part('mlp.down_proj'))
    state = graph.node('Add', [between, down], [`after.${layer}`])
  }
  const last = await norm(state, 'model.norm.weight')
  const { outputHead } = config
  if (outputHead.kind === 'score') {
    await product(last, 'score.weight')
    graph.floats(
      'score.bias',
      outputHead.bias ? await weights.read('score.bias') : new Float32Array(outputHead.labels),
      [outputHead.labels],
    )
    graph.node('Add', ['score.weight.out', 'score.bias'], ['logits'])
    graph.output('logits', FLOAT, ['batch', 'sequence', outputHead.labels])
  } else {
    const name = config.tiedEmbeddings ? embedding : 'lm_head.weight'
    const head = { name: 'head', values: await weights.read(name), rows: config.vocabSize, columns: hiddenSize }
    addProduct(graph, dtype, last, head, 'logits')
    graph.output('logits', FLOAT, ['batch', 'sequence', config.vocabSize])
  }
  for (let layer = 0; layer < layers.length; layer++) {
    graph.output(`present.${layer}.key`, FLOAT, cache('total'))
    graph.output(`present.${layer}.value`, FLOAT, cache('total'))
  }
  await graph.write(path)
}

/** Adds one layer's attention. @returns the name of its output, [batch, sequence, heads · head_dim] */
type Attention = (layer: number, query: string, key: string, value: string) => string

function groupedAttention(graph: Graph, { heads, keyValueHeads, headDim }: DecoderConfig): Attention {
  graph.integers('one', [1n], [1])
  graph.integers('axis_one', [1n], [])
  graph.node('ReduceSum', ['attention_mask', 'one'], ['mask_sum'], [attribute('keepdims', 0)])
  graph.node('Sub', ['mask_sum', 'one'], ['last_position'])
  graph.node('Cast', ['last_position'], ['seqlens_k'], [attribute('to', INT32)])
  graph.node('Shape', ['attention_mask'], ['mask_shape'])
  graph.node('Gather', ['mask_shape', 'axis_one'], ['total'], [attribute('axis', 0)])
  graph.node('Cast', ['total'], ['total_length'], [attribute('to', INT32)])
  const settings = [
    attribute('num_heads', heads),
    attribute('kv_num_heads', keyValueHeads),
    attribute('do_rotary', 1),
    attribute('scale', 1 / Math.sqrt(headDim), true),
  ]
  return (layer, query, key, value) => {
    const past = [`past_key_values.${layer}.key`, `past_key_values.${layer}.value`]
    const inputs = [query, key, value, ...past, 'seqlens_k', 'total_length', 'cos_cache', 'sin_cache']
    const outputs = [`attended.${layer}`, `present.${layer}.key`, `present.${layer}.value`] as const
    return graph.node('GroupQueryAttention', inputs, outputs, settings, CONTRIB)
  }
}

function plainAttention(graph: Graph, { heads, keyValueHeads, headDim }: DecoderConfig): Attention {
  const dims = (name: string, values: readonly number[]) => {
    graph.integers(name, values.map(BigInt), [values.length])
    return name
  }
  dims('first', [1])
  dims('last', [-1])
  dims('split_queries', [0, 0, heads, headDim])
  dims('split_keys', [0, 0, keyValueHeads, headDim])
  dims('joined', [0, 0, heads * headDim])
  graph.integers('zero', [0n], [])
  graph.integers('unit', [1n], [])
  graph.floats('allowed', Float32Array.of(0), [])
  graph.floats('forbidden', Float32Array.of(-1e9), [])
  graph.floats('scale', Float32Array.of(1 / Math.sqrt(headDim)), [])
  graph.node('Shape', ['attention_mask'], ['mask_shape'])
  graph.node('Gather', ['mask_shape', 'unit'], ['total'], [attribute('axis', 0)])
  graph.node('Range', ['zero', 'total', 'unit'], ['columns'])
  graph.node('Unsqueeze', ['position_ids', 'last'], ['row_positions'])
  graph.node('LessOrEqual', ['columns', 'row_positions'], ['sees'])
  graph.node('Where', ['sees', 'allowed', 'forbidden'], ['row_bias'])
  graph.node('Unsqueeze', ['row_bias', 'first'], ['bias'])
  for (const part of ['cos', 'sin']) {
    graph.node('Gather', [`${part}_cache`, 'position_ids'], [`${part}_rows`], [attribute('axis', 0)])
    graph.node('Unsqueeze', [`${part}_rows`, 'first'], [part])
  }
  const split = (input: string, shape: string) => {
    const parts = graph.node('Reshape', [input, shape], [`${input}.split`])
    return graph.node('Transpose', [parts], [`${input}.heads`], [permutation(0, 2, 1, 3)])
  }
  const rotate = (input: string) => {
    const name = (part: string) => `${input}.${part}`
    graph.node('Split', [input], [name('low'), name('high')], [attribute('axis', 3)])
    graph.node('Mul', [name('low'), 'cos'], [name('low_cos')])
    graph.node('Mul', [name('high'), 'sin'], [name('high_sin')])
    graph.node('Mul', [name('high'), 'cos'], [name('high_cos')])
    graph.node('Mul', [name('low'), 'sin'], [name('low_sin')])
    graph.node('Sub', [name('low_cos'), name('high_sin')], [name('first')])
    graph.node('Add', [name('high_cos'), name('low_sin')], [name('second')])
    return graph.node('Concat', [name('first'), name('second')], [name('rotated')], [attribute('axis', 3)])
  }
  const groups = heads / keyValueHeads
  if (groups > 1) {
    dims('two', [2])
    dims('groups', [1, 1, groups, 1, 1])
    dims('all_heads', [0, heads, -1, headDim])
  }
  const repeat = (input: string) => {
    if (groups === 1) return input
    const apart = graph.node('Unsqueeze', [input, 'two'], [`${input}.apart`])
    const expanded = graph.node('Expand', [apart, 'groups'], [`${input}.expanded`])
    return graph.node('Reshape', [expanded, 'all_heads'], [`${input}.repeated`])
  }
  return (layer, query, key, value) => {
    const extend = (part: string, input: string) =>
      graph.node(
        'Concat',
        [`past_key_values.${layer}.${part}`, input],
        [`present.${layer}.${part}`],
        [attribute('axis', 2)],
      )
    const queries = graph.node('Mul', [rotate(split(query, 'split_queries')), 'scale'], [`scaled.${layer}`])
    const keys = repeat(extend('key', rotate(split(key, 'split_keys'))))
    const values = repeat(extend('value', split(value, 'split_keys')))
    const across = graph.node('Transpose', [keys], [`across.${layer}`], [permutation(0, 1, 3, 2)])
    const products = graph.node('MatMul', [queries, across], [`products.${layer}`])
    const biased = graph.node('Add', [products, 'bias'], [`biased.${layer}`])
    const shares = graph.node('Softmax', [biased], [`shares.${layer}`], [attribute('axis', -1)])
    const mixed = graph.node('MatMul', [shares, values], [`mixed.${layer}`])
    const ordered = graph.node('Transpose', [mixed], [`ordered.${layer}`], [permutation(0, 2, 1, 3)])
    return graph.node('Reshape', [ordered, 'joined'], [`attended.${layer}`])
  }
}

function rotary(config: DecoderConfig): { cosines: Float32Array; sines: Float32Array } {
  const { maxPositions, headDim } = config
  const { rope } = firstLayer(config)
  if (rope.type !== 'default') throw new Error(`rotary positions of type ${rope.type} are not written`)
  const half = headDim / 2
  const cosines = new Float32Array(maxPositions * half)
  const sines = new Float32Array(maxPositions * half)
  for (let position = 0; position < maxPositions; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position * rope.theta ** (-pair / half)
      cosines[position * half + pair] = Math.cos(angle)
      sines[position * half + pair] = Math.sin(angle)
    }
  }
  return { cosines, sines }
}
