import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Branch, Proposal, ProposeRequest } from '../search/models.ts'
import { EngineModel, tokenFlops } from './engine-model.ts'
import { EnginePolicy } from './policy.ts'
import type { PlainDecoderOptions } from './testing/plain-decoder.ts'
import { PlainDecoder, plainHistory, plainLogits, plainLogprob } from './testing/plain-decoder.ts'
import { characterTokenizer } from './testing/tokenizers.ts'
import { stepFlags } from './tokenizer/step-end.ts'

const VOCABULARY = ['_', '\n', ' ', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '~']
const tokenizer = characterTokenizer(VOCABULARY)

function setUp(options: PlainDecoderOptions = {}, stepEnd = '\n', burst = 4) {
  const decoder = new PlainDecoder({ padTokenId: 0, eosTokenIds: [11], slots: 256, pages: 1024, ...options })
  const tokenFlags = stepFlags(decoder.config, tokenizer, [stepEnd])
  const model = new EngineModel(decoder, tokenFlags, { burst })
  const info = {
    id: 'plain',
    hash: '0',
    family: 'llama',
    parameters: 0,
    contextLength: model.contextLength,
    backend: 'cpu' as const,
    adapter: 'test',
    flops: decoder.flops,
  }
  const policy = new EnginePolicy({ model, tokenizer, info, stepEnds: [stepEnd], tokenFlags })
  const { livePages, liveSlots, liveBranches } = model.counters()
  const live = () => {
    const now = model.counters()
    return {
      pages: now.livePages - livePages,
      slots: now.liveSlots - liveSlots,
      branches: now.liveBranches - liveBranches,
    }
  }
  return { decoder, model, policy, live }
}

const NOTHING = { pages: 0, slots: 0, branches: 0 }

const request = (branch: Branch, change: Partial<ProposeRequest> = {}): ProposeRequest => ({
  branch,
  count: 1,
  temperature: 1,
  topP: 1,
  topK: 0,
  seed: 5,
  node: 0,
  firstSample: 0,
  maxTokens: 40,
  ...change,
})

const plain = (proposals: readonly Proposal[]) =>
  proposals.map(({ branch, ...rest }) => ({ ...rest, length: branch.tokens }))
const release = (policy: EnginePolicy, proposals: readonly Proposal[]) => {
  for (const { branch } of proposals) policy.release(branch)
}
const historyOf = (text: string) => tokenizer.encode(text).reduce(plainHistory, 0)

test('proposals are ordered by request, then sample; steps end with their step end, eos has no text', async () => {
  const { policy, live } = setUp()
  const { branch } = await policy.open('abc\n')
  const other = await policy.open('ab')
  const proposals = await policy.propose([
    request(branch, { count: 8, firstSample: 3 }),
    request(other.branch, { count: 8, node: 1 }),
  ])
  expect(proposals.map((proposal) => [proposal.request, proposal.sample])).toEqual([
    ...Array.from({ length: 8 }, (_, i) => [0, 3 + i]),
    ...Array.from({ length: 8 }, (_, i) => [1, i]),
  ])
  expect(new Set(proposals.map(({ finish }) => finish))).toEqual(new Set(['step', 'eos']))
  for (const { finish, text, tokens, branch: end, request: from } of proposals) {
    expect(tokens.map((token) => token.text).join('')).toBe(text)
    expect(tokens.some(({ id }) => id === 0)).toBe(false)
    if (finish === 'step') expect(text.indexOf('\n')).toBe(text.length - 1)
    else
      expect([tokens[tokens.length - 1], text.includes('\n')]).toEqual([
        expect.objectContaining({ id: 11, text: '' }),
        false,
      ])
    expect(end.tokens).toBe((from === 0 ? 4 : 2) + tokens.length)
  }
  release(policy, proposals)
  policy.release(branch)
  policy.release(other.branch)
  expect(live()).toEqual(NOTHING)
})

test('log-probabilities are of the full softmax, and the greedy token is the most probable one', async () => {
  const { policy } = setUp()
  const { branch } = await policy.open('ab')
  const [proposal] = await policy.propose([request(branch, { temperature: 0 })])
  let text = 'ab'
  for (const token of proposal?.tokens ?? []) {
    const logits = plainLogits(historyOf(text), 12)
    expect(token.logprob).toBeCloseTo(plainLogprob(logits, token.id), 5)
    expect(logits[token.id]).toBe(Math.max(...logits.slice(1)))
    text += VOCABULARY[token.id]
  }
})

test('the tokens of a proposal are a function of its key, not of what else is running', async () => {
  const alone = async (node: number) => {
    const { policy } = setUp({ maxSequences: 3, maxRows: 5 })
    const { branch } = await policy.open('abcabcabcabcabcabcabc\n')
    return plain(await policy.propose([request(branch, { count: 3, node })]))
  }
  const { policy } = setUp()
  const { branch } = await policy.open('abcabcabcabcabcabcabc\n')
  const together = await policy.propose([
    request(branch, { count: 3, node: 1 }),
    request(branch, { count: 3, node: 2 }),
  ])
  for (const proposal of plain(together)) {
    const { request: from, sample, ...rest } = proposal
    expect((await alone(from + 1))[sample]).toEqual({ request: 0, sample, ...rest })
  }
})

describe('usage', () => {
  test('open reports the prompt, also where another holder has already run it', async () => {
    const { policy, decoder, model } = setUp()
    const [first, second] = await Promise.all([policy.open('abcd\n'), policy.open('abcd\n')])
    const third = await policy.open('abcd\n')
    const usage = { asked: 5, executed: 5, overrun: 0, flops: 5 * 1000 + 15 }
    expect([first.usage, second.usage, third.usage]).toEqual([usage, usage, usage])
    expect(decoder.executed.length).toBe(5)
    for (const { branch } of [first, second, third]) policy.release(branch)
    // Its pages are still known; only the last token is run, whose hidden state is sampled from.
    const { usage: known } = await policy.open('abcd\n')
    expect(known).toEqual(usage)
    expect(model.counters()).toMatchObject({ executedTokens: 6, cacheHitTokens: 14 })
  })

  test('a pending step end is charged to the first sample of the first request, and executed once', async () => {
    const { policy, decoder, live } = setUp()
    const { branch } = await policy.open('abc\n')
    const [step] = (await policy.propose([request(branch, { count: 12 })])).filter(({ finish }) => finish === 'step')
    if (!step) throw new Error('no sample was a step')
    const before = decoder.executed.length
    const twin = policy.fork(step.branch)
    const proposals = await policy.propose([
      request(step.branch, { count: 2, node: 1 }),
      request(twin, { count: 2, node: 2 }),
    ])
    const again = await policy.propose([request(twin, { count: 1, node: 3 })])
    const own = [...proposals, ...again].map(({ tokens }) => tokens.length - 1)
    expect([...proposals, ...again].map(({ usage }) => usage.executed)).toEqual(
      own.map((count, i) => (i === 0 ? count + 1 : count)),
    )
    expect(decoder.executed.length - before).toBe(own.reduce((sum, count) => sum + count, 1))
    const [first] = proposals
    const context = step.branch.tokens
    const generated = first?.tokens.length ?? 0
    expect(first?.usage).toEqual({
      asked: context + generated,
      executed: generated,
      overrun: 0,
      flops: tokenFlops(decoder.flops, context - 1, generated, generated),
    })
    policy.release(twin)
    expect(live().branches).toBe(18)
  })

  test('FLOPs add the head per evaluation and the context per position', () => {
    // Positions 2, 3, 4 see 3, 4, 5 tokens.
    expect(tokenFlops({ token: 1000, head: 100, context: 1 }, 2, 3, 2)).toBe(3000 + 12 + 200)
  })
})

describe('extend and read', () => {
  test('a given text is read token by token; its last token is pending', async () => {
    const { policy, decoder, live } = setUp()
    const { branch } = await policy.open('ab')
    const extended = await policy.extend(branch, 'cde\n')
    expect(extended.tokens.map(({ text }) => text)).toEqual(['c', 'd', 'e', '\n'])
    for (const [i, { id, logprob }] of extended.tokens.entries()) {
      const logits = plainLogits(historyOf(`ab${'cde\n'.slice(0, i)}`), 12)
      expect(logprob).toBeCloseTo(plainLogprob(logits, id), 5)
    }
    expect(extended.usage).toEqual({ asked: 6, executed: 3, overrun: 0, flops: tokenFlops(decoder.flops, 2, 3, 4) })
    expect(decoder.executed.length).toBe(5)
    const further = await policy.extend(extended.branch, 'g')
    expect([further.usage.executed, further.branch.tokens]).toEqual([1, 7])
    const nothing = await policy.extend(further.branch, '')
    expect([nothing.usage.executed, nothing.branch.tokens]).toEqual([0, 7])
    for (const held of [branch, extended.branch, further.branch, nothing.branch]) policy.release(held)
    expect(live()).toEqual(NOTHING)
  })

  test('a text that was read before is not run again, and charged as ever', async () => {
    const { policy, decoder, model, live } = setUp()
    const read = async (prompt: string, text: string) => {
      const before = decoder.executed.length
      const { branch } = await policy.open(prompt)
      const { branch: end, tokens, usage } = await policy.extend(branch, text)
      policy.release(branch)
      policy.release(end)
      return { tokens, usage, ran: decoder.executed.length - before }
    }
    const first = await read('abcabcabcabcabcabcabc\n', 'gha gh\n')
    const again = await read('abcabcabcabcabcabcabc\n', 'gha gh\n')
    expect([first.ran, again.ran]).toEqual([28, 1])
    expect([again.tokens, again.usage]).toEqual([first.tokens, first.usage])
    // Only the token that differs, and what follows it, is run: the output before it answers for another token.
    const other = await read('abcabcabcabcabcabcabc\n', 'gha bh\n')
    expect(other.ran).toBe(1 + 3)
    model.evictAll()
    expect(await read('abcabcabcabcabcabcabc\n', 'gha bh\n')).toEqual({ ...other, ran: 28 })
    expect(live()).toEqual(NOTHING)
  })

  test('sampling after an extended branch equals sampling after the same prompt', async () => {
    const { policy } = setUp()
    const { branch } = await policy.open('ab')
    const extended = await policy.extend(branch, 'cdefgh a cdefgh\n')
    const whole = await policy.open('abcdefgh a cdefgh\n')
    const tokens = async (from: Branch) => (await policy.propose([request(from, { count: 4 })])).map((p) => p.tokens)
    expect(await tokens(extended.branch)).toEqual(await tokens(whole.branch))
  })

  test('a reading keeps nothing and tells the alternatives, best first', async () => {
    const { policy, live } = setUp({ maxRows: 4 })
    const readings = await policy.read('ab\n', 'cdefgh', { alternatives: 3, eos: true })
    expect(readings.map(({ text }) => text)).toEqual(['c', 'd', 'e', 'f', 'g', 'h', ''])
    expect(readings[6]?.id).toBe(11)
    for (const [i, { id, logprob, alternatives }] of readings.entries()) {
      const logits = plainLogits(historyOf(`ab\n${'cdefgh'.slice(0, i)}`), 12)
      expect(logprob).toBeCloseTo(plainLogprob(logits, id), 5)
      const order = logits.map((_, token) => token).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0))
      expect(alternatives.map((token) => token.id)).toEqual(order.slice(0, 3))
    }
    expect(await policy.read('ab\n', '')).toEqual([])
    expect((await policy.read('ab\n', 'c')).map(({ alternatives }) => alternatives)).toEqual([[]])
    expect(live()).toEqual(NOTHING)
  })
})

describe('limits', () => {
  test('a step is cut at maxTokens, and at the end of the context', async () => {
    const { policy, live } = setUp({ maxPositions: 20 })
    const { branch } = await policy.open('abcabcabcabcabcabc')
    const cut = await policy.propose([request(branch, { count: 10, maxTokens: 1 })])
    expect(cut.filter(({ finish }) => finish === 'length').map(({ tokens }) => tokens.length)).toContain(1)
    const long = await policy.propose([request(branch, { count: 10, node: 1 })])
    expect(Math.max(...long.map((proposal) => proposal.branch.tokens))).toBe(20)
    const full = long.find((proposal) => proposal.branch.tokens === 20 && proposal.finish !== 'eos')
    if (!full) throw new Error('no sample filled the context')
    const [none] = await policy.propose([request(full.branch)])
    expect(none).toMatchObject({ finish: 'length', text: '', tokens: [], usage: { asked: 20, executed: 0, flops: 0 } })
    release(policy, [...cut, ...long, ...(none ? [none] : [])])
    policy.release(branch)
    expect(live()).toEqual(NOTHING)
  })

  test('texts beyond the context, and an empty prompt, are refused', async () => {
    const { policy, live } = setUp({ maxPositions: 8 })
    await expect(policy.open('abcabcabc')).rejects.toThrow(/expected at most 8 tokens, found 9 tokens/)
    await expect(policy.open('')).rejects.toThrow(/The prompt is empty/)
    const { branch } = await policy.open('abcabc')
    await expect(policy.extend(branch, 'abc')).rejects.toThrow(/found 9 tokens/)
    policy.release(branch)
    expect(live()).toEqual(NOTHING)
  })

  test('a branch is released exactly once, and belongs to its model', async () => {
    const { policy } = setUp()
    const { branch } = await policy.open('ab')
    policy.release(branch)
    expect(() => policy.release(branch)).toThrow(/after its release/)
    await expect(policy.propose([request(branch)])).rejects.toThrow(/after its release/)
    const foreign = await setUp().policy.open('ab')
    expect(() => policy.fork(foreign.branch)).toThrow(/another model/)
  })
})

test('a step end over several tokens is found on the host, and what was run beyond it is cut and counted', async () => {
  const { policy, decoder, live } = setUp({ maxSequences: 64 }, 'a ', 8)
  const { branch } = await policy.open('bcd')
  const proposals = await policy.propose([request(branch, { count: 60 })])
  const steps = proposals.filter(({ finish }) => finish === 'step')
  expect(steps.length).toBeGreaterThan(2)
  for (const { text } of steps) expect(text.indexOf('a ')).toBe(text.length - 2)
  for (const { text, finish } of proposals) if (finish === 'eos') expect(text).not.toContain('a ')
  const cut = proposals.reduce((sum, { usage }) => sum + usage.overrun, 0)
  expect(cut).toBeGreaterThan(0)
  expect(proposals.reduce((sum, { usage }) => sum + usage.executed, 3)).toBe(decoder.executed.length)
  for (const { usage, tokens } of proposals) {
    expect(usage.executed).toBeLessThanOrEqual(tokens.length - 1 + usage.overrun)
    expect(usage.executed).toBeGreaterThanOrEqual(usage.overrun)
  }
  // A cut branch goes on as if nothing had been run beyond.
  const step = steps.find(({ usage }) => usage.overrun > 0)
  if (!step) throw new Error('nothing was cut')
  const [after] = await policy.propose([request(step.branch, { node: 9 })])
  const fresh = await policy.open(`bcd${step.text}`)
  const [same] = await policy.propose([request(fresh.branch, { node: 9 })])
  expect(after?.tokens).toEqual(same?.tokens)
  release(policy, [...proposals, ...(after ? [after] : []), ...(same ? [same] : [])])
  policy.release(branch)
  policy.release(fresh.branch)
  expect(live()).toEqual(NOTHING)
})

test('an aborted call frees everything, its finished samples included', async () => {
  const controller = new AbortController()
  let gates = 0
  const gate = async () => {
    gates += 1
    if (gates === 6) controller.abort()
  }
  const { policy, live } = setUp({ gate, maxSequences: 2 }, '\n', 1)
  const { branch } = await policy.open('abc\n')
  const run = policy.propose([request(branch, { count: 12 })], controller.signal)
  await expect(run).rejects.toMatchObject({ details: { code: 'cancelled' } })
  await expect(policy.propose([request(branch)], controller.signal)).rejects.toThrow(/Cancelled/)
  policy.release(branch)
  expect(live()).toEqual(NOTHING)
})

test('random trees: executed tokens are what the usages say, and releasing all leaves nothing', async () => {
  const choice = fc.record({
    of: fc.nat(),
    count: fc.integer({ min: 1, max: 4 }),
    drop: fc.boolean(),
    extend: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(choice, { maxLength: 12 }), async (choices) => {
      const { policy, decoder, model, live } = setUp({ maxSequences: 4, maxRows: 8 })
      const opened = await policy.open('abcabcabcabcabc\n')
      let executed = opened.usage.executed
      let open: Branch[] = [opened.branch]
      for (const [node, { of, count, drop, extend }] of choices.entries()) {
        const branch = open[of % open.length]
        if (!branch || branch.tokens > 200) continue
        if (extend) {
          const { branch: end, usage } = await policy.extend(branch, 'ab\n')
          executed += usage.executed
          open.push(end)
        }
        const requests = [
          request(branch, { count, node }),
          request(policy.fork(branch), { count: 1, node: node + 100 }),
        ]
        const proposals = await policy.propose(requests)
        for (const proposal of proposals) executed += proposal.usage.executed
        open.push(...proposals.map((proposal) => proposal.branch))
        for (const { branch: fork } of requests.slice(1)) policy.release(fork)
        if (drop && open.length > 1) {
          policy.release(branch)
          open = open.filter((other) => other !== branch)
        }
      }
      expect(decoder.executed.length + model.counters().cacheHitTokens).toBe(executed)
      for (const branch of open) policy.release(branch)
      expect(live()).toEqual(NOTHING)
    }),
    { numRuns: 60 },
  )
})
