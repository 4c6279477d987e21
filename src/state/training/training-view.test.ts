import { describe, expect, it } from 'vitest'
import { defaultRecipe } from '../../formats/training-recipe.ts'
import type { TrainingEntry, TrainingSummary } from '../../worker/protocol.ts'
import type { TrainingRun } from './training-state.ts'
import {
  applyEntries,
  historyUpTo,
  readRun,
  secondsLeft,
  trainedModel,
  unreadRun,
  unsavedWords,
} from './training-view.ts'

const recipe = { ...defaultRecipe('sft', 'm'), steps: 10 }
const summary: TrainingSummary = {
  id: 'sft-1',
  title: 'SFT 1',
  recipe,
  models: { model: { kind: 'bundled', id: 'm', name: 'M' }, reference: null, rewardModel: null },
  parent: null,
  estimate: null,
  dataFile: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  status: 'running',
  step: 0,
  savedStep: null,
  elsewhere: false,
  storedBytes: 5,
  savesGone: false,
}

const entries = (...events: TrainingEntry['event'][]): TrainingEntry[] =>
  events.map((event, index) => ({ at: `t${index}`, event }))
const started = (step: number): TrainingEntry['event'] => ({
  type: 'started',
  recipe,
  step,
  trainedWeights: 3,
  adapter: 'a',
  bytes: {},
  history: [],
})
const stepped = (step: number, loss: number): TrainingEntry['event'] => ({
  type: 'step',
  step,
  metrics: { loss },
  learningRate: 1,
  tokens: 1,
  seconds: 2,
})
const losses = (run: TrainingRun) => run.points.map(({ step, metrics }) => [step, metrics.loss])

describe('a training run in the page', () => {
  it('takes back, where it goes on from a save, the steps that the weights have not seen', () => {
    const error = { code: 'bad-setting', message: 'The loss is no number' } as const
    const failed = applyEntries(
      unreadRun(summary),
      entries(started(1), stepped(1, 9), stepped(2, 8), { type: 'saved', step: 2 }, stepped(3, 7), {
        type: 'ended',
        status: 'failed',
        error,
      }),
    )
    expect(losses(failed)).toEqual([
      [1, 9],
      [2, 8],
      [3, 7],
    ])
    expect(failed).toMatchObject({ step: 3, savedStep: 2, error })
    const again = applyEntries(failed, entries(started(3), stepped(3, 6)))
    expect(losses(again)).toEqual([
      [1, 9],
      [2, 8],
      [3, 6],
    ])
    expect(again).toMatchObject({ step: 3, error: null })
  })

  it('shows a phase until it is done, and one line of it in the log', () => {
    const phase = (done: number): TrainingEntry['event'] => ({ type: 'phase', name: 'Samples', done, total: 9 })
    const busy = applyEntries(unreadRun(summary), entries(phase(1), phase(5)))
    expect(busy.phase).toEqual({ name: 'Samples', done: 5, total: 9 })
    expect(busy.log).toHaveLength(1)
    const done = applyEntries(busy, entries(phase(9)))
    expect([done.phase, done.log.length]).toEqual([null, 1])
  })

  it('keeps what the list knows when its log is read', () => {
    const known = unreadRun({ ...summary, savedStep: 4, status: 'interrupted' })
    const run = readRun(known, entries(stepped(1, 9), { type: 'saved', step: 1 }))
    expect(run).toMatchObject({ read: true, savedStep: 4, status: 'interrupted', title: 'SFT 1' })
    expect(losses(run)).toEqual([[1, 9]])
  })

  it('is a model from its first save on, and has time left once it has a pace', () => {
    const run = applyEntries(unreadRun(summary), entries(stepped(1, 9), stepped(2, 8)))
    expect([trainedModel(run), secondsLeft(run), secondsLeft(unreadRun(summary))]).toEqual([null, 16, null])
    const saved = { ...run, savedStep: 2 }
    expect(trainedModel(saved)).toMatchObject({ kind: 'trained', name: 'SFT 1, step 2', role: 'policy' })
    expect(losses(historyUpTo(unreadRun(summary), saved, 1))).toEqual([[1, 9]])
  })

  it.each([
    [{ status: 'running' }, 'Not saved yet'],
    [{ status: 'stopped', elsewhere: true }, 'Not saved yet'],
    [{ status: 'stopped' }, 'It ended before its first save'],
    [{ status: 'failed' }, 'It ended before its first save'],
    [{ status: 'stopped', savesGone: true }, 'Its saves are gone'],
    [{ status: 'failed', savesGone: true }, 'Its saves are gone'],
    [{ status: 'interrupted', log: entries({ type: 'saved', step: 2 }) }, 'Its saves are gone'],
    [{ status: 'stopped', savedStep: 2 }, null],
  ] as const)('says what is left of the saves of %j: %s', (change, words) => {
    expect(unsavedWords({ ...unreadRun(summary), ...change })).toBe(words)
  })
})
