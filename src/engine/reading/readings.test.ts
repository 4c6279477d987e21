import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { MODEL_BACKENDS } from '../../compute/testing/node-backends.ts'
import { onEachBackend } from '../../compute/testing/on-each-backend.ts'
import type { Reading, ReadingId } from '../../search/reading.ts'
import { createDecoder } from '../decoder/decoder-model.ts'
import { loadRewardModel } from '../load-model.ts'
import type { EngineRewardModel } from '../reward-model.ts'

const FOLDER = 'tests/fixtures/readings'

interface Row {
  readonly problem: string
  readonly steps: readonly string[]
  readonly ids: readonly number[]
  readonly positions: readonly number[]
  readonly scores: readonly number[]
  readonly reward?: number
}
interface Expected {
  readonly tolerance: number
  readonly rows: readonly Row[]
}

const CASES: readonly { readonly name: string; readonly reading: Partial<Reading> & { readonly id: ReadingId } }[] = [
  { name: 'two-labels-blank-line', reading: { id: 'two-labels', scoreAt: '\n\n' } },
  { name: 'two-labels-newline', reading: { id: 'two-labels', scoreAt: '\n' } },
  { name: 'two-layer-head-extra-token', reading: { id: 'two-layer-head' } },
  { name: 'value-head-at-newline', reading: { id: 'value-head' } },
  { name: 'candidate-tokens-at-step-tag', reading: { id: 'step-tag' } },
  { name: 'candidate-tokens-in-chat-turns', reading: { id: 'chat-turns' } },
  { name: 'outcome-in-chat', reading: { id: 'outcome' } },
]

const expectedOf = (name: string): Expected => JSON.parse(readFileSync(`${FOLDER}/${name}/expected.json`, 'utf8'))
const close = (value: number) => expect.closeTo(value, 4)

/** Scores as a search asks for them: one step at a time, each with the line end that a policy writes. */
async function stepByStep(model: EngineRewardModel, { problem, steps }: Row) {
  let { branch, usage } = await model.open(problem)
  const scores: number[] = []
  const executed = [usage.executed]
  for (const step of steps) {
    const [scored] = await model.score([{ branch, steps: [`${step}\n`] }])
    if (scored === undefined) throw new Error('nothing was answered')
    model.release(branch)
    branch = scored.branch
    scores.push(...scored.scores)
    executed.push(scored.usage.executed)
  }
  model.release(branch)
  return { scores, executed }
}

onEachBackend(
  'readings',
  (backend) => {
    test.each(CASES)('$name: tokens, positions and scores are those of PyTorch', async ({ name, reading }) => {
      const files = await openCheckpointDirectory(`${FOLDER}/${name}`)
      const options = { manifest: { reading }, cacheTokens: 2048 }
      const model = await loadRewardModel(backend(), files, options, createDecoder)
      try {
        const { rows } = expectedOf(name)
        expect(rows).toHaveLength(3)
        for (const row of rows) {
          const read = await model.read(row.problem, row.steps)
          expect(read.ids).toEqual(row.ids)
          expect(read.positions).toEqual(row.positions)
          expect(read.scores).toEqual(row.scores.map(close))
          if (row.reward !== undefined) expect(read.outputs).toEqual([[close(row.reward)]])

          const { scores, executed } = await stepByStep(model, row)
          expect(scores.slice(-row.scores.length)).toEqual(row.scores.map(close))
          // A step by itself is what the whole says of its beginning.
          for (const [index, score] of scores.entries()) {
            const { scores: whole } = await model.read(row.problem, row.steps.slice(0, index + 1))
            expect(score).toBeCloseTo(whole.at(-1) ?? Number.NaN, 5)
          }
          // All is run once but for what closes a chat behind its last step.
          const end = (row.positions.at(-1) ?? 0) + 1
          const total = executed.reduce((sum, tokens) => sum + tokens, 0)
          if (reading.id === 'outcome') expect(total).toBe(end + 2 * (row.steps.length - 1))
          else expect(total).toBeLessThanOrEqual(end + 1)
        }
      } finally {
        model.model.dispose()
      }
    })
  },
  MODEL_BACKENDS,
)
