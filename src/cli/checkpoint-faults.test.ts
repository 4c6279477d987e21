import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckpointChanges, RawTensor } from '../engine/testing/node-changed-checkpoint.ts'
import { readTensors, writeChangedCheckpoint, writeTensors } from '../engine/testing/node-changed-checkpoint.ts'
import { runCommand as run } from './testing/run-command.ts'

/** Checkpoints as people have them: what loads, what is refused and how, and that what is written loads again. */

const wasm = ['--backend', 'wasm', '--threads', '1'] as const
let folder = ''
const at = (name: string): string => join(folder, name)
const text = (name: string, content: string): string => {
  writeFileSync(at(name), content)
  return name
}
const policy = (name: string, changes: CheckpointChanges): string =>
  writeChangedCheckpoint(at(name), 'countdown-policy', changes)
const answers = async (...models: readonly string[]) => {
  const search = ['search', '--problem', '3 5 7 2 > 24', '--strategy', 'greedy-decoding', '--json'] as const
  const { code, out, err } = await run(...search, ...models, ...wasm)
  return { code, err, response: /"response":"([^"]*)"/.exec(out)?.[1] ?? '' }
}
const loads = async (name: string) => {
  const { err, ...found } = await answers('--policy', at(name))
  expect([name, err, found]).toEqual([name, expect.anything(), { code: 0, response: bundled }])
}
const refused = async (name: string) => {
  const { code, err } = await answers('--policy', at(name))
  expect([name, code]).toEqual([name, 1])
  return err
}
const train = (objective: string, recipe: object, out: string) => {
  const base = { steps: 1, batch: 2, evaluateProblems: 0, evaluateEvery: 1000, saveEvery: 1000 }
  const file = at(text(`${out}.json`, JSON.stringify({ ...base, ...recipe })))
  return run('train', '--objective', objective, '--config', file, '--out', at(out), ...wasm)
}
const tensorsOf = (directory: string) => readTensors(new Uint8Array(readFileSync(join(directory, 'model.safetensors'))))
const configOf = (directory: string) => JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'))
const renamed = (rename: (name: string) => string) => (tensors: Map<string, RawTensor>) => {
  for (const [name, tensor] of [...tensors]) {
    tensors.delete(name)
    tensors.set(rename(name), tensor)
  }
}
const HEAD = 'lm_head.weight'
const EMBEDDING = 'model.embed_tokens.weight'
const withHead = (change: (bytes: Uint8Array) => void) => (tensors: Map<string, RawTensor>) => {
  const { bytes, ...rest } = tensors.get(EMBEDDING) as RawTensor
  const own = bytes.slice()
  change(own)
  tensors.set(HEAD, { ...rest, bytes: own })
}
let bundled = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-checkpoints-'))
  bundled = (await answers()).response
  expect(bundled).toContain('A ')
  text('sft.jsonl', `${JSON.stringify({ prompt: 'Q 3 5 > 8\n', completion: '3+5=8 : 8\nA 8\n' })}\n`.repeat(4))
  const pair = { prompt: 'Q 3 5 > 8\n', chosen: '3+5=8 : 8\nA 8\n', rejected: '3*5=15 : 15\nA 15\n' }
  text('pairs.jsonl', `${JSON.stringify(pair)}\n`.repeat(2))
  const steps = { prompt: 'Q 3 5 > 8\n', completions: ['3+5=8 : 8', 'A 8'], labels: [true, true] }
  text('steps.jsonl', `${JSON.stringify(steps)}\n`.repeat(4))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('what the model does not need is in nobody’s way', () => {
  const extra = (dtype: string, shape: number[], bytes: number) => (tensors: Map<string, RawTensor>) => {
    tensors.set('extra', { dtype, shape, bytes: new Uint8Array(bytes) })
  }
  it.each([
    ['F8_E8M0', [4], 4],
    ['F4', [8], 4],
    ['C64', [2], 16],
    ['F8_E4M3', [4], 4],
  ])('a tensor of type %s', async (dtype, shape, bytes) => {
    policy(`extra-${dtype}`, { tensors: extra(dtype, shape, bytes) })
    await loads(`extra-${dtype}`)
  })

  it('metadata that is null, empty or left out, and no other', async () => {
    const weights = (metadata: object) =>
      writeTensors(tensorsOf(join(import.meta.dirname, '../../public/checkpoints/countdown-policy')), metadata)
    for (const [name, metadata] of Object.entries({ null: null, empty: {}, out: undefined })) {
      const extra = metadata === undefined ? {} : { __metadata__: metadata }
      policy(`metadata-${name}`, { files: { 'model.safetensors': weights(extra) } })
      await loads(`metadata-${name}`)
    }
    policy('metadata-number', { files: { 'model.safetensors': weights({ __metadata__: { format: 3 } }) } })
    expect(await refused('metadata-number')).toContain('model.safetensors, __metadata__: ')
  })

  it('a special token that was added to the tokenizer alone', async () => {
    const json = JSON.parse(readFileSync('public/checkpoints/countdown-policy/tokenizer.json', 'utf8'))
    json.added_tokens.push({ ...json.added_tokens[0], id: 23, content: '[PAD]' })
    policy('padded', { files: { 'tokenizer.json': json } })
    await loads('padded')
  })

  it('the prefix of a base model, whose config may name its class or none, and leave out the context', async () => {
    const bare = renamed((name) => name.replace(/^model\./, ''))
    policy('base', { config: { architectures: ['LlamaModel'], max_position_embeddings: undefined }, tensors: bare })
    await loads('base')
    policy('base-as-causal', { tensors: bare })
    await loads('base-as-causal')
  })

  it.each(['_orig_mod.', 'module.'])('tensors under the prefix of a wrapper, %s', async (prefix) => {
    policy(`prefix-${prefix}`, { tensors: renamed((name) => prefix + name) })
    await loads(`prefix-${prefix}`)
  })
})

describe('what cannot be loaded says what is there instead', () => {
  it('tensors under a prefix that no wrapper has', async () => {
    const prefix = 'backbone.'
    policy(`prefix-${prefix}`, { tensors: renamed((name) => prefix + name) })
    const err = await refused(`prefix-${prefix}`)
    expect(err).toContain(`${EMBEDDING}: The tensor is missing`)
    expect(err).toContain(`such as ${prefix}${EMBEDDING}`)
  })

  it('a needed tensor of a type that is not read', async () => {
    policy('fp8', {
      tensors: (tensors) => {
        tensors.set('model.norm.weight', { dtype: 'F8_E4M3', shape: [128], bytes: new Uint8Array(128) })
      },
    })
    expect(await refused('fp8')).toMatch(/model\.safetensors, model\.norm\.weight: .*found F8_E4M3/)
  })

  it('an adapter, PyTorch’s own files, and shards without their index', async () => {
    const adapter = { base_model_name_or_path: 'someone/base', peft_type: 'LORA' }
    const none = { 'model.safetensors': null }
    policy('adapter', {
      files: { ...none, 'config.json': null, 'adapter_config.json': adapter, 'adapter_model.safetensors': 'x' },
    })
    policy('adapter-with-config', {
      files: { ...none, 'adapter_config.json': adapter, 'adapter_model.safetensors': 'x' },
    })
    for (const name of ['adapter', 'adapter-with-config']) {
      const err = await refused(name)
      expect(err).toMatch(/is a PEFT adapter \(LoRA\).*its base model is someone\/base/)
      expect(err).toContain('Merge it into its base model')
    }
    policy('bin', { files: { ...none, 'pytorch_model.bin': 'x' } })
    expect(await refused('bin')).toMatch(/PyTorch’s own format.*Convert them to safetensors/)
    policy('shards', { files: { ...none, 'model-00001-of-00002.safetensors': 'x' } })
    expect(await refused('shards')).toMatch(/shards of weights without the index.*model\.safetensors\.index\.json/)
  })

  it.each([
    ['num_hidden_layers', 1e9],
    ['num_hidden_layers', 1000],
    ['vocab_size', 2 ** 31],
    ['vocab_size', 2 ** 22],
    ['intermediate_size', 2 ** 20],
    ['num_attention_heads', 4096],
  ])('a size that the tensors do not have: %s %d', async (field, value) => {
    policy(`size-${field}-${value}`, { config: { [field]: value } })
    const started = performance.now()
    expect(await refused(`size-${field}-${value}`)).toMatch(/config\.json|model\.safetensors/)
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it.each([
    ['partial_rotary_factor', { rope_parameters: { rope_theta: 10000, partial_rotary_factor: 0.5 } }],
    ['rope_parameters.full_attention', { rope_parameters: { full_attention: { rope_theta: 1e6 } } }],
    ['rope_theta', { rope_theta: 5000, rope_parameters: { rope_theta: 10000 } }],
    ['rope_scaling.rope_type', { rope_scaling: { rope_type: 'yarn', factor: 4 } }],
    ['quantization_config', { quantization_config: { quant_method: 'gptq' } }],
    ['hidden_act', { hidden_act: 'gelu' }],
    ['logits_scaling', { logits_scaling: 8 }],
    ['attention_factor', { rope_scaling: { rope_type: 'linear', factor: 2, attention_factor: 0.5 } }],
  ])('a setting that is not covered: %s', async (field, config) => {
    policy(`setting-${field}`, { config })
    expect(await refused(`setting-${field}`)).toContain(`config.json, ${field}: `)
  })
})

describe('what a config would leave out of the weights is told', () => {
  it.each([
    ['layers', { num_hidden_layers: 3 }, 'model.layers.3.'],
    ['norms of queries', { model_type: 'llama' }, 'model.layers.0.self_attn.q_norm.weight'],
  ])('%s', async (name, config, tensor) => {
    policy(`left-out-${name}`, {
      config,
      tensors: (tensors) => {
        if (name === 'layers') return
        tensors.set(tensor, { dtype: 'F32', shape: [32], bytes: new Uint8Array(128) })
      },
    })
    const err = await refused(`left-out-${name}`)
    expect(err).toContain(tensor)
    expect(err).toContain('The weights have a tensor that config.json makes no use of')
  })

  it('a score head’s bias, and labels that are counted twice', async () => {
    const prm = (name: string, config: Record<string, unknown>) =>
      writeChangedCheckpoint(at(name), 'countdown-prm', { config })
    const sequence = prm('sequence', { architectures: ['LlamaForSequenceClassification'] })
    const labels = prm('labels', { num_labels: 1, id2label: { 0: 'wrong', 1: 'right' } })
    const input = at(
      text('steps-of-one.jsonl', `${JSON.stringify({ problem: '3 5 7 2 > 24', steps: ['3*5=15 : 7 2 15'] })}\n`),
    )
    const score = (model: string) => run('score', '--model', model, '--input', input, ...wasm)
    expect(await score(sequence)).toMatchObject({ code: 1, err: expect.stringContaining('score.bias: ') })
    expect(await score(labels)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/num_labels: .*expected 2, as id2label/),
    })
  })

  it('a field of stepscope.json under another name', async () => {
    const manifest = { role: 'policy', task: 'countdown', step_end: '\n', stepEnd: ' ' }
    policy('other-name', { files: { 'stepscope.json': manifest } })
    expect(await refused('other-name')).toMatch(/stepscope\.json, stepEnd: There is no such field \(expected step_end/)
  })

  it('logits that are no numbers', async () => {
    policy('infinite', {
      tensors: (tensors) => tensors.get('model.layers.2.mlp.up_proj.weight')?.bytes.set([0, 0, 128, 127]),
    })
    const ids = at(text('few.json', '[[1, 2]]'))
    const found = await run('logits', '--model', at('infinite'), '--ids', ids, '--out', at('infinite.st'), ...wasm)
    expect(found).toMatchObject({
      code: 1,
      err: expect.stringMatching(/logit of row 0.*a number that cannot be used/s),
    })
    expect(existsSync(at('infinite.st'))).toBe(false)
  })
})

describe('a model that says it has no head and has one', () => {
  const ids = () => at(text('ids.json', '[[3, 5, 7, 2, 1]]'))
  const logits = async (name: string): Promise<Buffer> => {
    const { code, err } = await run('logits', '--model', at(name), '--ids', ids(), '--out', at(`${name}.st`), ...wasm)
    expect([code, err]).toEqual([0, expect.anything()])
    return readFileSync(at(`${name}.st`))
  }

  it('is tied where both are the same, and keeps its own where they differ', async () => {
    policy('plain', {})
    policy('copy', { tensors: withHead(() => {}) })
    policy('differs', { tensors: withHead((bytes) => bytes.fill(0, 0, 512)) })
    policy('untied', {
      config: { tie_word_embeddings: false },
      tensors: withHead((bytes) => bytes.fill(0, 0, 512)),
    })
    const plain = await logits('plain')
    expect((await logits('copy')).equals(plain)).toBe(true)
    const differs = await logits('differs')
    expect(differs.equals(plain)).toBe(false)
    expect(differs.equals(await logits('untied'))).toBe(true)
  })

  it('is exported as it was trained', async () => {
    const data = { source: 'file', file: 'sft.jsonl' }
    expect(await train('sft', { model: 'copy', data }, 'copy-trained')).toMatchObject({ code: 0 })
    expect(tensorsOf(at('copy-trained/model')).has(HEAD)).toBe(false)
    expect(configOf(at('copy-trained/model')).tie_word_embeddings).toBe(true)
    expect(await train('sft', { model: 'differs', data }, 'differs-trained')).toMatchObject({ code: 0 })
    const [before, after] = [tensorsOf(at('differs')), tensorsOf(at('differs-trained/model'))]
    expect(after.get(HEAD)?.bytes).not.toEqual(before.get(HEAD)?.bytes)
    expect(configOf(at('differs-trained/model')).tie_word_embeddings).toBe(false)
  })
})

it.each([
  ['without', undefined],
  ['with an empty list of', []],
])('a reward model trained from a config %s architectures loads', async (name, architectures) => {
  policy(`${name}-policy`, { config: { architectures } })
  const recipe = { model: `${name}-policy`, data: { source: 'file', file: 'steps.jsonl' } }
  expect(await train('process-reward', recipe, `${name}-trained`)).toMatchObject({ code: 0 })
  const model = at(`${name}-trained/model`)
  expect(configOf(model).architectures).toEqual(['LlamaForTokenClassification'])
  const input = at(
    text(
      'score.jsonl',
      `${JSON.stringify({ problem: '3 5 7 2 > 24', steps: ['3*5=15 : 7 2 15', '15+7=22 : 2 22'] })}\n`,
    ),
  )
  const scored = await run('score', '--model', model, '--input', input, ...wasm)
  expect([scored.code, JSON.parse(scored.out).scores.length]).toEqual([0, 2])
})

describe('a reference that is another model', () => {
  const dpo = (reference: string) => ({
    model: 'plain-policy',
    reference,
    data: { source: 'file', file: 'pairs.jsonl' },
    settings: { beta: 0.1, rpoAlpha: 0 },
  })
  const judged = async (reference: string) => {
    const rollouts = at('rollouts.jsonl')
    if (!existsSync(rollouts)) {
      await run('rollout', '--generate', '2', '--difficulty', '3-numbers', '--n', '2', '--out', rollouts, ...wasm)
    }
    return run('judge', '--input', rollouts, '--prm', at('plain-policy'), '--prm-reference', at(reference), ...wasm)
  }
  beforeAll(() => {
    policy('plain-policy', {})
    policy('other-theta', { config: { rope_theta: 500 } })
    const json = JSON.parse(readFileSync('public/checkpoints/countdown-policy/tokenizer.json', 'utf8'))
    const { 3: three, 4: four } = json.model.vocab
    Object.assign(json.model.vocab, { 3: four, 4: three })
    policy('other-tokenizer', { files: { 'tokenizer.json': json } })
    policy('other-context', { config: { max_position_embeddings: 16 } })
  })
  const lossOf = (out: string) => JSON.parse(out.split('\n').find((line) => line.includes('"loss"')) ?? '{}')

  it('is read with its own positions', async () => {
    const same = await train('dpo', dpo('plain-policy'), 'dpo-same')
    expect(lossOf(same.out)).toMatchObject({ loss: expect.closeTo(Math.LN2, 5) })
    const other = await train('dpo', dpo('other-theta'), 'dpo-theta')
    expect(other.code).toBe(0)
    expect(Math.abs(lossOf(other.out).loss - Math.LN2)).toBeGreaterThan(1e-4)
    expect(await judged('other-theta')).toMatchObject({ code: 0 })
  })

  it('is refused where its ids mean other tokens, and where it is too small', async () => {
    const words = expect.stringMatching(/tokenizer\.json.*vocabulary of the reference .*is another one.*"[34]": id/)
    expect(await train('dpo', dpo('other-tokenizer'), 'dpo-tokenizer')).toMatchObject({ code: 1, err: words })
    expect(await judged('other-tokenizer')).toMatchObject({ code: 1, err: words })
    const { code, err } = await train('dpo', dpo('other-context'), 'dpo-context')
    expect([code, err]).toEqual([2, expect.stringMatching(/reference: .*max_position_embeddings.*found 16/)])
  })
})
