import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import { CpuBackend } from '../compute/cpu/cpu-backend.ts'
import type { CheckpointFiles } from './checkpoint/checkpoint-files.ts'
import { openWeights } from './checkpoint/checkpoint-weights.ts'
import { writeSafetensors } from './checkpoint/safetensors.ts'
import { createDecoder } from './decoder/decoder-model.ts'
import { headOutputs } from './head-outputs.ts'
import { inspectCheckpoint, loadModel, loadPolicy, loadRewardModel } from './load-model.ts'
import { withFiles } from './testing/memory-files.ts'

const POLICY = 'public/checkpoints/countdown-policy'
const config: Record<string, unknown> = JSON.parse(readFileSync(`${POLICY}/config.json`, 'utf8'))
const weights = new Uint8Array(readFileSync(`${POLICY}/model.safetensors`))

let backend: CpuBackend
let policyFiles: CheckpointFiles
let rewardFiles: CheckpointFiles

beforeAll(async () => {
  backend = new CpuBackend()
  policyFiles = await openCheckpointDirectory(POLICY)
  rewardFiles = await openCheckpointDirectory('public/checkpoints/countdown-prm')
})
afterAll(() => backend.dispose())

/** The policy's weights with some tensors changed or left out. */
async function changedWeights(changes: Readonly<Record<string, { shape: number[]; data: Float32Array } | null>>) {
  const source = await openWeights(policyFiles)
  const tensors: Record<string, { shape: readonly number[]; data: Float32Array }> = {}
  for (const name of source.entries.keys()) {
    const change = changes[name]
    if (change !== null) tensors[name] = change ?? { shape: source.shape(name), data: await source.read(name) }
  }
  return writeSafetensors(tensors)
}

test('what a folder holds is told before it is loaded', async () => {
  expect(await inspectCheckpoint(policyFiles)).toEqual({
    family: 'llama',
    role: 'policy',
    parameters: 806912,
    bytes: 4 * 806912,
    chat: false,
    manifest: { role: 'policy', task: 'countdown', stepEnds: ['\n'] },
    missing: [],
  })
  const bare = await inspectCheckpoint(withFiles(rewardFiles, { 'stepscope.json': undefined }))
  expect([bare.role, bare.missing]).toEqual([
    'process-reward-model',
    ['role', 'stepEnds', 'scoreAt', 'activation', 'aggregation'],
  ])
})

test('loading tells its progress, names the model, and disposing frees every byte', async () => {
  const before = backend.memory.liveBytes
  const progress: (readonly [number, number])[] = []
  const onProgress = (loaded: number, total: number) => progress.push([loaded, total])
  const policy = await loadPolicy(backend, policyFiles, { onProgress, cacheTokens: 512 }, createDecoder)
  expect(policy.info).toMatchObject({
    id: 'countdown-policy',
    hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    family: 'llama',
    parameters: 806912,
    contextLength: 256,
    backend: 'cpu',
  })
  const totals = new Set(progress.map(([, total]) => total))
  expect([totals.size, progress[progress.length - 1]?.[0]]).toEqual([1, [...totals][0]])
  expect(backend.memory.liveBytes).toBeGreaterThan(before)
  policy.model.dispose()
  expect(backend.memory.liveBytes).toBe(before)
})

test('the cache keeps to its bytes; a text that the whole of it cannot hold is refused with the pages it would take', async () => {
  const cacheBytes = 2 ** 18
  const policy = await loadPolicy(backend, policyFiles, { cacheBytes }, createDecoder)
  const { cache = 0 } = policy.model.decoder.bytes()
  const { pages } = policy.model.decoder
  expect([cache <= cacheBytes, cache / pages > cacheBytes - cache]).toEqual([true, true])
  const tokens = 16 * pages + 1
  expect(tokens).toBeLessThan(256)
  await expect(policy.open('1'.repeat(tokens))).rejects.toMatchObject({
    details: {
      code: 'out-of-memory',
      expected: expect.stringContaining(`${pages + 1} pages`),
      found: `${pages} pages`,
    },
  })
  policy.model.dispose()
})

test('loading can be cancelled at any point, and nothing stays', async () => {
  const before = backend.memory.liveBytes
  const controller = new AbortController()
  const { signal } = controller
  const onProgress = () => controller.abort()
  const load = loadPolicy(backend, policyFiles, { signal, onProgress }, createDecoder)
  await expect(load).rejects.toMatchObject({ details: { code: 'cancelled' } })
  const early = loadRewardModel(backend, rewardFiles, { signal: AbortSignal.abort() }, createDecoder)
  await expect(early).rejects.toMatchObject({ details: { code: 'cancelled' } })
  expect(backend.memory.liveBytes).toBe(before)
})

describe('a bad checkpoint is refused with file and field, and nothing stays on the device', () => {
  const refused = async (files: CheckpointFiles, code: string, message: RegExp) => {
    const before = backend.memory.liveBytes
    const error = await loadPolicy(backend, files, { cacheTokens: 512 }, createDecoder).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ details: { code }, message: expect.stringMatching(message) })
    expect(backend.memory.liveBytes).toBe(before)
  }
  const change = (changes: Parameters<typeof withFiles>[1]) => withFiles(policyFiles, changes)

  test('truncated safetensors', () =>
    refused(
      change({ 'model.safetensors': weights.slice(0, 100_000) }),
      'bad-checkpoint',
      /model\.safetensors, model\.\S+: The file is truncated/,
    ))

  test('wrong dtype', async () => {
    const text = new TextDecoder('latin1').decode(weights.slice(8, 8 + 6000))
    const at = text.indexOf('"F32"', text.indexOf('model.norm.weight'))
    const spoiled = weights.slice()
    spoiled.set(new TextEncoder().encode('"I32"'), 8 + at)
    await refused(
      change({ 'model.safetensors': spoiled }),
      'bad-checkpoint',
      /model\.safetensors, model\.norm\.weight: .*found I32/,
    )
  })

  test('missing tensor', async () => {
    const without = await changedWeights({ 'model.layers.2.mlp.up_proj.weight': null })
    await refused(
      change({ 'model.safetensors': without }),
      'bad-checkpoint',
      /model\.safetensors, model\.layers\.2\.mlp\.up_proj\.weight: .*missing/,
    )
  })

  test('tensor of another shape', async () => {
    const other = await changedWeights({ 'model.norm.weight': { shape: [64], data: new Float32Array(64) } })
    await refused(
      change({ 'model.safetensors': other }),
      'bad-checkpoint',
      /^model\.safetensors, model\.norm\.weight: .*128.*64/,
    )
  })

  test('config of another family', () =>
    refused(
      change({ 'config.json': { ...config, model_type: 'gpt2' } }),
      'unsupported-config',
      /config\.json, model_type: .*found gpt2/,
    ))

  test('a score head as policy', () =>
    refused(
      change({ 'config.json': { ...config, architectures: ['LlamaForTokenClassification'] } }),
      'unsupported-config',
      /architectures.*found a score head/,
    ))

  test('broken tokenizer', () =>
    refused(
      change({ 'tokenizer.json': '{"model":' }),
      'bad-tokenizer',
      /tokenizer\.json, line 1: The file is not JSON/,
    ))

  test('an end-of-sequence token beyond the vocabulary', async () => {
    const message = (file: string, id: number) =>
      new RegExp(`^${file}, eos_token_id: .*expected ids below 23 \\(vocab_size of config\\.json\\), found ${id}`)
    const ends = change({ 'config.json': { ...config, eos_token_id: [22, 23] } })
    await refused(ends, 'unsupported-config', message('config\\.json', 23))
    const generation = change({ 'generation_config.json': { eos_token_id: 2 ** 20 } })
    await refused(generation, 'unsupported-config', message('generation_config\\.json', 2 ** 20))
  })

  test('tokenizer of another model', () =>
    refused(
      change({ 'config.json': { ...config, vocab_size: 20 } }),
      'bad-tokenizer',
      /tokenizer\.json, model\.vocab: .*below 20/,
    ))

  test('no step end', () =>
    refused(
      change({ 'stepscope.json': { role: 'policy', task: 'countdown' } }),
      'bad-checkpoint',
      /stepscope\.json, step_end/,
    ))

  test('an activation that does not fit the labels', async () => {
    const load = loadRewardModel(
      backend,
      rewardFiles,
      { manifest: { reading: { activation: 'softmax' } } },
      createDecoder,
    )
    await expect(load).rejects.toThrow(/stepscope\.json, activation: .*found softmax with 1 labels/)
  })
})

test('logits need no tokenizer, and are the same in one row or many', async () => {
  const files = withFiles(policyFiles, { 'tokenizer.json': 'broken', 'stepscope.json': undefined })
  const model = await loadModel(backend, files, { cacheTokens: 1024 }, createDecoder)
  const ids = [
    [20, 2, 6, 2, 8, 2, 10],
    [20, 2, 4, 3, 2, 19, 1],
  ]
  const together = await headOutputs(model, ids)
  const alone = [...(await headOutputs(model, ids.slice(0, 1))), ...(await headOutputs(model, ids.slice(1)))]
  expect(together.map(({ length }) => length)).toEqual([7 * 23, 7 * 23])
  expect(together).toEqual(alone)
  expect(model.counters().livePages).toBe(0)
  model.dispose()
})

test('a task that nobody here knows is told with those that there are, before any weight is read', async () => {
  const files = withFiles(policyFiles, { 'model.safetensors': 'broken' })
  const load = loadPolicy(backend, files, { tasks: ['chess', 'go'] }, createDecoder)
  await expect(load).rejects.toThrow(/There is no such task.*expected chess, go, found countdown/)
})
