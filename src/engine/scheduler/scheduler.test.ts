import { describe, expect, test } from 'vitest'
import { SequenceNode } from '../branch.ts'
import { PrefixCache, SlotPool } from '../cache/prefix-cache.ts'
import type { PlainDecoderOptions } from '../testing/plain-decoder.ts'
import { PlainDecoder, plainHistory, plainLogits } from '../testing/plain-decoder.ts'
import { Activity } from './activity.ts'
import { Scheduler } from './scheduler.ts'
import type { DecodeRequest } from './scheduler-requests.ts'

function setUp(options: PlainDecoderOptions = {}, burst = 4, activity?: Activity) {
  const decoder = new PlainDecoder(options)
  const cache = new PrefixCache(decoder, (copies) => decoder.copyPages(copies))
  const slots = new SlotPool(decoder.slots)
  const flags = new Uint32Array(decoder.config.vocabSize)
  flags[1] = 1
  const scheduler = new Scheduler(decoder, { cache, slots }, flags, { burst, ...(activity ? { activity } : {}) })
  const base = { slots: slots.liveSlots, pages: 0 }
  const open = async (ids: readonly number[]) => {
    const sequence = cache.create()
    const slot = await scheduler.execute({ sequence, ids, keepLast: true })
    return new SequenceNode({ sequence, pending: [], slot, slots })
  }
  const live = () => ({ slots: slots.liveSlots, pages: cache.livePages })
  return { decoder, cache, slots, scheduler, base, open, live }
}

const decode = (node: SequenceNode, sample: number, maxTokens = 20, signal?: AbortSignal): DecodeRequest => ({
  node,
  temperature: 1,
  topP: 1,
  topK: 0,
  seed: 3,
  noiseNode: 0,
  sample,
  maxTokens,
  signal,
})

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => (from + i) % 12)
const historyOf = (tokens: readonly number[]) => tokens.reduce(plainHistory, 0)

test('given tokens are executed in chunks; outputs arrive in order whatever the chunks', async () => {
  for (const maxRows of [1, 3, 7, 64]) {
    const { decoder, scheduler, cache, live, base } = setUp({ maxRows, slots: maxRows === 64 ? 200 : 16 })
    const run = async (tokens: readonly number[], readouts: readonly number[]) => {
      const sequence = cache.create()
      const rows: { index: number; row: number[] }[] = []
      const onOutput = (row: Float32Array, index: number) => rows.push({ index, row: [...row] })
      await scheduler.execute({ sequence, ids: tokens, readouts, onOutput })
      expect(sequence.length).toBe(tokens.length)
      sequence.release()
      expect(rows).toEqual(
        readouts.map((at, index) => ({ index, row: plainLogits(historyOf(tokens.slice(0, at + 1)), 12) })),
      )
    }
    await Promise.all([run(ids(20), [0, 1, 5, 19]), run(ids(9, 3), ids(9)), run(ids(5, 7), [])])
    expect(Math.max(...decoder.rowCounts)).toBeLessThanOrEqual(maxRows)
    if (maxRows === 64) expect(decoder.rowCounts).toEqual([34])
    expect(live()).toEqual(base)
  }
})

test('sequences give the same tokens alone, together, and whatever the burst', async () => {
  const results: unknown[] = []
  for (const [maxSequences, burst] of [
    [1, 1],
    [2, 3],
    [16, 4],
    [16, 8],
  ] as const) {
    const { scheduler, open, live, base } = setUp({ maxSequences }, burst)
    const node = await open(ids(21))
    const outcomes = await Promise.all(Array.from({ length: 6 }, (_, sample) => scheduler.decode(decode(node, sample))))
    results.push(outcomes.map(({ tokenIds, logprobs, executed }) => ({ tokenIds, logprobs, executed })))
    for (const { sequence, tokenIds, executed, sampled } of outcomes) {
      expect([sequence.length, executed, sampled]).toEqual([
        21 + tokenIds.length - 1,
        tokenIds.slice(0, -1),
        tokenIds.length,
      ])
      sequence.release()
    }
    node.release()
    expect(live()).toEqual(base)
  }
  for (const result of results) expect(result).toEqual(results[0])
})

test('pending tokens of a shared node are executed once however many ask', async () => {
  const { decoder, scheduler, cache, slots, open, live, base } = setUp()
  const root = await open(ids(5))
  const node = new SequenceNode({ sequence: root.sequence.fork(), pending: [7, 8], slot: null, slots })
  await Promise.all([scheduler.advance(node), scheduler.advance(node), scheduler.advance(node)])
  await scheduler.advance(node)
  expect(decoder.executed.length).toBe(7)
  expect([node.pending, node.tokens, node.sequence.length]).toEqual([[], 7, 7])
  expect(await decoder.hidden([node.slot ?? -1])).toEqual(Float32Array.of(historyOf([...ids(5), 7, 8])))
  node.release()
  root.release()
  expect(cache.livePages).toBe(0)
  expect(live()).toEqual(base)
})

test('no position is executed twice over many sequences from one node', async () => {
  const { decoder, scheduler, open } = setUp()
  const node = await open(ids(37))
  const outcomes = await Promise.all(Array.from({ length: 8 }, (_, sample) => scheduler.decode(decode(node, sample))))
  const histories = new Set(outcomes.flatMap(({ executed }) => executed.map((_, i) => executed.slice(0, i + 1).join())))
  expect(histories.size).toBeLessThan(outcomes.reduce((sum, { executed }) => sum + executed.length, 0))
  expect(decoder.executed.length).toBe(37 + histories.size)
  expect(new Set(decoder.executed.map(({ history }) => history)).size).toBe(decoder.executed.length)
  expect(scheduler.counters.executedTokens).toBe(decoder.executed.length)
})

describe('cancelling', () => {
  test('waiting and running sequences end at the next burst, and everything is freed', async () => {
    const controller = new AbortController()
    let gates = 0
    const gate = async () => {
      gates += 1
      if (gates === 3) controller.abort()
    }
    const { scheduler, open, live, base } = setUp({ gate, maxSequences: 2, vocabSize: 200 }, 2)
    const node = await open(ids(20))
    const all = Array.from({ length: 5 }, (_, sample) => scheduler.decode(decode(node, sample, 100, controller.signal)))
    const other = scheduler.decode(decode(node, 9, 10))
    const settled = await Promise.allSettled(all)
    expect(
      settled.map((result) => (result.status === 'rejected' ? result.reason.details.code : result.status)),
    ).toEqual(Array(5).fill('cancelled'))
    ;(await other).sequence.release()
    node.release()
    expect(live()).toEqual(base)
  })

  test('a long prefill ends between its chunks', async () => {
    const controller = new AbortController()
    const { scheduler, cache, live, base, decoder } = setUp({ maxRows: 4, gate: async () => controller.abort() })
    const sequence = cache.create()
    const run = scheduler.execute({ sequence, ids: ids(40), keepLast: true, signal: controller.signal })
    await expect(run).rejects.toMatchObject({ details: { code: 'cancelled' } })
    sequence.release()
    expect(decoder.executed.length).toBe(4)
    expect(live()).toEqual(base)
  })

  test('a disposed scheduler refuses what waits and what comes', async () => {
    const { scheduler, open } = setUp()
    const node = await open(ids(3))
    const waiting = scheduler.decode(decode(node, 0))
    scheduler.dispose()
    await expect(waiting).rejects.toThrow(/unloaded/)
    await expect(scheduler.decode(decode(node, 0))).rejects.toThrow(/unloaded/)
  })
})

describe('when memory is short', () => {
  test('sequences run in smaller groups', async () => {
    const run = async (pages: number) => {
      const { decoder, scheduler, open } = setUp({ pages, vocabSize: 200 })
      const node = await open(ids(20))
      const samples = Array.from({ length: 6 }, async (_, sample) => {
        const { sequence, tokenIds } = await scheduler.decode(decode(node, sample, 30))
        sequence.release()
        scheduler.released()
        return tokenIds
      })
      return { tokens: await Promise.all(samples), most: Math.max(...decoder.sequenceCounts) }
    }
    // 2 pages of prompt; each sequence may need 3 more.
    const [short, ample] = await Promise.all([run(9), run(100)])
    expect([short.most, ample.most]).toEqual([2, 6])
    expect(short.tokens).toEqual(ample.tokens)
  })

  test('one that does not fit alone is refused with what there is', async () => {
    const { scheduler, open, live } = setUp({ pages: 5, vocabSize: 200 })
    const node = await open(ids(20))
    const before = live()
    await expect(scheduler.decode(decode(node, 0, 60))).rejects.toThrow(
      /too small for even one branch \(expected 6 pages of 16 tokens for one branch after 20 tokens, found 5 pages/,
    )
    const other = await open(ids(40, 3))
    await expect(scheduler.decode(decode(node, 0, 28))).rejects.toThrow(
      /no room for another branch \(expected 2 free pages of 16 tokens .*found 0 of 5 pages/,
    )
    other.release()
    expect(live()).toEqual(before)
    expect((await scheduler.decode(decode(node, 0, 5))).tokenIds.length).toBe(5)
  })

  test('a request waits while another model is at work, whose callers release branches', async () => {
    const activity = new Activity()
    const { scheduler, open } = setUp({ pages: 4 }, 4, activity)
    const held = await open(ids(40))
    activity.enter()
    let done = false
    const opened = open(ids(30, 2)).then((node) => {
      done = true
      return node
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(done).toBe(false)
    held.release()
    scheduler.released()
    expect((await opened).tokens).toBe(30)
    activity.leave()
  })

  test('and is refused when that model has nothing more to do', async () => {
    const activity = new Activity()
    const { open } = setUp({ pages: 4 }, 4, activity)
    await open(ids(40))
    activity.enter()
    const opened = open(ids(30, 2))
    const refused = expect(opened).rejects.toMatchObject({ details: { code: 'out-of-memory' } })
    await new Promise((resolve) => setTimeout(resolve, 2))
    activity.leave()
    await refused
  })

  test('a waiting request can be cancelled', async () => {
    const activity = new Activity()
    activity.enter()
    const controller = new AbortController()
    const { scheduler, open } = setUp({ pages: 3 }, 4, activity)
    const node = await open(ids(40))
    const waiting = scheduler.decode(decode(node, 0, 60, controller.signal))
    const refused = expect(waiting).rejects.toMatchObject({ details: { code: 'cancelled' } })
    await new Promise((resolve) => setTimeout(resolve, 2))
    controller.abort()
    await refused
    activity.leave()
  })
})

test('a request that fails after it started from known tokens leaves its sequence as it was', async () => {
  let fail = false
  const gate = async () => {
    if (fail) throw new Error('lost')
  }
  const { scheduler, cache, decoder, open, live } = setUp({ gate })
  ;(await open(ids(40))).release()
  const sequence = cache.create()
  fail = true
  await expect(scheduler.execute({ sequence, ids: ids(40), readouts: [39] })).rejects.toThrow('lost')
  fail = false
  expect([sequence.length, live().pages]).toEqual([0, 0])
  await scheduler.execute({ sequence, ids: ids(40), readouts: [39] })
  expect(decoder.executed.length).toBe(41)
  expect(scheduler.counters).toMatchObject({ executedTokens: 41, cacheHitTokens: 39 + 39 })
})

test('sequences under way keep the pages promised to them while others start from known tokens', async () => {
  const { scheduler, cache, open } = setUp({ pages: 8, vocabSize: 200, maxSequences: 4 }, 2)
  ;(await open(ids(48, 5))).release()
  const node = await open(ids(20))
  // 2 pages held, 3 kept, 3 empty; each sequence may take 3 pages.
  const decoded = [0, 1].map(async (sample) => {
    const { sequence, tokenIds } = await scheduler.decode(decode(node, sample, 29))
    sequence.release()
    scheduler.released()
    return tokenIds.length
  })
  const again = Promise.resolve().then(() => open(ids(48, 5)))
  expect((await Promise.all(decoded)).every((count) => count > 0)).toBe(true)
  ;(await again).release()
  node.release()
  expect(cache.livePages).toBe(0)
})

test('a failing pass fails its requests only', async () => {
  let fail = false
  const gate = async () => {
    if (fail) throw new Error('lost')
  }
  const { scheduler, open, live } = setUp({ gate, vocabSize: 200 })
  const node = await open(ids(18))
  const before = live()
  fail = true
  await expect(scheduler.decode(decode(node, 0))).rejects.toThrow('lost')
  await expect(open(ids(4))).rejects.toThrow('lost')
  fail = false
  expect(live()).toEqual(before)
  expect((await scheduler.decode(decode(node, 0, 6))).tokenIds.length).toBe(6)
})
