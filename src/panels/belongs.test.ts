import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { differencesOf } from '../state/search/belonging.ts'
import type { StoreRig } from '../state/testing/store-rig.ts'
import { storeRig } from '../state/testing/store-rig.ts'
import { SYNTHETIC_ENGINE } from '../state/testing/synthetic-search.ts'
import { belongsSentence, isStale } from './belongs-words.ts'

const sample = readFileSync('public/runs/first-visit.json', 'utf8')
const whats = (rig: StoreRig) => differencesOf(rig.active(), rig.state()).map(({ what }) => what)

/** A finished run of the session as it is now. */
async function ran(rig: StoreRig): Promise<void> {
  rig.store.actions.session.setConfig({ n: 4, m: 2, maxRounds: 2 })
  await rig.store.actions.runs.start()
  await rig.until(({ runs }) => runs.byId[runs.active ?? '']?.status === 'finished')
}

it('a run belongs to the setup and the models that made it, until one of them changes', async () => {
  const rig = storeRig()
  await rig.ready()
  await ran(rig)
  const { session } = rig.store.actions
  expect(whats(rig)).toEqual([])

  session.randomProblem()
  expect(whats(rig)).toEqual(['problem'])
  session.undo()
  expect(whats(rig)).toEqual([])
  session.setProblem('3 5 7 2 >')
  expect(whats(rig)).toEqual(['problem'])
  session.undo()

  session.setSeed(99)
  session.setConfig({ m: 4 })
  expect(whats(rig)).toEqual(['settings', 'seed'])
  // Lookahead is not a setting of beam search.
  session.adoptRun(rig.active().id)
  session.setConfig({ lookahead: 3 })
  expect(whats(rig)).toEqual([])
  session.setStrategy('best-of-n-prm')
  expect(whats(rig)).toEqual(['strategy'])
  await rig.store.dispose()
})

it('another problem in the setup is still another after a reload', async () => {
  const rig = storeRig()
  await rig.ready()
  await ran(rig)
  rig.store.actions.session.setProblem('3 5 7 2 > 24')
  await rig.store.dispose()
  const again = storeRig({ indexedDB: rig.indexedDB })
  await again.ready()
  expect(again.active().setup.problem).not.toBe('3 5 7 2 > 24')
  const differences = differencesOf(again.active(), again.state())
  expect(isStale(differences)).toBe(true)
  expect(belongsSentence(differences)).toBe('This search was made with problem 4 3 6 8 > 40 (now 3 5 7 2 > 24).')
  await again.store.dispose()
})

it('weights that are loaded are compared, by name while they are not', async () => {
  const { reward } = SYNTHETIC_ENGINE
  let hash = 'aaaa000000000000'
  const loader = {
    load: () => Promise.resolve({ ...SYNTHETIC_ENGINE, reward: { ...reward, info: { ...reward.info, hash } } }),
  }
  const rig = storeRig({ loader, files: { 'runs/first-visit.json': sample } })
  const begun = rig.store.start('')
  await rig.until(({ runs }) => runs.active !== null)
  expect(whats(rig)).toEqual([])
  await begun
  await rig.until(({ engine }) => engine.phase === 'ready')
  expect(whats(rig)).toEqual(['policy', 'reward model'])

  await ran(rig)
  // The search says who made it; these events come from models that only have names.
  expect(whats(rig)).toEqual(['reward model'])
  hash = reward.info.hash
  await rig.store.actions.engine.load()
  expect(whats(rig)).toEqual([])
  await rig.store.dispose()
})

it('the same weights in another format are other models on the same machine, and not on another', async () => {
  const { policy } = SYNTHETIC_ENGINE
  let changed: Partial<typeof policy.info> = { weights: 'int8' }
  const loader = {
    load: () => Promise.resolve({ ...SYNTHETIC_ENGINE, policy: { ...policy, info: { ...policy.info, ...changed } } }),
  }
  const rig = storeRig({ loader })
  await rig.ready()
  await ran(rig)
  const { events, setup } = rig.active()
  const [started, ...rest] = events
  if (started?.type !== 'started') throw new Error('no start')
  const made = { setup, events: [{ ...started, policy: { ...started.policy, weights: 'f32' as const } }, ...rest] }
  expect(differencesOf(made, rig.state()).map(({ what }) => what)).toEqual(['policy'])
  changed = { weights: 'int8', adapter: 'another' }
  await rig.store.actions.engine.load()
  expect(differencesOf(made, rig.state())).toEqual([])
  await rig.store.dispose()
})
