import { expect, test } from 'vitest'
import type { Backend } from '../../compute/backend.ts'
import { openBackend } from '../../compute/open-backend.ts'
import { MODEL_BACKENDS } from '../../compute/testing/node-backends.ts'
import { onEachBackend } from '../../compute/testing/on-each-backend.ts'
import { relativeError } from '../../compute/testing/run-kernel.ts'
import { parseConfig } from '../checkpoint/config.ts'
import { plainForward, plainHead } from '../testing/plain-forward.ts'
import { ODD_CONFIG, ODD_LAYER, PLAIN_LAYER, RandomWeights } from '../testing/random-weights.ts'
import type { Decoder, DecoderConfig, DecoderOptions, DecodeSequence, LayerConfig } from './decoder.ts'
import { TOKEN_ENDS_SEQUENCE, TOKEN_ENDS_STEP, TOKEN_NEVER_SAMPLED } from './decoder.ts'
import { createDecoder, flopsModel } from './decoder-model.ts'

const OPTIONS: DecoderOptions = { cacheTokens: 1024, slots: 64, maxRows: 128, maxSequences: 32 }
const VOCABULARY = ODD_CONFIG.vocabSize

async function withDecoder(
  backend: Backend,
  config: DecoderConfig,
  body: (decoder: Decoder, weights: RandomWeights) => Promise<void>,
  options: DecoderOptions = OPTIONS,
): Promise<void> {
  const weights = new RandomWeights(config)
  const decoder = await createDecoder(backend, config, weights, options)
  try {
    await body(decoder, weights)
  } finally {
    decoder.dispose()
  }
}

/** Sequence s has pages 4·s … 4·s + 3. */
function tableOf(decoder: Decoder, sequence: number): Uint32Array {
  return Uint32Array.from({ length: decoder.pagesPerSequence }, (_, page) => 4 * sequence + page)
}

/** Executes whole sequences in one pass, keeping the last state of sequence s in slot s. */
async function prefill(decoder: Decoder, sequences: readonly (readonly number[])[], first = 0): Promise<void> {
  const rows = sequences.flatMap((ids, sequence) => ids.map((token, position) => ({ token, position, sequence })))
  const tables = sequences.map((_, sequence) => tableOf(decoder, first + sequence))
  await decoder.execute({
    tokenIds: Uint32Array.from(rows, ({ token }) => token),
    positions: Uint32Array.from(rows, ({ position }) => position),
    sequences: Uint32Array.from(rows, ({ sequence }) => sequence),
    pageTables: Uint32Array.from(tables.flatMap((table) => [...table])),
    keep: sequences.map((_, sequence) => ({
      row: sequences.slice(0, sequence + 1).reduce((sum, { length }) => sum + length, -1),
      slot: first + sequence,
    })),
  })
}

function requestOf(
  decoder: Decoder,
  sequence: number,
  position: number,
  given: Partial<DecodeSequence> = {},
): DecodeSequence {
  return {
    slot: sequence,
    position,
    temperature: 1,
    topP: 1,
    topK: 0,
    seed: 5,
    node: 6,
    sample: sequence,
    maxTokens: 40,
    pageTable: tableOf(decoder, sequence),
    ...given,
  }
}

const BIASED: LayerConfig = { ...PLAIN_LAYER, biases: { queryKeyValue: true, output: false, mlp: false } }
const WINDOW_5: LayerConfig = { ...PLAIN_LAYER, window: 5 }
const WINDOW_20: LayerConfig = { ...ODD_LAYER, rope: { type: 'default', theta: 100 }, window: 20 }
const MISTRAL = parseConfig({
  architectures: ['MistralForCausalLM'],
  model_type: 'mistral',
  hidden_size: 32,
  intermediate_size: 44,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 12,
  vocab_size: 37,
  max_position_embeddings: 100,
  sliding_window: 13,
})
const LONG = Array.from({ length: 50 }, (_, i) => (7 * i) % 37)
const PROMPTS = [[1, 2, 3], [4], [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21], [30, 31]]
const NO_FLAGS = new Uint32Array(VOCABULARY)

function logSoftmax(logits: ArrayLike<number>, token: number): number {
  const values = Array.from(logits)
  const most = Math.max(...values)
  return (values[token] ?? Number.NaN) - most - Math.log(values.reduce((sum, x) => sum + Math.exp(x - most), 0))
}

onEachBackend(
  'decoder',
  (backend) => {
    test.each<[string, Partial<DecoderConfig>]>([
      ['all biases, query/key norm, untied', {}],
      ['no biases, no query/key norm, tied', { layers: [PLAIN_LAYER, PLAIN_LAYER], tiedEmbeddings: true }],
      ['one head of keys, bias on q, k, v', { layers: [BIASED, BIASED], heads: 3, keyValueHeads: 1 }],
      ['windows of 5 and 20, each layer with its own angles', { layers: [WINDOW_5, WINDOW_20] }],
      ['a Mistral of one window', MISTRAL],
      ['layers that differ in all', { layers: [PLAIN_LAYER, { ...WINDOW_5, norms: ODD_LAYER.norms }, BIASED] }],
    ])('agrees with a plain forward pass at odd sizes: %s', async (_, given) => {
      const config = { ...ODD_CONFIG, ...given }
      await withDecoder(backend(), config, async (decoder, weights) => {
        const prompts = [...PROMPTS, LONG]
        await prefill(decoder, prompts)
        const slots = prompts.map((_, sequence) => sequence)
        const states = prompts.map((ids) => plainForward(config, weights, ids).at(-1) ?? [])
        expect(relativeError(await decoder.hidden(slots), states.flat())).toBeLessThan(1e-5)
        expect(relativeError(await decoder.logits(slots), plainHead(config, weights, states).flat())).toBeLessThan(1e-5)
      })
    })

    test.each([
      ['f16', 2e-3],
      ['int8', 3e-2],
      ['int4', 0.4],
    ] as const)(
      'with %s weights: a forked branch is a fresh prefill bit for bit, and near f32',
      async (weights, error) => {
        const config = { ...ODD_CONFIG, hiddenSize: 70, intermediateSize: 90 }
        const prompt = PROMPTS[2] ?? []
        let exact: ArrayLike<number> = []
        await withDecoder(backend(), config, async (decoder) => {
          await prefill(decoder, [prompt])
          exact = await decoder.logits([0])
        })
        await withDecoder(
          backend(),
          config,
          async (decoder) => {
            expect(decoder.weightFormat).toBe(weights)
            await prefill(decoder, PROMPTS)
            const found = await decoder.logits([2])
            expect(relativeError(found, exact)).toBeLessThan(error)
            expect(relativeError(found, exact)).toBeGreaterThan(error / 100)
            const requests = [10, 11].map((sequence) => {
              // Both sequences share the full page of 17 positions and copy the one that follows.
              const pageTable = tableOf(decoder, sequence)
              pageTable[0] = tableOf(decoder, 2)[0] ?? 0
              decoder.copyPages([{ from: tableOf(decoder, 2)[1] ?? 0, to: pageTable[1] ?? 0, positions: 1 }])
              decoder.copySlots([{ from: 2, to: sequence }])
              return requestOf(decoder, sequence, prompt.length, { pageTable, maxTokens: 30 })
            })
            const results = await decoder.decode(requests, 9, NO_FLAGS)
            expect(results[0]?.tokenIds).not.toEqual(results[1]?.tokenIds)
            for (const [i, { tokenIds }] of results.entries()) {
              const forked = await decoder.hidden([10 + i])
              await prefill(decoder, [[...prompt, ...tokenIds]], 12)
              expect([...forked]).toEqual([...(await decoder.hidden([12]))])
            }
          },
          { ...OPTIONS, weights },
        )
      },
    )

    test('refuses a weight that 16 bits cannot hold, and names its tensor', async () => {
      const weights = new RandomWeights(ODD_CONFIG)
      weights.values('model.layers.1.mlp.up_proj.weight')[5] = 1e5
      for (const format of ['f16', 'int8', 'int4'] as const) {
        await expect(
          createDecoder(backend(), ODD_CONFIG, weights, { ...OPTIONS, weights: format }),
        ).rejects.toMatchObject({
          details: { code: 'bad-checkpoint', found: '100000', place: { field: 'model.layers.1.mlp.up_proj.weight' } },
        })
      }
    })

    test.each(['f32', 'f16', 'int4'] as const)(
      'splits what exceeds a binding without changing a bit, %s',
      async (weights) => {
        const config = {
          ...ODD_CONFIG,
          vocabSize: 400,
          intermediateSize: 130,
          layers: [ODD_LAYER, ODD_LAYER, ODD_LAYER],
        }
        const run = async (on: Backend): Promise<unknown> => {
          let found: unknown
          const options = { cacheTokens: 32, slots: 8, maxRows: 4, weights }
          await withDecoder(
            on,
            config,
            async (decoder) => {
              const pageTable = Uint32Array.from({ length: decoder.pagesPerSequence }, (_, page) => page)
              await decoder.execute({
                tokenIds: Uint32Array.of(3, 399, 201),
                positions: Uint32Array.of(0, 1, 2),
                sequences: new Uint32Array(3),
                pageTables: pageTable,
                keep: [{ row: 2, slot: 1 }],
              })
              const request = requestOf(decoder, 1, 3, { pageTable, maxTokens: 9 })
              found = [...(await decoder.logits([1])), await decoder.decode([request], 9, new Uint32Array(400))]
            },
            options,
          )
          return found
        }
        const { backend: small } = await openBackend({
          choice: backend().kind,
          maxBindingBytes: 16384,
        })
        const split = await run(small)
        small.dispose()
        expect(small.memory.liveBytes).toBe(0)
        expect(split).toEqual(await run(backend()))
      },
    )

    test('decodes the same tokens and log-probabilities whatever the burst and the company', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        const request = (sequence: number) =>
          requestOf(decoder, sequence, PROMPTS[sequence]?.length ?? 0, { maxTokens: 20 })
        await prefill(decoder, PROMPTS)
        const together = await decoder.decode(
          PROMPTS.map((_, sequence) => request(sequence)),
          20,
          NO_FLAGS,
        )
        for (const sequence of [3, 0, 2, 1]) {
          await prefill(decoder, [PROMPTS[sequence] ?? []], sequence)
          const tokenIds: number[] = []
          const logprobs: number[] = []
          for (const steps of [1, 7, 12]) {
            const start = request(sequence)
            const going = { ...start, position: start.position + tokenIds.length, maxTokens: 20 - tokenIds.length }
            const [result] = await decoder.decode([going], steps, NO_FLAGS)
            tokenIds.push(...(result?.tokenIds ?? []))
            logprobs.push(...(result?.logprobs ?? []))
          }
          expect({ tokenIds, logprobs, stopped: true }).toEqual(together[sequence])
        }
      })
    })

    test.each([undefined, 3])(
      'sequences that agree share rows without changing a bit, steps at a time: %s',
      async (most) => {
        await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
          const prompt = PROMPTS[0] ?? []
          // Six sequences after one prompt, two of them with the same noise; each has its own pages and its own slot.
          const requests = Array.from({ length: 6 }, (_, sequence) =>
            requestOf(decoder, sequence, prompt.length, { sample: sequence % 5, maxTokens: 20, temperature: 0.4 }),
          )
          const run = async (group: number | undefined) => {
            await prefill(
              decoder,
              Array.from(requests, () => prompt),
            )
            const before = decoder.counters.passes
            const results = requests.map(() => ({ tokenIds: [] as number[], logprobs: [] as number[] }))
            for (let done = 0; done < 12; done += most ?? 12) {
              const going = requests.map((request, i) => {
                const { tokenIds = [] } = results[i] ?? {}
                const same = results.findIndex((other) => other.tokenIds.join() === tokenIds.join())
                return {
                  ...request,
                  position: request.position + tokenIds.length,
                  maxTokens: request.maxTokens - tokenIds.length,
                  ...(group === undefined ? {} : { group: same }),
                }
              })
              for (const [i, { tokenIds, logprobs }] of (await decoder.decode(going, most ?? 12, NO_FLAGS)).entries()) {
                results[i]?.tokenIds.push(...tokenIds)
                results[i]?.logprobs.push(...logprobs)
              }
            }
            const states = await decoder.hidden(requests.map(({ slot }) => slot))
            // The pages of each sequence hold its whole history: the next token sees all of it.
            const tokens = requests.map((_, i) => results[i]?.tokenIds ?? [])
            await decoder.execute({
              tokenIds: Uint32Array.from(requests, () => 5),
              positions: Uint32Array.from(tokens, ({ length }) => prompt.length + length),
              sequences: Uint32Array.from(requests.keys()),
              pageTables: Uint32Array.from(requests.flatMap(({ pageTable }) => [...pageTable])),
              keep: requests.map(({ slot }, row) => ({ row, slot })),
            })
            const next = await decoder.hidden(requests.map(({ slot }) => slot))
            return { results, states, next, passes: decoder.counters.passes - before }
          }
          const together = await run(0)
          expect(together).toEqual(await run(undefined))
          expect(together.results[5]).toEqual(together.results[0])
          expect(new Set(together.results.map(({ tokenIds }) => tokenIds.join())).size).toBeGreaterThan(2)
        })
      },
    )

    test('sequences with equal histories share rows in a pass without changing a bit', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        const [first, second] = [
          [3, 1, 4, 1, 5],
          [3, 1, 4, 2],
        ] as const
        await prefill(decoder, [first, second])
        const apart = await decoder.hidden([0, 1])
        const tables = [tableOf(decoder, 4), tableOf(decoder, 5)]
        await decoder.execute({
          tokenIds: Uint32Array.of(...first, 2),
          positions: Uint32Array.of(0, 1, 2, 3, 4, 3),
          sequences: Uint32Array.of(0, 0, 0, 0, 0, 1),
          pageTables: Uint32Array.from(tables.flatMap((table) => [...table])),
          shared: [0, 1, 2].map((row) => ({ row, sequence: 1 })),
          keep: [
            { row: 4, slot: 4 },
            { row: 5, slot: 5 },
            { row: 2, slot: 6 },
            { row: 2, slot: 7 },
          ],
        })
        expect(await decoder.hidden([4, 5])).toEqual(apart)
        expect(await decoder.hidden([6])).toEqual(await decoder.hidden([7]))
      })
    })

    test('goes on over more steps than one submit has', async () => {
      const config = { ...ODD_CONFIG, maxPositions: 200 }
      await withDecoder(backend(), config, async (decoder) => {
        const pageTable = Uint32Array.from({ length: decoder.pagesPerSequence }, (_, page) => page)
        const request = requestOf(decoder, 0, 1, { pageTable, maxTokens: 150 })
        await prefill(decoder, [[3]])
        const [long] = await decoder.decode([request], 130, NO_FLAGS)
        expect(long?.tokenIds).toHaveLength(130)
        expect(long?.stopped).toBe(false)
        await prefill(decoder, [[3]])
        const [first] = await decoder.decode([request], 60, NO_FLAGS)
        const rest = { ...request, position: 61, maxTokens: 90 }
        const [second] = await decoder.decode([rest], 70, NO_FLAGS)
        expect([...(first?.tokenIds ?? []), ...(second?.tokenIds ?? [])]).toEqual(long?.tokenIds)
      })
    })

    test('log-probabilities are those of the raw logits; the state left behind is that of the executed tokens', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        const ids = PROMPTS[0] ?? []
        await prefill(decoder, [ids])
        const before = await decoder.logits([0])
        const [request] = await decoder.decode(
          [requestOf(decoder, 0, ids.length, { temperature: 0.5, topK: 4 })],
          3,
          NO_FLAGS,
        )
        const tokens = request?.tokenIds ?? []
        expect(request?.logprobs[0]).toBeCloseTo(logSoftmax(before, tokens[0] ?? 0), 5)
        const after = await decoder.hidden([0])
        await prefill(decoder, [[...ids, ...tokens]], 1)
        expect([...after]).toEqual([...(await decoder.hidden([1]))])
      })
    })

    test('a sequence stops at its stop and executes nothing past it; others go on', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        const start = (given: Partial<DecodeSequence>) => (sequence: number) =>
          requestOf(decoder, sequence, PROMPTS[sequence]?.length ?? 0, given)
        await prefill(decoder, PROMPTS)
        const free = await decoder.decode([0, 1, 2, 3].map(start({})), 12, NO_FLAGS)
        const flags = new Uint32Array(VOCABULARY)
        flags[free[0]?.tokenIds[4] ?? 0] = TOKEN_ENDS_STEP
        flags[free[1]?.tokenIds[2] ?? 0] = TOKEN_ENDS_SEQUENCE
        await prefill(decoder, PROMPTS)
        const passes = decoder.counters.passes
        const found = await decoder.decode([0, 1, 2, 3].map(start({ maxTokens: 9 })), 12, flags)
        const expected = free.map(({ tokenIds, logprobs }) => {
          const end = tokenIds.slice(0, 9).findIndex((id) => flags[id] !== 0)
          const length = end < 0 ? 9 : end + 1
          return { tokenIds: tokenIds.slice(0, length), logprobs: logprobs.slice(0, length), stopped: true }
        })
        expect(found).toEqual(expected)
        const executed = Math.max(...expected.map(({ tokenIds }) => tokenIds.length - 1))
        expect(decoder.counters.passes - passes).toBe(executed)
        // The stop itself was not executed: the slot holds the state before it.
        const ids = [...(PROMPTS[0] ?? []), ...(found[0]?.tokenIds.slice(0, -1) ?? [])]
        const state = await decoder.hidden([0])
        await prefill(decoder, [ids])
        expect([...state]).toEqual([...(await decoder.hidden([0]))])
      })
    })

    test('never samples what must not be sampled, and greedy takes the best of the rest', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        await prefill(decoder, PROMPTS)
        const logits = [...(await decoder.logits([2]))]
        const order = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
        const flags = new Uint32Array(VOCABULARY)
        flags[order[0] ?? 0] = TOKEN_NEVER_SAMPLED
        flags[order[1] ?? 0] = TOKEN_NEVER_SAMPLED
        const request = requestOf(decoder, 2, PROMPTS[2]?.length ?? 0, { temperature: 0 })
        const [found] = await decoder.decode([request], 1, flags)
        expect(found?.tokenIds).toEqual([order[2]])
        expect(found?.logprobs[0]).toBeCloseTo(logSoftmax(logits, order[2] ?? 0), 5)
      })
    })

    test('copies of pages and slots happen in the order of the calls, before the next pass', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        const prompt = PROMPTS[2] ?? []
        await prefill(decoder, [prompt, [7]])
        const state = [...(await decoder.hidden([0]))]
        const other = [...(await decoder.hidden([1]))]
        // A chain (0 → 8 → 9) and a swap by way of a third: none may see what comes later.
        decoder.copySlots([
          { from: 0, to: 8 },
          { from: 8, to: 9 },
          { from: 1, to: 0 },
          { from: 8, to: 1 },
        ])
        expect([...(await decoder.hidden([9, 0, 1]))]).toEqual([...state, ...other, ...state])

        // 17 positions: a full page, which is shared, and one position in the second, which is copied on.
        const second = tableOf(decoder, 0)[1] ?? 0
        decoder.copyPages([
          { from: second, to: 40, positions: 1 },
          { from: 40, to: 41, positions: 1 },
        ])
        const shared = tableOf(decoder, 0)
        shared[1] = 41
        const go = (pageTable: Uint32Array) =>
          decoder.decode([requestOf(decoder, 9, prompt.length, { pageTable, maxTokens: 5 })], 5, NO_FLAGS)
        const forked = await go(shared)
        await prefill(decoder, [prompt])
        decoder.copySlots([{ from: 0, to: 9 }])
        expect(forked).toEqual(await go(tableOf(decoder, 0)))
      })
    })

    test.each<[string, Partial<DecoderConfig>]>([
      ['no windows', {}],
      ['windows', { layers: [WINDOW_5, WINDOW_20] }],
    ])(
      'sequences that share pages get the bits of sequences with pages of their own, for fewer loads, %s',
      async (_, given) => {
        const body = async (decoder: Decoder) => {
          const trunk = Array.from({ length: 35 }, (_, i) => 1 + ((i * 5) % 30))
          const requests = [0, 1, 2, 3, 4].map((sequence) =>
            requestOf(decoder, sequence, trunk.length, { maxTokens: 12 - sequence }),
          )
          await prefill(
            decoder,
            requests.map(() => trunk),
          )
          const before = { ...decoder.counters }
          const apart = await decoder.decode(requests, 12, NO_FLAGS)
          const alone = { ...decoder.counters }
          expect(alone.attentionPageReads - before.attentionPageReads).toBe(
            alone.attentionPageVisits - before.attentionPageVisits,
          )

          await prefill(
            decoder,
            requests.map(() => trunk),
          )
          const together = requests.map((request, sequence) => {
            const pageTable = tableOf(decoder, sequence)
            pageTable.set(tableOf(decoder, 0).subarray(0, 2))
            return { ...request, pageTable }
          })
          expect(await decoder.decode(together, 12, NO_FLAGS)).toEqual(apart)
          const shared = { ...decoder.counters }
          expect(shared.attentionPageVisits - alone.attentionPageVisits).toBe(
            alone.attentionPageVisits - before.attentionPageVisits,
          )
          const reads = shared.attentionPageReads - alone.attentionPageReads
          if (Number.isFinite(backend().tuning.attentionSharedBy)) {
            // Two trunk pages of two key-value heads in each step, and of each sequence's row the page that is its own.
            const rows = requests.reduce((sum, { maxTokens }) => sum + maxTokens - 1, 0)
            expect(reads).toBe(2 * 2 * 11 + rows * 6)
          } else expect(reads).toBe(shared.attentionPageVisits - alone.attentionPageVisits)
          // A prompt executed after such a burst reads all of its pages again.
          await prefill(decoder, [trunk, trunk], 5)
          const [first, second] = [await decoder.logits([5]), await decoder.logits([6])]
          expect([...first]).toEqual([...second])
          expect([...first].every(Number.isFinite)).toBe(true)
        }
        await withDecoder(backend(), { ...ODD_CONFIG, ...given }, body, { ...OPTIONS, maxRows: 256 })
      },
    )

    test('64 branches read their trunk within 1.2 times as often as one branch does', async () => {
      const body = async (decoder: Decoder) => {
        const trunk = Array.from({ length: 32 }, (_, i) => 1 + ((i * 5) % 30))
        await prefill(decoder, [trunk])
        const trunkReads = async (branches: number) => {
          const requests = Array.from({ length: branches }, (_, branch) => {
            const pageTable = tableOf(decoder, 0)
            pageTable[2] = 4 + branch
            return requestOf(decoder, 0, trunk.length, { pageTable, sample: branch, maxTokens: 6 })
          })
          const before = decoder.counters.attentionPageReads
          await decoder.decode(requests, 6, NO_FLAGS)
          // Five tokens are executed on a page of each branch's own.
          return decoder.counters.attentionPageReads - before - branches * 5 * ODD_CONFIG.heads
        }
        const one = await trunkReads(1)
        const many = await trunkReads(64)
        expect(one).toBe(5 * 2 * ODD_CONFIG.heads)
        // The CPU backend goes row by row: its caches keep the trunk, and its counter says what the rows read.
        if (backend().tuning.attentionSharedBy === Number.POSITIVE_INFINITY) expect(many).toBe(64 * one)
        else expect(many).toBeLessThanOrEqual(1.2 * one)
      }
      await withDecoder(backend(), ODD_CONFIG, body, { ...OPTIONS, cacheTokens: 2048, maxSequences: 64 })
    })

    test('keeps one row in several slots', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        await decoder.execute({
          tokenIds: Uint32Array.of(3),
          positions: Uint32Array.of(0),
          sequences: Uint32Array.of(0),
          pageTables: tableOf(decoder, 0),
          keep: [
            { row: 0, slot: 5 },
            { row: 0, slot: 6 },
            { row: 0, slot: 7 },
          ],
        })
        const [one, two, three] = [await decoder.hidden([5]), await decoder.hidden([6]), await decoder.hidden([7])]
        expect([[...two], [...three]]).toEqual([[...one], [...one]])
      })
    })

    test('reads a score head of two labels with a bias', async () => {
      const config: DecoderConfig = { ...ODD_CONFIG, outputHead: { kind: 'score', labels: 2, bias: true } }
      await withDecoder(backend(), config, async (decoder, weights) => {
        await prefill(decoder, PROMPTS)
        const states = PROMPTS.map((ids) => plainForward(config, weights, ids).at(-1) ?? [])
        const found = await decoder.scores([0, 1, 2, 3])
        expect(found).toHaveLength(8)
        expect(relativeError(found, plainHead(config, weights, states).flat())).toBeLessThan(1e-5)
        await expect(decoder.logits([0])).rejects.toThrow(TypeError)
        await expect(decoder.decode([], 1, NO_FLAGS)).rejects.toThrow(TypeError)
      })
    })

    test('evaluates the head of more slots than sequences', async () => {
      await withDecoder(backend(), ODD_CONFIG, async (decoder) => {
        await prefill(decoder, PROMPTS)
        const slots = Array.from({ length: 70 }, (_, i) => i % 4)
        const all = await decoder.logits(slots)
        const four = await decoder.logits([0, 1, 2, 3])
        expect([...all.slice(68 * VOCABULARY)]).toEqual([...four.slice(0, 2 * VOCABULARY)])
        expect(all).toHaveLength(70 * VOCABULARY)
      })
    })

    test('refuses what does not fit', async () => {
      await withDecoder(
        backend(),
        ODD_CONFIG,
        async (decoder) => {
          const request = requestOf(decoder, 0, 0)
          await expect(decoder.decode([request, request, request], 1, NO_FLAGS)).rejects.toThrow(
            '3 sequences where 2 fit',
          )
          await expect(prefill(decoder, [[1, 2, 3, 4, 5]])).rejects.toThrow('5 rows where 4 fit')
          await expect(decoder.hidden([64])).rejects.toThrow('slot 64 of 64')
        },
        { ...OPTIONS, maxRows: 4, maxSequences: 2 },
      )
    })

    test('refuses work after it was disposed of, and the backend goes on', async () => {
      const decoder = await createDecoder(backend(), ODD_CONFIG, new RandomWeights(ODD_CONFIG), OPTIONS)
      decoder.dispose()
      const unloaded = { details: { code: 'cancelled', message: 'This model was unloaded.' } }
      await expect(prefill(decoder, PROMPTS)).rejects.toMatchObject(unloaded)
      await expect(decoder.decode([requestOf(decoder, 0, 1)], 2, NO_FLAGS)).rejects.toMatchObject(unloaded)
      await expect(decoder.logits([0])).rejects.toMatchObject(unloaded)
      await expect(decoder.hidden([0])).rejects.toMatchObject(unloaded)
      await withDecoder(backend(), ODD_CONFIG, (next) => prefill(next, PROMPTS))
    })

    test('names a tensor that is missing or has another shape, and leaves nothing behind', async () => {
      const missing = new RandomWeights(ODD_CONFIG)
      missing.replace('model.layers.1.self_attn.k_norm.weight', null)
      await expect(createDecoder(backend(), ODD_CONFIG, missing)).rejects.toThrow(
        'model.layers.1.self_attn.k_norm.weight',
      )
      const other = new RandomWeights(ODD_CONFIG)
      other.replace('model.layers.0.mlp.up_proj.weight', [35, 23])
      await expect(createDecoder(backend(), ODD_CONFIG, other)).rejects.toMatchObject({
        details: {
          code: 'bad-checkpoint',
          expected: 'shape [35, 22]',
          found: 'shape [35, 23]',
          place: { field: 'model.layers.0.mlp.up_proj.weight' },
        },
      })
      expect(missing.reads.concat(other.reads)).toEqual([])
    })

    test('reports bytes while loading, and stops and frees everything when aborted', async () => {
      const weights = new RandomWeights(ODD_CONFIG)
      const progress: [number, number][] = []
      const decoder = await createDecoder(backend(), ODD_CONFIG, weights, {
        ...OPTIONS,
        onProgress: (loaded, total) => progress.push([loaded, total]),
      })
      expect(progress.at(-1)).toEqual([4 * decoder.parameters, 4 * decoder.parameters])
      expect(progress.map(([loaded]) => loaded)).toEqual(progress.map(([loaded]) => loaded).sort((a, b) => a - b))
      decoder.dispose()
      expect(decoder.bytes()).toEqual({})

      const controller = new AbortController()
      const loading = createDecoder(backend(), ODD_CONFIG, weights, {
        ...OPTIONS,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      })
      await expect(loading).rejects.toThrow(/abort/i)
    })
  },
  MODEL_BACKENDS,
)

test('counts two operations per parameter of the matrices, and the attention by its context', () => {
  expect(flopsModel(ODD_CONFIG)).toEqual({
    token: 2 * 2 * (22 * 60 * 2 + 22 * 20 * 2 + 3 * 22 * 35),
    head: 2 * 22 * 37,
    context: 4 * 2 * 6 * 10,
  })
})
