import { expect, test } from 'vitest'
import { StepscopeError } from '../../core/errors.ts'
import type { RewardModel } from '../../search/models.ts'
import { RefCounted } from '../../worker/ref-counted.ts'
import type { RigOptions, StoreRig } from '../testing/store-rig.ts'
import { storeRig } from '../testing/store-rig.ts'
import { SYNTHETIC_ENGINE } from '../testing/synthetic-search.ts'

/** A reward model that cannot score steps with the word LONG until it is told that it can. */
function choosyReward() {
  const able = { long: false }
  const asked: string[][] = []
  const reward: RewardModel = {
    ...SYNTHETIC_ENGINE.reward,
    score: (requests, signal) => {
      for (const { steps } of requests) {
        asked.push([...steps])
        if (!able.long && steps.some((step) => step.includes('LONG')))
          return Promise.reject(new StepscopeError({ code: 'bad-problem', message: 'The trace is too long' }))
      }
      return SYNTHETIC_ENGINE.reward.score(requests, signal)
    },
  }
  const part = {
    model: reward,
    counters: () => ({ passes: 0, readbackBytes: 0, executedTokens: 0 }),
    bytes: () => ({}),
  }
  const loader: RigOptions['loader'] = {
    openReward: () =>
      Promise.resolve({
        key: 'choosy',
        reading: 'At the step’s end',
        part: new RefCounted({ ...part, dispose: () => {} }, () => {}),
      }),
  }
  return { able, asked, loader }
}

const rows = (...all: readonly object[]) => new File([all.map((row) => `${JSON.stringify(row)}\n`).join('')], 'a.jsonl')

async function opened(rig: StoreRig): Promise<StoreRig> {
  await rig.ready()
  const { traces } = rig.store.actions
  await traces.enter()
  traces.setSlot('a', { model: { kind: 'bundled', id: 'countdown-prm', name: 'PRM' }, scorer: null })
  return rig
}

const FILE = [
  { id: 'one', problem: 'p', steps: ['LONG 1', '2'], label: 0 },
  { id: 'two', problem: 'p', steps: ['1', 'x'], label: -1 },
  { id: 'three', problem: 'p', steps: ['LONG'], label: 0 },
  { id: 'four', problem: 'p', steps: ['x', '2', '3'], label: 1 },
]
const scoresIn = (rig: StoreRig) => Object.values(rig.state().traces.scores.choosy ?? {})[0]

test('traces that cannot be scored keep the reason, and are scored when tried again; the others are not asked twice', async () => {
  const { able, asked, loader } = choosyReward()
  const rig = await opened(storeRig({ loader }))
  await rig.store.actions.traces.openFile(rows(...FILE))
  await rig.store.actions.traces.score('a')
  const before = scoresIn(rig)
  expect(before?.map((scores) => scores?.length)).toEqual([0, 2, 0, 3])
  expect(rig.state().traces.scorers[0]?.failure?.message).toBe('The trace is too long')

  // After a reload the reason is still there; scoring on asks for none of them.
  const later = await opened(storeRig({ loader, indexedDB: rig.indexedDB }))
  expect(scoresIn(later)).toEqual(before)
  expect(later.state().traces.scorers[0]?.failure?.message).toBe('The trace is too long')
  asked.length = 0
  await later.store.actions.traces.score('a')
  expect(asked).toEqual([])

  able.long = true
  await later.store.actions.traces.score('a', true)
  expect(asked.map(([first]) => first)).toEqual(['LONG 1\n', 'LONG\n'])
  expect(scoresIn(later)?.map((scores) => scores?.length)).toEqual([2, 2, 1, 3])
  const last = await opened(storeRig({ loader, indexedDB: rig.indexedDB }))
  expect(scoresIn(last)).toEqual(scoresIn(later))
})

test('a model that was opened becomes model A, and is scored anew where it is read otherwise; a policy stays out', async () => {
  const { loader } = choosyReward()
  const manifest = {
    role: 'process-reward-model',
    stepEnds: ['\n'],
    reading: { id: 'two-labels', scoreAt: '\n' },
  } as const
  const rig = await opened(
    storeRig({
      loader: {
        load: () => Promise.resolve({ ...SYNTHETIC_ENGINE }),
        inspect: () =>
          Promise.resolve({
            family: 'qwen2',
            role: 'process-reward-model',
            parameters: 5,
            bytes: 20,
            manifest,
            missing: [],
            recognized: 'By its class.',
            chat: false,
          }),
        openReward: async (model, ...rest) => {
          const reward = await loader?.openReward?.(model, ...rest)
          if (!reward) throw new RangeError('there is no reward model')
          return { ...reward, key: String(model.manifest?.reading?.scoreAt) }
        },
      },
    }),
  )
  const { models, reading, traces } = rig.store.actions
  const slot = () => rig.state().traces.slots.a
  await traces.openFile(rows({ id: 'two', problem: 'p', steps: ['1', 'x'], label: -1 }))
  await traces.takeModel({ kind: 'folder', id: 'asked', name: 'asked', role: 'policy' })
  expect(rig.state().notices.at(-1)?.text).toBe('“asked” is loaded as the policy: it is no reward model')
  expect(slot()?.model.id).toBe('countdown-prm')

  const model = await models.openFolder('my-prm', [])
  expect(model).toEqual({ kind: 'folder', id: 'my-prm', name: 'my-prm', role: 'process-reward-model' })
  if (model) await traces.takeModel(model)
  expect(slot()).toEqual({ model: { kind: 'folder', id: 'my-prm', name: 'my-prm' }, scorer: null })
  await traces.score('a')
  expect(slot()?.scorer).toBe('\n')

  await reading.apply({ ...manifest, reading: { id: 'two-labels', scoreAt: '\n\n' } })
  expect(slot()).toMatchObject({ model: { id: 'my-prm' }, scorer: null })
  await traces.score('a')
  expect(slot()?.scorer).toBe('\n\n')
  expect(Object.keys(rig.state().traces.scores)).toEqual(['\n', '\n\n'])
  const later = storeRig({ loader, indexedDB: rig.indexedDB })
  await later.ready()
  await later.store.actions.traces.enter()
  expect(later.state().traces.slots.a).toMatchObject({ model: { id: 'my-prm' }, scorer: '\n\n' })
})

test('labels by hand are taken back one by one, after a reload, too', async () => {
  const rig = await opened(storeRig())
  await rig.store.actions.traces.openFile(rows(...FILE))
  const key = rig.state().traces.traces[3]?.key ?? ''
  await rig.store.actions.traces.labelByHand(key, [1, null, null])
  await rig.store.actions.traces.labelByHand(key, [1, 0, null])
  const later = await opened(storeRig({ indexedDB: rig.indexedDB }))
  const human = () => later.state().traces.made.human[key]?.steps
  expect(human()).toEqual([1, 0, null])
  await later.store.actions.traces.undoByHand(key)
  expect(human()).toEqual([1, null, null])
  await later.store.actions.traces.undoByHand(key)
  expect(human()).toBeUndefined()
  expect(later.state().traces.handHistory).toEqual([])
})

test('labels that say only the first wrong step become rows up to it; what has no labels is counted', async () => {
  const rig = await opened(storeRig())
  await rig.store.actions.traces.openFile(rows(...FILE))
  const { traces } = rig.state()
  const keys = traces.traces.map(({ key }) => key)
  const file = await rig.store.actions.traces.exportTraces(keys, 'trl-stepwise', 'file')
  expect(file).toMatchObject({ left: 0, cut: 2 })
  expect(
    file?.text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual([
    { prompt: 'p', completions: ['LONG 1'], labels: [false] },
    { prompt: 'p', completions: ['1', 'x'], labels: [true, true] },
    { prompt: 'p', completions: ['LONG'], labels: [false] },
    { prompt: 'p', completions: ['x', '2'], labels: [true, false] },
  ])
  await rig.store.actions.traces.labelByHand(keys[0] ?? '', [null, 1])
  const shepherd = await rig.store.actions.traces.exportTraces(keys, 'math-shepherd', 'any')
  expect(shepherd).toMatchObject({ left: 1, cut: 1 })
  // ProcessBench holds the first wrong step itself: nothing is cut.
  expect(await rig.store.actions.traces.exportTraces(keys, 'process-bench', 'file')).toMatchObject({
    left: 0,
    cut: 0,
  })
})

test('rows that cannot be read wait for the person, who takes the others or none', async () => {
  const rig = await opened(storeRig())
  const { openFile, decide } = rig.store.actions.traces
  const bad = { id: 'bad', problem: 'p', steps: 5, label: 0 }
  await openFile(rows(...FILE, bad))
  expect(rig.state().traces.held?.bad[0]).toMatchObject({ place: { file: 'a.jsonl', line: 5, field: 'steps' } })
  expect(rig.state().traces.traces).toEqual([])
  await decide(false)
  expect([rig.state().traces.held, rig.state().traces.sets]).toEqual([null, []])
  await openFile(rows(bad, ...FILE))
  await decide(true)
  expect(rig.state().traces.sets).toMatchObject([{ name: 'a.jsonl', count: 4, left: 1 }])
  // Another page sees the rows that were taken, and nothing of those that were not.
  const later = await opened(storeRig({ indexedDB: rig.indexedDB }))
  expect(later.state().traces.traces.map(({ id }) => id)).toEqual(['one', 'two', 'three', 'four'])
})

test('reading that is cancelled leaves nothing, says nothing, and lets the next file in', async () => {
  const rig = await opened(storeRig())
  const { openFile, cancelReading } = rig.store.actions.traces
  const many = rows(...Array.from({ length: 2000 }, (_, at) => ({ id: `${at}`, problem: 'p', steps: ['1'], label: 0 })))
  const read = openFile(many)
  await rig.until(({ traces }) => (traces.reading?.done ?? 0) > 0)
  cancelReading()
  await read
  expect(rig.state().traces).toMatchObject({ reading: null, error: null, held: null, sets: [], traces: [] })

  // A file that is opened while another is read takes its place.
  const first = openFile(many)
  await rig.until(({ traces }) => (traces.reading?.done ?? 0) > 0)
  await openFile(rows(...FILE))
  await first
  expect(rig.state().traces).toMatchObject({ reading: null, error: null, sets: [{ name: 'a.jsonl', count: 4 }] })
  const later = await opened(storeRig({ indexedDB: rig.indexedDB }))
  expect(later.state().traces.traces).toHaveLength(4)
})
