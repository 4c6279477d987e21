import { expect, it } from 'vitest'
import { StepscopeError } from '../../core/errors.ts'
import type { RewardManifest } from '../../search/manifest.ts'
import type { Reading } from '../../search/reading.ts'
import { withPreset } from '../../search/readings.ts'
import type { ParamsOf, ReadingPreview } from '../../worker/protocol.ts'
import { storeRig } from '../testing/store-rig.ts'
import { SYNTHETIC_ENGINE } from '../testing/synthetic-search.ts'

const TWO_LABELS = { id: 'two-labels', scoreAt: '\n\n' } as const
const OTHER = { id: 'two-labels', scoreAt: '\n' } as const

/** A worker that knows one reward model, and refuses to load it with some readings. */
function rig(refused: (reading: Partial<Reading> | undefined) => boolean = () => false) {
  const [asked, loaded]: [ParamsOf<'previewReading'>[], ParamsOf<'load'>['reward'][]] = [[], []]
  const preview = async (params: ParamsOf<'previewReading'>): Promise<ReadingPreview> => {
    asked.push(params)
    const { reading } = params.model.manifest ?? {}
    if (reading?.id === 'step-tag') throw new StepscopeError({ code: 'unsupported-config', message: 'It does not fit' })
    const manifest = {
      role: 'process-reward-model',
      stepEnds: ['\n'],
      prompt: 'chat',
      reading: withPreset(reading ?? TWO_LABELS),
    }
    const tokens = params.steps.map((text, id) => ({ id, text }))
    return { manifest: manifest as unknown as RewardManifest, reason: 'So.', tokens, positions: [0], scores: null }
  }
  const own = storeRig({
    loader: {
      load: async (params) => {
        if (refused(params.reward?.manifest?.reading))
          throw new StepscopeError({ code: 'bad-checkpoint', message: 'No.' })
        loaded.push(params.reward)
        return { ...SYNTHETIC_ENGINE }
      },
      inspect: async () => ({
        family: 'qwen2',
        role: 'process-reward-model',
        parameters: 5,
        bytes: 20,
        manifest: { role: 'process-reward-model', stepEnds: ['\n'], reading: TWO_LABELS },
        missing: [],
        recognized: 'By its name.',
        chat: false,
      }),
      preview,
    },
  })
  return { ...own, asked, loaded }
}

it('a sample is looked at once typing rests; what does not fit is told', async () => {
  const { store, state, until, ready, asked } = rig()
  await ready()
  const { reading } = store.actions
  reading.look('chosen', {})
  reading.look('chosen', { reading: OTHER })
  await until((now) => now.reading.status === 'ready')
  expect(asked).toHaveLength(1)
  // The task's problem with its own steps.
  expect(asked[0]).toMatchObject({ problem: { task: 'countdown' }, model: { manifest: { reading: OTHER } } })
  expect(asked[0]?.steps.length).toBeGreaterThan(1)
  reading.setSample({ problem: 'What is 2 + 2?', steps: 'It is four.\n\nSo four.' })
  await until((now) => now.reading.status === 'ready' && asked.length === 2)
  expect(asked[1]).toMatchObject({ problem: 'What is 2 + 2?', steps: ['It is four.', 'So four.'] })
  reading.look('chosen', { reading: { id: 'step-tag' } })
  await until((now) => now.reading.status === 'failed')
  expect(state().reading.error?.message).toBe('It does not fit')
  reading.close()
  expect(state().reading).toMatchObject({ of: null, preview: null, error: null })
  await store.dispose()
})

it('a model of the person’s own is read in another way from then on; where that fails, as before', async () => {
  const { store, state, until, ready, loaded } = rig((reading) => reading?.scoreAt === ' ## ')
  await ready()
  const { models, reading } = store.actions
  expect(reading.canChange()).toBe(false)
  await models.openFolder('my-prm', [])
  expect(state().engine.reward).toMatchObject({ kind: 'folder', id: 'my-prm' })
  expect(reading.canChange()).toBe(true)
  const role = 'process-reward-model'
  expect(await reading.apply({ role, stepEnds: ['\n'], reading: OTHER })).toBe(true)
  expect(loaded.at(-1)).toMatchObject({ source: { id: 'my-prm' }, manifest: { reading: OTHER } })
  expect(await reading.apply({ role, reading: { id: 'two-labels', scoreAt: ' ## ' } })).toBe(false)
  await store.actions.engine.load()
  expect(loaded.at(-1)).toMatchObject({ manifest: { reading: OTHER } })
  await until((now) => now.engine.phase === 'ready')
  await store.dispose()
})
