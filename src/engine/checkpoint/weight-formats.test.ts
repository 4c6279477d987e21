import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { CpuBackend } from '../../compute/cpu/cpu-backend.ts'
import type { WeightChoice } from '../decoder/decoder.ts'
import { createDecoder } from '../decoder/decoder-model.ts'
import { headOutputs } from '../head-outputs.ts'
import { loadModel, loadRewardModel } from '../load-model.ts'
import { readTokenizer } from '../tokenizer/tokenizer.ts'

interface Expected {
  readonly prompt: string
  readonly greedy_response: string
}
const cases = JSON.parse(readFileSync('tests/fixtures/expected.json', 'utf8')) as readonly Expected[]
const POLICY = 'public/checkpoints/countdown-policy'
const REWARD = 'public/checkpoints/countdown-prm'

let backend: CpuBackend
let exact: Outputs
beforeAll(async () => {
  backend = new CpuBackend()
  exact = await outputs('f32')
})
afterAll(() => backend.dispose())

interface Outputs {
  readonly logits: readonly number[]
  readonly scores: readonly number[]
  readonly bytes: number
}

/** The bundled policy's logits and the bundled reward model's scores of the reference responses. */
async function outputs(weights: WeightChoice): Promise<Outputs> {
  const policy = await loadModel(backend, await openCheckpointDirectory(POLICY), { weights }, createDecoder)
  const tokenizer = await readTokenizer(await openCheckpointDirectory(POLICY))
  const ids = cases.map(({ prompt, greedy_response }) => tokenizer.encode(prompt + greedy_response))
  const logits: number[] = []
  for (const one of ids) for (const output of await headOutputs(policy, [one])) logits.push(...output)
  const bytes = policy.decoder.bytes().weights ?? 0
  policy.dispose()
  const reward = await loadRewardModel(backend, await openCheckpointDirectory(REWARD), { weights }, createDecoder)
  const scores: number[] = []
  for (const { prompt, greedy_response } of cases) {
    const { branch } = await reward.open(prompt)
    const [scored] = await reward.score([{ branch, steps: greedy_response.split(/(?<=\n)/) }])
    scores.push(...(scored?.scores ?? []))
    reward.release(branch)
    if (scored) reward.release(scored.branch)
  }
  reward.model.dispose()
  return { logits, scores, bytes }
}

const largest = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0)

// The bounds that docs/decisions/0007-weights.md states.
test.each([
  ['f16', 0.02, 0.001, 0.52],
  ['int8', 0.3, 0.01, 0.29],
  ['int4', 4, 0.2, 0.18],
] as const)(
  '%s: logits within %d and scores within %d of f32, in %d of the bytes',
  async (weights, logit, score, share) => {
    const found = await outputs(weights)
    expect(found.logits).toHaveLength(exact.logits.length)
    expect(found.scores).toHaveLength(exact.scores.length)
    expect(largest(found.logits, exact.logits)).toBeLessThan(logit)
    expect(largest(found.scores, exact.scores)).toBeLessThan(score)
    expect(largest(found.scores, exact.scores)).toBeGreaterThan(0)
    expect(found.bytes / exact.bytes).toBeLessThan(share)
  },
)

test('automatic leaves the bundled models as they are', async () => {
  const model = await loadModel(backend, await openCheckpointDirectory(POLICY), {}, createDecoder)
  expect(model.decoder.weightFormat).toBe('f32')
  model.dispose()
})
