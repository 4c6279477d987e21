import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { StatedManifest } from '../search/manifest.ts'
import { EngineHost } from './engine-host.ts'
import { engineLoader } from './engine-loader.ts'
import { sourcesOf } from './sources/model-provider.ts'

const FIXTURES = 'tests/fixtures/readings'
const CASE = 'two-layer-head-extra-token'
const { rows } = JSON.parse(readFileSync(`${FIXTURES}/${CASE}/expected.json`, 'utf8')) as {
  readonly rows: readonly {
    readonly problem: string
    readonly steps: readonly string[]
    readonly ids: readonly number[]
    readonly positions: readonly number[]
    readonly scores: readonly number[]
  }[]
}
const [row] = rows
if (!row) throw new Error('the case has no rows')

const folders: Readonly<Record<string, string>> = { 'countdown-policy': 'public/checkpoints/countdown-policy' }
const host = new EngineHost(
  engineLoader(sourcesOf(({ id }) => openCheckpointDirectory(folders[id] ?? `${FIXTURES}/${id}`))),
  () => {},
)
const never = new AbortController().signal
const bundled = (id: string) => ({ source: { kind: 'bundled', id } }) as const
const preview = (id: string, manifest: StatedManifest = {}) =>
  host.preview({ model: { ...bundled(id), manifest }, problem: row.problem, steps: row.steps }, row.problem, never)
const load = (reward: string) =>
  host.load(
    { backend: 'cpu', policy: bundled('countdown-policy'), reward: bundled(reward) },
    () => {},
    async () => {},
    never,
  )

beforeAll(() => load(CASE))
afterAll(() => host.dispose())

it('shows what the loaded model is given, where it is read, and its scores', async () => {
  const { manifest, reason, tokens, positions, scores } = await preview(CASE)
  expect(manifest).toMatchObject({ role: 'process-reward-model', reading: { id: 'two-layer-head' } })
  expect(reason).toContain('Its class is Qwen2ForProcessRewardModel')
  expect(tokens.map(({ id }) => id)).toEqual(row.ids)
  expect(positions.map((at) => tokens[at]?.text)).toEqual(row.steps.map(() => '<extra_0>'))
  expect(positions).toEqual(row.positions)
  expect(scores).toEqual(row.scores.map((score) => expect.closeTo(score, 4)))
})

it('shows another reading of the same weights with its scores, and leaves the loaded one as it was', async () => {
  const reading = { id: 'two-labels', scoreAt: '\n\n' } as const
  const other = await preview(CASE, { reading })
  expect(other.reason).toBe('It was chosen here.')
  expect(other.scores).toHaveLength(row.steps.length)
  expect(other.scores).not.toEqual(row.scores.map((score) => expect.closeTo(score, 4)))
  const again = await preview(CASE)
  expect(again.scores).toEqual(row.scores.map((score) => expect.closeTo(score, 4)))
})

it('shows a model that is not loaded without scores, and says what does not fit', async () => {
  const { tokens, positions, scores } = await preview('two-labels-newline', {
    reading: { id: 'two-labels', scoreAt: '\n' },
  })
  expect([tokens.length > 0, positions.length, scores]).toEqual([true, row.steps.length, null])
  await expect(preview('two-labels-newline')).rejects.toThrow(/score_at/)
  await expect(preview(CASE, { reading: { id: 'step-tag' } })).rejects.toThrow(/config\.json, architectures/)
})
