import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { memoryFiles } from '../testing/memory-files.ts'
import { architectureOf, parseConfig, readConfig } from './config.ts'

const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'))
const policy = json('public/checkpoints/countdown-policy/config.json')
const fixture = (name: string) => json(`tests/fixtures/forward/${name}/config.json`)

test('the bundled policy: Llama with a language-model head', () => {
  expect(parseConfig(policy, { eos_token_id: [22, 21] })).toEqual({
    family: 'llama',
    hiddenSize: 128,
    intermediateSize: 352,
    layers: Array.from({ length: 4 }, () => ({
      activation: 'silu',
      norms: { epsilon: 1e-5, queryKey: false },
      rope: { type: 'default', theta: 10000 },
      biases: { queryKeyValue: false, output: false, mlp: false },
      window: null,
    })),
    heads: 4,
    keyValueHeads: 4,
    headDim: 32,
    vocabSize: 23,
    maxPositions: 256,
    normEpsilon: 1e-5,
    tiedEmbeddings: true,
    outputHead: { kind: 'language-model' },
    eosTokenIds: [22, 21],
    bosTokenId: null,
    padTokenId: 0,
  })
})

test('score heads: number of labels and bias by architecture', () => {
  const prm = json('public/checkpoints/countdown-prm/config.json')
  expect(parseConfig(prm).outputHead).toEqual({ kind: 'score', labels: 1, bias: true })
  const sequence = {
    ...policy,
    architectures: ['Qwen2ForSequenceClassification'],
    id2label: { 0: 'a', 1: 'b', 2: 'c' },
  }
  expect(parseConfig(sequence).outputHead).toEqual({ kind: 'score', labels: 3, bias: false })
  expect(parseConfig({ ...policy, architectures: ['LlamaForTokenClassification'] }).outputHead).toMatchObject({
    labels: 2,
  })
})

test('the newer field names, and what the families differ in', () => {
  expect(parseConfig(fixture('llama3-rope-scaled')).layers[1]?.rope).toEqual({
    type: 'llama3',
    theta: 500000,
    factor: 8,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalMaxPositions: 64,
  })
  const qwen2 = parseConfig(fixture('qwen2-bias'))
  expect(qwen2).toMatchObject({ headDim: 16, eosTokenIds: [] })
  expect(qwen2.layers[0]).toMatchObject({
    biases: { queryKeyValue: true, output: false, mlp: false },
    rope: { type: 'default', theta: 1e6 },
  })
  const qwen3 = parseConfig(fixture('qwen3-qknorm'))
  expect([qwen3.headDim, qwen3.layers[0]?.norms.queryKey]).toEqual([32, true])
  const { head_dim: _, ...without } = fixture('qwen3-qknorm')
  expect(parseConfig(without).headDim).toBe(128)
})

test('windows: of the layers that max_window_layers or layer_types name, where they are used', () => {
  const windows = (given: object) =>
    parseConfig({ ...fixture('qwen2-bias'), num_hidden_layers: 4, layer_types: null, ...given }).layers.map(
      ({ window }) => window,
    )
  const used = { use_sliding_window: true, sliding_window: 9 }
  expect(windows({ sliding_window: 9, max_window_layers: 2 })).toEqual([null, null, null, null])
  expect(windows({ ...used, max_window_layers: 2 })).toEqual([null, null, 9, 9])
  expect(windows(used)).toEqual([null, null, null, null])
  expect(windows({ use_sliding_window: true, sliding_window: undefined, max_window_layers: 3 })).toEqual([
    null,
    null,
    null,
    4096,
  ])
  expect(windows({ ...used, sliding_window: null, max_window_layers: 0 })).toEqual([null, null, null, null])
  const layer_types = ['sliding_attention', 'full_attention', 'full_attention', 'sliding_attention']
  expect(windows({ ...used, layer_types })).toEqual([9, null, null, 9])
  expect(() => windows({ layer_types })).toThrow(/layer_types: .*as there is no window/)
  expect(() => windows({ ...used, layer_types: ['full_attention'] })).toThrow(/layer_types: .*each of the 4 layers/)
  expect(() => windows({ ...used, layer_types: ['linear_attention'] })).toThrow(/layer_types: .*found linear_attention/)
})

test('Mistral: no biases, and a window in every layer unless it is null', () => {
  // config.json of Mistral-7B-v0.1, with two layers.
  const mistral = {
    architectures: ['MistralForCausalLM'],
    bos_token_id: 1,
    eos_token_id: 2,
    hidden_act: 'silu',
    hidden_size: 4096,
    initializer_range: 0.02,
    intermediate_size: 14336,
    max_position_embeddings: 32768,
    model_type: 'mistral',
    num_attention_heads: 32,
    num_hidden_layers: 2,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
    rope_theta: 10000.0,
    sliding_window: 4096,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    use_cache: true,
    vocab_size: 32000,
  }
  const layer = {
    activation: 'silu',
    norms: { epsilon: 1e-5, queryKey: false },
    rope: { type: 'default', theta: 10000 },
    biases: { queryKeyValue: false, output: false, mlp: false },
    window: 4096,
  }
  const config = parseConfig(mistral)
  expect(config).toMatchObject({ family: 'mistral', headDim: 128, keyValueHeads: 8, maxPositions: 32768 })
  expect(config.layers).toEqual([layer, layer])
  expect(architectureOf(config)).toBe('MistralForCausalLM')
  // v0.2 and later; a config without the field has Transformers' own window.
  const { sliding_window: _, ...without } = mistral
  const windows = (given: object) => parseConfig(given).layers.map(({ window }) => window)
  expect(windows({ ...mistral, sliding_window: null, rope_theta: 1e6 })).toEqual([null, null])
  expect(windows(without)).toEqual([4096, 4096])
  expect(parseConfig({ ...mistral, head_dim: 160 }).headDim).toBe(160)
})

test('older rope fields', () => {
  const scaled = parseConfig({ ...policy, rope_theta: 5e5, rope_scaling: { type: 'linear', factor: 4 } })
  expect(scaled.layers[0]?.rope).toEqual({ type: 'linear', theta: 5e5, factor: 4 })
})

describe('what is not covered is refused with field and value', () => {
  test.each([
    [{ model_type: 'gpt2' }, /config\.json, model_type: .*found gpt2/],
    [{ model_type: undefined }, /config\.json, model_type/],
    [{ hidden_act: 'gelu' }, /hidden_act: .*found gelu/],
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, /rope_scaling\.rope_type: .*found yarn/],
    [{ rope_parameters: { rope_type: 'llama3', factor: 8 } }, /rope_parameters\.low_freq_factor/],
    [{ quantization_config: { bits: 4 } }, /quantization_config: .*found \{"bits":4\}/],
    [{ use_sliding_window: true, sliding_window: 64, max_window_layers: 2 }, /use_sliding_window/],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, /layer_types: .*found sliding_attention/],
    [{ num_key_value_heads: 3 }, /num_key_value_heads: .*divisor of num_attention_heads \(4\), found 3/],
    [{ head_dim: null, num_attention_heads: 5, num_key_value_heads: 5 }, /num_attention_heads: .*found 5/],
    [{ head_dim: 33 }, /head_dim: .*found 33/],
    [{ architectures: ['LlamaForQuestionAnswering'] }, /architectures: .*found LlamaForQuestionAnswering/],
    [{ torch_dtype: 'float8_e4m3fn' }, /torch_dtype: .*found float8_e4m3fn/],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor: .*found 0\.5/],
    [{ hidden_size: 'large' }, /config\.json, hidden_size: .*found "large"/],
    [{ vocab_size: 0 }, /config\.json, vocab_size/],
    [{ vocab_size: 2 ** 31 }, /config\.json, vocab_size: .*from 1 to 4194304 \(found 2147483648\)/],
    [{ num_hidden_layers: 1e9 }, /config\.json, num_hidden_layers: .*from 1 to 1024 \(found 1000000000\)/],
    [{ hidden_size: 2 ** 40 }, /config\.json, hidden_size/],
    [{ num_attention_heads: 1e6 }, /config\.json, num_attention_heads/],
    [{ max_position_embeddings: 2 ** 40 }, /config\.json, max_position_embeddings/],
    [{ eos_token_id: -1 }, /config\.json, eos_token_id/],
  ])('%o', (change, message) => {
    expect(() => parseConfig({ ...policy, ...change })).toThrow(message)
  })

  test('a window that no layer uses is no obstacle', () => {
    const unused = { ...policy, use_sliding_window: true, sliding_window: 64, max_window_layers: 4 }
    expect(parseConfig(unused).layers.map(({ window }) => window)).toEqual([null, null, null, null])
  })

  test('files that are missing or not JSON', async () => {
    await expect(readConfig(memoryFiles({ 'a.txt': '' }))).rejects.toThrow(
      /config\.json: The folder .* has no config\.json/,
    )
    await expect(readConfig(memoryFiles({ 'config.json': '{' }))).rejects.toThrow(
      /config\.json, line 1: The file is not JSON/,
    )
  })
})
