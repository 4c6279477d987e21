import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Backend } from '../../compute/backend.ts'
import { CpuBackend } from '../../compute/cpu/cpu-backend.ts'
import type { StatedManifest } from '../../search/manifest.ts'
import type { Reading, ReadingId } from '../../search/reading.ts'
import { parseConfig } from '../checkpoint/config.ts'
import { storedTensors } from '../checkpoint/open-checkpoint.ts'
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import type { DecoderConfig } from '../decoder/decoder.ts'
import { createDecoder } from '../decoder/decoder-model.ts'
import { loadRewardModel } from '../load-model.ts'
import { memoryFiles } from '../testing/memory-files.ts'
import { plainForward, plainHead } from '../testing/plain-forward.ts'
import { RandomWeights } from '../testing/random-weights.ts'

/** Checkpoints of other sizes, separators and system messages than those with values from PyTorch. */

const FOLDER = 'tests/fixtures/readings'
const small = (name: string, file: string) => readFileSync(`${FOLDER}/${name}/${file}`, 'utf8')

/** Ids of separators that are special tokens, in the tokenizer of their case. */
const SPECIALS: Readonly<Record<string, number>> = { '<|im_end|>': 422, '<extra_0>': 423, '<|endoftext|>': 420 }

interface Kind {
  readonly id: ReadingId
  /** Whose tokenizer and template are taken. */
  readonly folder: string
  readonly architecture: string
  readonly labels: number
  readonly separators: readonly string[]
}

const KINDS: readonly Kind[] = [
  {
    id: 'two-labels',
    folder: 'two-labels-newline',
    architecture: 'Qwen2ForTokenClassification',
    labels: 2,
    separators: ['\n', '\n\n', ' ## ', '<|im_end|>', '\n\n\n\n'],
  },
  {
    id: 'two-layer-head',
    folder: 'two-layer-head-extra-token',
    architecture: 'Qwen2ForProcessRewardModel',
    labels: 2,
    separators: ['<extra_0>', '<|endoftext|>'],
  },
  {
    id: 'value-head',
    folder: 'value-head-at-newline',
    architecture: 'Qwen2ForPrmModel',
    labels: 1,
    separators: ['\n', '\n\n'],
  },
  {
    id: 'step-tag',
    folder: 'candidate-tokens-at-step-tag',
    architecture: 'MistralForCausalLM',
    labels: 0,
    separators: [' ки', ' [step]', '\n'],
  },
  {
    id: 'chat-turns',
    folder: 'candidate-tokens-in-chat-turns',
    architecture: 'LlamaForCausalLM',
    labels: 0,
    separators: ['', ' Is this right?'],
  },
  {
    id: 'outcome',
    folder: 'outcome-in-chat',
    architecture: 'Qwen3ForSequenceClassification',
    labels: 1,
    separators: [''],
  },
]

let backend: Backend
beforeAll(() => {
  backend = new CpuBackend()
})
afterAll(() => {
  expect(backend.memory.liveBytes).toBe(0)
  backend.dispose()
})

const shapes = fc.record({
  heads: fc.constantFrom(2, 3, 4),
  headDim: fc.constantFrom(4, 6, 10),
  groups: fc.constantFrom(1, 2),
  width: fc.integer({ min: 5, max: 40 }),
  layers: fc.integer({ min: 1, max: 2 }),
  seed: fc.integer({ min: 1, max: 1000 }),
})
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never

function configOf({ folder, architecture, labels }: Kind, { heads, headDim, groups, width, layers }: Shape): object {
  const json = JSON.parse(small(folder, 'config.json'))
  return {
    ...json,
    architectures: [architecture],
    hidden_size: 2 * heads * groups * headDim - 2,
    head_dim: headDim,
    num_attention_heads: heads * groups,
    num_key_value_heads: heads,
    intermediate_size: width,
    num_hidden_layers: layers,
    layer_types: undefined,
    ...(labels === 0 ? {} : { num_labels: labels, id2label: undefined }),
  }
}

function filesOf({ folder }: Kind, config: object, weights: RandomWeights, parsed: DecoderConfig) {
  const tensors = storedTensors(parsed).map(({ name, shape }) => [name, { shape, data: weights.values(name) }] as const)
  const texts = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'].flatMap((file) => {
    try {
      return [[file, small(folder, file)] as const]
    } catch {
      return []
    }
  })
  return memoryFiles({
    'config.json': config,
    ...Object.fromEntries(texts),
    'model.safetensors': writeSafetensors(Object.fromEntries(tensors)),
  })
}

const texts = fc.array(fc.constantFrom('a', ' 12', '+', '\n', '? ', 'ки', '<extra_0>', ' step', '</s>', '  '), {
  minLength: 1,
  maxLength: 5,
})
const text = texts.map((parts) => `x${parts.join('')}`)

/** The score that plain arithmetic gives. */
function expectedScore(reading: ReadingId, outputs: readonly number[], candidates: readonly number[]): number {
  const [a = 0, b = 0] =
    reading === 'step-tag' || reading === 'chat-turns' ? candidates.map((id) => outputs[id] ?? 0) : outputs
  if (outputs.length === 1) return 1 / (1 + Math.exp(-a))
  const of = reading === 'step-tag' || reading === 'chat-turns' ? a - b : b - a
  return 1 / (1 + Math.exp(-of))
}

test.each(KINDS)('$id: other sizes, separators, system messages and texts', async (kind) => {
  const property = fc.asyncProperty(
    shapes,
    fc.constantFrom(...kind.separators),
    fc.constantFrom(undefined, 'Be strict.'),
    text,
    fc.array(text, { minLength: 1, maxLength: 3 }),
    async (shape, scoreAt, system, problem, steps) => {
      const json = configOf(kind, shape)
      const config = parseConfig(json)
      const weights = new RandomWeights(config, shape.seed)
      const reading: Partial<Reading> = { id: kind.id, scoreAt }
      const manifest: StatedManifest = { reading, ...(system === undefined ? {} : { system }) }
      const files = filesOf(kind, json, weights, config)
      const model = await loadRewardModel(backend, files, { manifest, cacheTokens: 1024 }, createDecoder)
      try {
        const { ids, positions, scores } = await model.read(problem, steps)
        const special = SPECIALS[scoreAt]
        if (special !== undefined) expect(positions.map((at) => ids[at])).toEqual(steps.map(() => special))
        const outputs = plainHead(config, weights, plainForward(config, weights, ids))
        const candidates = kind.id === 'step-tag' ? [631, 632] : [10, 12]
        expect(positions).toHaveLength(kind.id === 'outcome' ? 1 : steps.length)
        for (const [index, position] of positions.entries()) {
          expect(scores[index]).toBeCloseTo(expectedScore(kind.id, outputs[position] ?? [], candidates), 4)
        }
        // Step by step, and in other orders of calls, the same numbers.
        const { branch } = await model.open(problem)
        const [all] = await model.score([{ branch, steps }])
        let at = model.fork(branch)
        const single: number[] = []
        for (const step of steps) {
          const [next] = await model.score([{ branch: at, steps: [step] }])
          if (next === undefined) throw new Error('nothing was answered')
          model.release(at)
          at = next.branch
          single.push(...next.scores)
        }
        for (const one of [all?.branch, at, branch]) if (one !== undefined) model.release(one)
        expect(single).toEqual((all?.scores ?? []).map((score) => expect.closeTo(score, 5)))
        expect(single.slice(-scores.length)).toEqual(scores.map((score) => expect.closeTo(score, 5)))
      } finally {
        model.model.dispose()
      }
    },
  )
  await fc.assert(property, { numRuns: 8, seed: 16 })
})
