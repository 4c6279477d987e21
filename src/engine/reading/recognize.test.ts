import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import type { Backend } from '../../compute/backend.ts'
import { CpuBackend } from '../../compute/cpu/cpu-backend.ts'
import type { StatedManifest } from '../../search/manifest.ts'
import type { ReadingId } from '../../search/reading.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { openWeights } from '../checkpoint/checkpoint-weights.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import { createDecoder } from '../decoder/decoder-model.ts'
import { inspectCheckpoint, loadRewardModel } from '../load-model.ts'
import { withFiles } from '../testing/memory-files.ts'

const folder = (name: string) => openCheckpointDirectory(`tests/fixtures/readings/${name}`)
const PROBLEM = 'Let 4x + 7 = 31. What is x?'
const STEPS = ['4x = 24.', 'x = 6.']

let backend: Backend
beforeAll(() => {
  backend = new CpuBackend()
})
afterAll(() => {
  expect(backend.memory.liveBytes).toBe(0)
  backend.dispose()
})

async function scoresOf(files: CheckpointFiles, manifest: StatedManifest = {}): Promise<readonly number[]> {
  const model = await loadRewardModel(backend, files, { manifest, cacheTokens: 512 }, createDecoder)
  try {
    return (await model.read(PROBLEM, STEPS)).scores
  } finally {
    model.model.dispose()
  }
}

/** The folder with fields of config.json replaced. */
async function withConfig(files: CheckpointFiles, fields: object): Promise<CheckpointFiles> {
  const bytes = await files.read('config.json', 0, await files.size('config.json'))
  return withFiles(files, { 'config.json': { ...JSON.parse(new TextDecoder().decode(bytes)), ...fields } })
}

/** The folder with tensors under other names; null leaves one out. */
async function renamed(files: CheckpointFiles, rename: (name: string) => string | null): Promise<CheckpointFiles> {
  const weights = await openWeights(files)
  const tensors: Record<string, { shape: readonly number[]; data: Float32Array }> = {}
  for (const name of weights.entries.keys()) {
    const to = rename(name)
    if (to !== null) tensors[to] = { shape: weights.shape(name), data: await weights.read(name) }
  }
  return withFiles(files, { 'model.safetensors': writeSafetensors(tensors) })
}

const named = (files: CheckpointFiles, name: string): CheckpointFiles => ({ ...files, name })

describe('a folder without a stepscope.json', () => {
  test.each([
    ['two-layer-head-extra-token', 'two-layer-head', 'Its class is Qwen2ForProcessRewardModel, so'],
    ['value-head-at-newline', 'value-head', 'Its class is Qwen2ForPrmModel, so'],
    ['two-labels-newline', 'two-labels', 'Its class is Qwen2ForTokenClassification with 2 labels, so'],
    [
      'outcome-in-chat',
      'outcome',
      'Its class is Qwen3ForSequenceClassification with 1 label, and it has a chat template',
    ],
  ] as const)('is known by its class: %s', async (name, id, reason) => {
    const { manifest, recognized, role, missing } = await inspectCheckpoint(await folder(name))
    expect([manifest.reading?.id, role]).toEqual([
      id,
      id === 'outcome' ? 'outcome-reward-model' : 'process-reward-model',
    ])
    expect(recognized).toContain(reason)
    // A separator is never guessed.
    expect(missing).toEqual(id === 'two-labels' ? ['scoreAt'] : [])
  })

  test.each([
    ['candidate-tokens-at-step-tag', 'peiyi9979/math-shepherd-mistral-7b-prm', 'step-tag'],
    ['candidate-tokens-in-chat-turns', 'RLHFlow/Llama3.1-8B-PRM-Mistral-Data', 'chat-turns'],
    ['two-labels-blank-line', 'HuggingFaceH4/Qwen2.5-Math-1.5B-Instruct-PRM-0.2', 'two-labels'],
    ['two-labels-newline', 'plaguss/Qwen2.5-0.5B-Math-Shepherd-PRM-0.2', 'two-labels'],
  ] as const)('is known by its name: %s as %s', async (name, as, id) => {
    const files = named(await folder(name), as)
    const { manifest, recognized, missing } = await inspectCheckpoint(files)
    expect(manifest.reading).toMatchObject({
      id,
      ...(id === 'two-labels' ? { scoreAt: name.endsWith('newline') ? '\n' : '\n\n' } : {}),
    })
    expect(recognized).toContain(`Its name, ${as.split('/')[1]}, is that of a known model`)
    expect(missing).toEqual([])
    const stated = {
      reading: { id, ...(manifest.reading?.scoreAt === undefined ? {} : { scoreAt: manifest.reading.scoreAt }) },
    }
    expect(await scoresOf(files)).toEqual(await scoresOf(await folder(name), stated))
  })

  test('is a policy where nothing else is said, and no reward model without a reading', async () => {
    const files = await folder('candidate-tokens-at-step-tag')
    const { role, recognized } = await inspectCheckpoint(files)
    expect([role, recognized]).toEqual(['policy', undefined])
    await expect(scoresOf(files)).rejects.toThrow(/config\.json, architectures: .*or a reading of the logits/)
  })
})

test('what stepscope.json says goes before what a folder is known by, and what is given before both', async () => {
  const plain = await folder('two-labels-blank-line')
  const files = withFiles(plain, { 'stepscope.json': { reading: 'two-labels', score_at: '\n\n', bos: 'never' } })
  expect((await inspectCheckpoint(files)).recognized).toBeUndefined()
  const [own, other] = [await scoresOf(files), await scoresOf(files, { reading: { scoreAt: '\n' } })]
  expect(own).toEqual(await scoresOf(plain, { reading: { id: 'two-labels', scoreAt: '\n\n' } }))
  expect(other).not.toEqual(own)
  expect(other).toEqual(await scoresOf(plain, { reading: { id: 'two-labels', scoreAt: '\n' } }))
})

describe('weights under other names', () => {
  test.each([
    ['pretrained_model.', (name: string) => `pretrained_model.${name}`],
    ['module.', (name: string) => `module.${name}`],
    ['_orig_mod.', (name: string) => `_orig_mod.${name}`],
    ['module._orig_mod.pretrained_model.', (name: string) => `module._orig_mod.pretrained_model.${name}`],
    ['_orig_mod. within', (name: string) => name.replace(/^model\./, 'model._orig_mod.')],
    ['no model.', (name: string) => name.replace(/^model\./, '')],
    ['module. without model.', (name: string) => `module.${name.replace(/^model\./, '')}`],
    [
      'pretrained_model. but for the head',
      (name: string) => (name.startsWith('v_head') ? name : `pretrained_model.${name}`),
    ],
  ])('are the same model: %s', async (_, rename) => {
    const files = await folder('value-head-at-newline')
    expect(await scoresOf(await renamed(files, rename))).toEqual(await scoresOf(files))
  })

  test('a head of two layers, and one of two labels, behind a wrapper', async () => {
    for (const [name, manifest] of [
      ['two-layer-head-extra-token', {}],
      ['two-labels-newline', { reading: { id: 'two-labels', scoreAt: '\n' } }],
    ] as const) {
      const files = await folder(name)
      const wrapped = await renamed(files, (tensor) => `_orig_mod.module.${tensor}`)
      expect(await scoresOf(wrapped, manifest)).toEqual(await scoresOf(files, manifest))
    }
  })

  test('a language model that TRL saved with a value head is a reward model where one is wanted', async () => {
    const files = await folder('value-head-at-newline')
    const saved = await withConfig(
      await renamed(files, (name) => (name.startsWith('v_head') ? name : `pretrained_model.${name}`)),
      {
        architectures: ['Qwen2ForCausalLM'],
      },
    )
    expect((await inspectCheckpoint(saved)).role).toBe('policy')
    expect(await scoresOf(saved)).toEqual(await scoresOf(files))
  })

  test('two tensors for one place are refused', async () => {
    const files = await renamed(await folder('value-head-at-newline'), (name) => name)
    const weights = await openWeights(files)
    const tensors = Object.fromEntries(
      await Promise.all(
        [...weights.entries.keys()].map(async (name) => [
          name,
          { shape: weights.shape(name), data: await weights.read(name) },
        ]),
      ),
    )
    tensors['module.model.norm.weight'] = tensors['model.norm.weight']
    const twice = withFiles(files, { 'model.safetensors': writeSafetensors(tensors) })
    await expect(scoresOf(twice)).rejects.toThrow(
      /model\.safetensors, module\.model\.norm\.weight: Two tensors .*found model\.norm\.weight and module\.model\.norm\.weight/,
    )
  })
})

describe('a reading that does not fit is refused with file and field', () => {
  const read = (id: ReadingId, more: object = {}): StatedManifest => ({ reading: { id, ...more } })

  test.each([
    ['two-labels-newline', read('step-tag'), /config\.json, architectures: .*expected a language-model head/],
    ['two-labels-newline', read('two-layer-head'), /config\.json, architectures: .*expected a head of two layers/],
    ['two-labels-newline', read('value-head'), /stepscope\.json, activation: .*found sigmoid with 2 labels/],
    ['two-labels-newline', read('two-labels'), /stepscope\.json, score_at: The field is missing/],
    ['two-labels-newline', read('two-labels', { scoreAt: '' }), /stepscope\.json, score_at: .*empty/],
    [
      'candidate-tokens-at-step-tag',
      read('two-labels', { scoreAt: '\n' }),
      /config\.json, architectures: .*expected a score head/,
    ],
    ['candidate-tokens-at-step-tag', read('chat-turns'), /tokenizer_config\.json, chat_template: /],
    [
      'candidate-tokens-at-step-tag',
      read('step-tag', { candidates: ['right', 'wrong'] }),
      /tokenizer\.json, model\.vocab: .*"right"/,
    ],
    ['candidate-tokens-at-step-tag', read('implicit'), /stepscope\.json, reading: .*trained from/],
    ['value-head-at-newline', read('two-labels', { scoreAt: '\n' }), /activation: .*found softmax with 1 labels/],
    [
      'outcome-in-chat',
      read('outcome', { scoreAt: '<extra_0>', readAt: 'score-at' }),
      /tokenizer\.json, added_tokens: .*<extra_0>/,
    ],
  ] as const)('%s, %j', async (name, manifest, message) => {
    await expect(scoresOf(await folder(name), manifest)).rejects.toThrow(message)
  })

  test('no beginning-of-sequence token where the reading begins with one', async () => {
    const files = withFiles(await folder('value-head-at-newline'), { 'tokenizer_config.json': {} })
    await expect(scoresOf(files)).rejects.toThrow(/tokenizer_config\.json, bos_token: /)
    await expect(scoresOf(await withConfig(files, { bos_token_id: 420 }))).resolves.toHaveLength(2)
  })

  test('no extra token in the tokenizer', async () => {
    const other = await folder('outcome-in-chat')
    const bytes = new Uint8Array(await other.read('tokenizer.json', 0, await other.size('tokenizer.json')))
    const files = withFiles(await folder('two-layer-head-extra-token'), { 'tokenizer.json': bytes })
    await expect(scoresOf(files)).rejects.toThrow(/tokenizer\.json, added_tokens: .*expected "<extra_0>"/)
  })

  test('a template that changes what stands behind a step', async () => {
    const files = withFiles(await folder('outcome-in-chat'), {
      'chat_template.jinja': "{% for m in messages %}{{ m['content'] | trim }}\n{% endfor %}",
    })
    const manifest = read('outcome', { readAt: 'score-at', scoreAt: '\n' })
    await expect(scoresOf(files, manifest)).rejects.toThrow(/chat_template\.jinja: .*changes what stands behind a step/)
  })

  test('fields of stepscope.json that are none, or have other values', async () => {
    const files = await folder('two-labels-newline')
    for (const [field, value] of [
      ['reading', 'three-labels'],
      ['input', 'poem'],
      ['candidates', ['+']],
      ['read_at', 'start'],
      ['trim_steps', 'yes'],
      ['beta', -1],
    ] as const) {
      const stated = withFiles(files, { 'stepscope.json': { reading: 'two-labels', score_at: '\n', [field]: value } })
      await expect(scoresOf(stated)).rejects.toThrow(new RegExp(`stepscope\\.json, ${field}`))
    }
  })
})
