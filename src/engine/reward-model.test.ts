import { expect, test } from 'vitest'
import { EngineModel, tokenFlops } from './engine-model.ts'
import { notationPrompts } from './prompt/prompt-writer.ts'
import { scoreFunction } from './reading/score-function.ts'
import { stepEndReader } from './reading/step-reader.ts'
import { EngineRewardModel } from './reward-model.ts'
import type { PlainDecoderOptions } from './testing/plain-decoder.ts'
import { PlainDecoder, plainHistory, plainScores } from './testing/plain-decoder.ts'
import { characterTokenizer } from './testing/tokenizers.ts'

const tokenizer = characterTokenizer(['_', '\n', ' ', 'a', 'b', 'c', 'd', '+', '~'])

function setUp(options: PlainDecoderOptions = {}, activation: 'sigmoid' | 'softmax' = 'sigmoid', scoreAt = '\n') {
  const labels = activation === 'sigmoid' ? 1 : 2
  const decoder = new PlainDecoder({ outputHead: { kind: 'score', labels, bias: true }, ...options })
  const model = new EngineModel(decoder)
  const info = {
    id: 'plain',
    hash: '0',
    family: 'llama',
    parameters: 0,
    contextLength: model.contextLength,
    backend: 'cpu' as const,
    adapter: 'test',
    flops: decoder.flops,
    kind: 'process' as const,
    aggregation: 'last' as const,
  }
  const reward = new EngineRewardModel({
    model,
    info,
    reader: stepEndReader(notationPrompts(tokenizer), tokenizer, scoreAt, model.contextLength),
    scoring: scoreFunction(activation, null),
  })
  const { livePages, liveSlots } = model.counters()
  const live = () => {
    const now = model.counters()
    return { pages: now.livePages - livePages, slots: now.liveSlots - liveSlots, branches: now.liveBranches }
  }
  return { decoder, model, reward, live }
}

const outputs = (text: string, labels = 1) => plainScores(tokenizer.encode(text).reduce(plainHistory, 0), labels)
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const NOTHING = { pages: 0, slots: 0, branches: 0 }

test('each step is scored at its newline, all requests in one pass', async () => {
  const { reward, decoder, live } = setUp({ maxRows: 64 })
  const { branch, usage } = await reward.open('ab\n')
  expect(usage).toEqual({ asked: 3, executed: 3, overrun: 0, flops: tokenFlops(decoder.flops, 0, 3, 0) })
  const scored = await reward.score([
    { branch, steps: ['a+b\n', 'c\n'] },
    { branch, steps: ['d\n'] },
    { branch, steps: [] },
  ])
  expect(scored.map(({ scores }) => scores)).toEqual([
    [outputs('ab\na+b\n'), outputs('ab\na+b\nc\n')].map(([output = 0]) => expect.closeTo(sigmoid(output), 6)),
    [expect.closeTo(sigmoid(outputs('ab\nd\n')[0] ?? 0), 6)],
    [],
  ])
  expect(scored.map(({ usage: cost }) => cost)).toEqual([
    { asked: 9, executed: 6, overrun: 0, flops: tokenFlops(decoder.flops, 3, 6, 2) },
    { asked: 5, executed: 2, overrun: 0, flops: tokenFlops(decoder.flops, 3, 2, 1) },
    { asked: 3, executed: 0, overrun: 0, flops: 0 },
  ])
  expect(decoder.rowCounts).toEqual([3, 8])
  for (const { branch: end } of scored) reward.release(end)
  reward.release(branch)
  expect(live()).toEqual(NOTHING)
})

test('step by step gives the same scores as all at once', async () => {
  const steps = ['ab+ab+ab+ab+ab\n', 'c d\n', '\n', 'a+b+c+d a+b+c+d\n']
  const { reward } = setUp()
  const { branch } = await reward.open('ab\n')
  const [whole] = await reward.score([{ branch, steps }])
  const single: number[] = []
  let at = branch
  for (const step of steps) {
    const [scored] = await reward.score([{ branch: at, steps: [step] }])
    single.push(...(scored?.scores ?? []))
    at = scored?.branch ?? at
  }
  expect(single).toEqual(whole?.scores)
})

test.each([64, 5])('steps that begin alike are run once as far as they do, %i rows at a time', async (maxRows) => {
  const texts = ['a+b\n', 'a+c\n', 'a+b\nc\n', 'd\n', 'a+b\n']
  const { reward, decoder, live } = setUp({ maxRows })
  const { branch } = await reward.open('ab\n')
  const before = decoder.executed.length
  const scored = await reward.score(texts.map((text) => ({ branch, steps: [text] })))
  expect(scored.map(({ scores }) => scores)).toEqual(
    texts.map((text) => [expect.closeTo(sigmoid(outputs(`ab\n${text}`)[0] ?? 0), 6)]),
  )
  expect(scored.map(({ usage }) => usage.executed)).toEqual([4, 2, 2, 2, 0])
  // Where a pass has few rows, what an earlier pass has run cannot be shared any more.
  const ran = decoder.executed.length - before
  if (maxRows === 64) expect(ran).toBe(10)
  else expect(ran).toBeLessThanOrEqual(19)
  for (const { branch: end } of scored) reward.release(end)
  reward.release(branch)
  expect(live()).toEqual(NOTHING)
})

test('scores that are known cost nothing in the engine, and the same usage', async () => {
  const { reward, decoder, model, live } = setUp()
  const run = async (steps: readonly string[]) => {
    const before = decoder.executed.length
    const { branch } = await reward.open('ab\n')
    const [scored] = await reward.score([{ branch, steps }])
    if (!scored) throw new Error('no scores')
    reward.release(branch)
    reward.release(scored.branch)
    return { scores: scored.scores, usage: scored.usage, ran: decoder.executed.length - before }
  }
  const steps = ['a+b a+b a+b a+b a+b\n', 'c\n']
  const first = await run(steps)
  expect(first.ran).toBe(25)
  expect(await run(steps)).toEqual({ ...first, ran: 0 })
  const edited = await run(['a+b a+b a+b a+b a+b\n', 'd\n'])
  expect([edited.scores[0], edited.ran]).toEqual([first.scores[0], 2])
  model.evictAll()
  expect(await run(steps)).toEqual(first)
  expect(live()).toEqual(NOTHING)
})

test('steps that begin alike and are known in part: every score is its own, and known and run tokens are the usage', async () => {
  const { reward, model, live } = setUp()
  const { branch } = await reward.open('ab\n')
  const round = async (texts: readonly string[]) => {
    const tokens = () => model.counters().executedTokens + model.counters().cacheHitTokens
    const before = tokens()
    const scored = await reward.score(texts.map((text) => ({ branch, steps: [text] })))
    expect(scored.map(({ scores }) => scores)).toEqual(
      texts.map((text) => [expect.closeTo(sigmoid(outputs(`ab\n${text}`)[0] ?? 0), 6)]),
    )
    expect(scored.reduce((sum, { usage }) => sum + usage.executed, before)).toBe(tokens())
    for (const { branch: end } of scored) reward.release(end)
  }
  await round(['a+b+c\n', 'd\n'])
  await round(['a+b+d\n', 'a+b+c\n', 'a+b+d+a\n', 'dd\n', 'd+\n', 'c\n', 'ca\n'])
  await round(['a+b+d+b\n', 'a+d\n', 'a+b+d+b\n', 'c+\n', 'cab\n', 'cad\n'])
  reward.release(branch)
  expect(live()).toEqual(NOTHING)
})

test('a step without the score token gets it appended, unless the context is full', async () => {
  const { reward } = setUp({ maxPositions: 8 })
  const { branch } = await reward.open('ab\n')
  const [ended] = await reward.score([{ branch, steps: ['abc'] }])
  expect([ended?.scores[0], ended?.branch.tokens]).toEqual([
    expect.closeTo(sigmoid(outputs('ab\nabc\n')[0] ?? 0), 6),
    7,
  ])
  const [full] = await reward.score([{ branch, steps: ['abcda'] }])
  expect([full?.scores[0], full?.branch.tokens]).toEqual([expect.closeTo(sigmoid(outputs('ab\nabcda')[0] ?? 0), 6), 8])
  await expect(reward.score([{ branch, steps: ['abcdab'] }])).rejects.toThrow(/found 9 tokens/)
  await expect(reward.score([{ branch, steps: [''] }])).rejects.toThrow(/step 0 is empty/)
})

test('two labels: the softmax probability of the second; a mark of several tokens is read at its end', async () => {
  const { reward } = setUp({}, 'softmax', '+d')
  const { branch } = await reward.open('ab')
  const [scored] = await reward.score([{ branch, steps: ['a+d c+d\n'] }])
  const [zero = 0, one = 0] = outputs('aba+d c+d', 2)
  expect(scored?.scores).toEqual([expect.closeTo(Math.exp(one) / (Math.exp(zero) + Math.exp(one)), 6)])
})

test('one request that fails leaves nothing of the others', async () => {
  const { reward, live } = setUp({ maxPositions: 16 })
  const { branch } = await reward.open('ab\n')
  const run = reward.score([
    { branch, steps: ['a\n'] },
    { branch, steps: ['aaaaaaaaaaaaaaaaaaaaa\n'] },
  ])
  await expect(run).rejects.toThrow(/longer than the model's context/)
  await expect(reward.score([{ branch, steps: ['a\n'] }], AbortSignal.abort())).rejects.toThrow(/Cancelled/)
  reward.release(branch)
  expect(live()).toEqual(NOTHING)
})
