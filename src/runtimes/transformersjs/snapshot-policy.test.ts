import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { EngineModel } from '../../engine/engine-model.ts'
import { EnginePolicy } from '../../engine/policy.ts'
import { PlainDecoder } from '../../engine/testing/plain-decoder.ts'
import { characterTokenizer } from '../../engine/testing/tokenizers.ts'
import { stepFlags } from '../../engine/tokenizer/step-end.ts'
import type { Branch, Policy, Proposal, ProposeRequest } from '../../search/models.ts'
import { SnapshotModel } from './snapshot-model.ts'
import { SnapshotPolicy } from './snapshot-policy.ts'
import { HistorySession } from './testing/history-session.ts'

const VOCABULARY = ['_', '\n', ' ', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '~']
const tokenizer = characterTokenizer(VOCABULARY)

/** The same model (logits are a hash of the history) on our engine and on snapshots. */
function setUp(stepEnd = '\n') {
  const decoder = new PlainDecoder({ padTokenId: 0, eosTokenIds: [11], slots: 256, pages: 1024 })
  const tokenFlags = stepFlags(decoder.config, tokenizer, [stepEnd])
  const engineModel = new EngineModel(decoder, tokenFlags, { burst: 1 })
  const info = {
    id: 'plain',
    hash: '0',
    family: 'llama',
    parameters: 0,
    contextLength: engineModel.contextLength,
    backend: 'cpu' as const,
    adapter: 'test',
    flops: decoder.flops,
  }
  const engine = new EnginePolicy({ model: engineModel, tokenizer, info, stepEnds: [stepEnd], tokenFlags })
  const session = new HistorySession(VOCABULARY.length)
  const model = new SnapshotModel(session, engineModel.contextLength)
  const policy = new SnapshotPolicy({
    model,
    tokenizer,
    info: { ...info, backend: 'transformers.js' },
    stepEnds: [stepEnd],
    eosTokenIds: [11],
    tokenFlags,
  })
  return { engine, policy, session, model }
}

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

/**
 * Proposals without their handles; log-probabilities as far as f32 and f64 agree. Our own engine may run a token past a
 * step end of several tokens, this one never does: that token and its cost are left out.
 */
const plain = (proposals: readonly Proposal[]) =>
  proposals.map(({ branch, tokens, usage: { asked, executed, overrun, flops }, ...rest }) => ({
    ...rest,
    usage: { asked, executed: executed - overrun, flops: overrun === 0 ? flops : null },
    length: branch.tokens,
    tokens: tokens.map(({ id, text, logprob }) => ({ id, text, logprob: logprob.toFixed(4) })),
  }))

/** A search in small: open, extend, two rounds of proposals, one continued; everything is released. */
async function story(policy: Policy, settings: Partial<ProposeRequest>) {
  const { branch, usage } = await policy.open('abc\n')
  const extended = await policy.extend(branch, 'fgh')
  const first = await policy.propose([
    request(branch, { count: 5, ...settings }),
    request(extended.branch, { count: 4, node: 1, firstSample: 2, ...settings }),
  ])
  const twin = policy.fork(first[2]?.branch ?? branch)
  const second = await policy.propose([
    ...first.map((proposal, i) => request(proposal.branch, { count: 2, node: 2 + i, ...settings })),
    request(twin, { node: 90, ...settings }),
  ])
  const again = await policy.propose([request(twin, { node: 91, ...settings })])
  const readings = await policy.read('abc\n', 'de\n', { alternatives: 3, eos: true })
  for (const held of [branch, extended.branch, twin, ...[...first, ...second, ...again].map((p) => p.branch)]) {
    policy.release(held)
  }
  const rounded = (tokens: readonly { id: number; logprob: number }[]) =>
    tokens.map(({ id, logprob }) => [id, logprob.toFixed(4)])
  return {
    usage,
    extended: [extended.usage, rounded(extended.tokens)],
    proposals: plain([...first, ...second, ...again]),
    readings: readings.map((reading) => [rounded([reading]), rounded(reading.alternatives)]),
  }
}

const later = () => new Promise((resolve) => setTimeout(resolve, 5))

describe.each([
  ['\n', {}],
  ['\n', { temperature: 0 }],
  ['\n', { temperature: 0.7, seed: 9 }],
  ['\n', { maxTokens: 3 }],
  ['ab', {}],
] as const)('step end %j, settings %j', (stepEnd, settings) => {
  test('tokens, finishes, log-probabilities and usage are those of our own engine', async () => {
    const { engine, policy, session } = setUp(stepEnd)
    const [ours, theirs] = [await story(policy, settings), await story(engine, settings)]
    for (const [index, { usage }] of theirs.proposals.entries()) {
      if (usage.flops === null) Object.assign(ours.proposals[index]?.usage ?? {}, { flops: null })
    }
    expect(ours).toEqual(theirs)
    await vi.waitFor(() => expect(session.live.size).toBe(0))
  })
})

test('a proposal does not depend on what else is asked for', async () => {
  const { policy } = setUp()
  const { branch } = await policy.open('abcabc\n')
  const together = await policy.propose([request(branch, { count: 6 }), request(branch, { count: 6, node: 1 })])
  const alone = await policy.propose([request(branch, { node: 1, firstSample: 4 })])
  expect(plain(alone).map(({ tokens }) => tokens)).toEqual([plain(together)[10]?.tokens])
})

test('rows of equal length share a pass, equal histories a row, and what has ended is in none', async () => {
  const { policy, session } = setUp()
  const { branch } = await policy.open('abc\n')
  const before = session.passes.length
  const proposals = await policy.propose([request(branch, { count: 24 })])
  const executed = proposals.map(({ tokens }) => tokens.slice(0, -1).map(({ id }) => id))
  const depth = Math.max(...executed.map(({ length }) => length))
  const rows = Array.from({ length: depth }, (_, at) => {
    const running = executed.filter(({ length }) => length > at)
    return new Set(running.map((ids) => ids.slice(0, at + 1).join(' '))).size
  })
  expect(session.passes.slice(before).map((pass) => pass.rows)).toEqual(rows)
  expect(proposals.reduce((sum, { usage }) => sum + usage.executed, 0)).toBe(
    rows.reduce((sum, count) => sum + count, 0),
  )
})

test('a prompt that several open at once is executed once', async () => {
  const { policy, session } = setUp()
  const opened = await Promise.all([policy.open('abcd\n'), policy.open('abcd\n')])
  opened.push(await policy.open('abcd\n'))
  expect(session.passes.length).toBe(1)
  for (const { branch } of opened) policy.release(branch)
  await vi.waitFor(() => expect(session.live.size).toBe(0))
  await policy.open('abcd\n')
  expect(session.passes.length).toBe(2)
})

test('a branch is released once, and not used afterwards', async () => {
  const { policy } = setUp()
  const { branch } = await policy.open('ab')
  policy.release(branch)
  expect(() => policy.release(branch)).toThrow(/after its release/)
  expect(() => setUp().policy.fork(branch)).toThrow(/another model/)
  await expect(policy.propose([request(branch)])).rejects.toThrow(/after its release/)
})

test('cancelled or failed at any pass, nothing is left and the branch goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.boolean(), async (at, cancel) => {
      const { policy, session, engine } = setUp()
      const { branch } = await policy.open('abc\n')
      const [start] = await policy.propose([request(branch, { temperature: 0 })])
      if (!start) throw new Error('no proposal')
      await later()
      const live = session.live.size
      const controller = new AbortController()
      const first = session.passes.length
      session.beforeRun = (pass) => {
        if (pass - first < at) return
        if (cancel) controller.abort()
        else throw new Error('the device is gone')
      }
      const asked = [request(start.branch, { count: 6 }), request(branch, { count: 6, node: 1 })]
      const result = await policy.propose(asked, controller.signal).catch((error: unknown) => error as Error)
      session.beforeRun = () => {}
      if (Array.isArray(result)) for (const proposal of result) policy.release(proposal.branch)
      else expect(result.message).toMatch(/Cancelled|the device is gone/)
      expect(session.live.size).toBe(live)
      const after = await policy.propose([request(start.branch, { count: 2, node: 7 })])
      const own = await engine.open('abc\n')
      const [ownStart] = await engine.propose([request(own.branch, { temperature: 0 })])
      const wanted = await engine.propose([request(ownStart?.branch ?? own.branch, { count: 2, node: 7 })])
      expect(plain(after).map(({ tokens }) => tokens)).toEqual(plain(wanted).map(({ tokens }) => tokens))
      for (const { branch: held } of [start, ...after, { branch }]) policy.release(held)
      await vi.waitFor(() => expect(session.live.size).toBe(0))
    }),
    { numRuns: 30 },
  )
})

test('a text beyond the context is refused, a proposal without room is empty', async () => {
  const { policy, model } = setUp()
  await expect(policy.open('a'.repeat(model.contextLength + 1))).rejects.toMatchObject({
    details: { code: 'bad-problem', found: `${model.contextLength + 1} tokens` },
  })
  const { branch } = await policy.open('a'.repeat(model.contextLength))
  const [proposal] = await policy.propose([request(branch)])
  expect([proposal?.finish, proposal?.tokens, proposal?.usage.executed]).toEqual(['length', [], 0])
})

test('numbers that are no numbers are found where they are read, and nothing is left', async () => {
  const { policy, session } = setUp()
  const run = session.run.bind(session)
  session.run = async (asked) => {
    const { logits, present } = await run(asked)
    return { logits: logits.fill(Number.NaN), present }
  }
  const { branch } = await policy.open('ab\n')
  const wrong = (what: string) => new RegExp(`^plain, log-probability of token 1 ${what}: plain gives a number that`)
  await expect(policy.propose([request(branch, { count: 3, node: 4 })])).rejects.toThrow(wrong('sampled below node 4'))
  await expect(policy.extend(branch, 'cd\n')).rejects.toThrow(wrong('of .*cd.*'))
  await expect(policy.read('ab\n', 'cd\n')).rejects.toThrow(wrong('of .*cd.*'))
  policy.release(branch)
  expect(session.live.size).toBe(0)
})
