import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { storeRig } from '../testing/store-rig.ts'
import { SYNTHETIC_ENGINE } from '../testing/synthetic-search.ts'

const files = { 'runs/first-visit.json': readFileSync('public/runs/first-visit.json', 'utf8') }

it('a link shows no other problem’s tree, starts nothing by itself, and waits until it is answered', async () => {
  const rig = storeRig({ files })
  const seen = new Set<string | undefined>()
  rig.store.subscribe(({ runs }) => seen.add(runs.byId[runs.active ?? '']?.setup.problem))
  const started = rig.store.start('#problem=3+5+7+2+%3E+24&n=1024&maxRounds=1000&event=57')
  expect(rig.state().link.carrying).toBe(true)
  await started
  await rig.until(({ engine }) => engine.phase === 'ready')
  expect([...seen]).toEqual([undefined])
  expect(rig.state()).toMatchObject({ link: { carrying: true, ask: { event: 57 } }, runs: { byId: {}, waiting: [] } })

  rig.store.actions.link.leave()
  expect(rig.state().link).toEqual({ carrying: false, ask: null })
  expect(rig.state().session).toMatchObject({ problemText: '3 5 7 2 > 24', config: { n: 1024 } })
  await rig.store.dispose()
})

it('is carried out by the Run button too, and no longer asked once something else is set up', async () => {
  const link = '#problem=3+5+7+2+%3E+24&n=4&m=2&maxRounds=2&event=3'
  const rig = storeRig({ files })
  await rig.ready(link)
  await rig.store.actions.runs.start()
  await rig.until((state) => !state.link.carrying)
  expect(rig.active()).toMatchObject({ cursor: 3, following: false })
  await rig.store.dispose()

  const other = storeRig({ files })
  await other.ready(link)
  other.store.actions.session.setSeed(12)
  expect(other.state().link).toEqual({ carrying: false, ask: null })
  await other.store.dispose()
})

it('a link of what is here shows it at once', async () => {
  const rig = storeRig({ files })
  await rig.ready('#event=12')
  expect(rig.active()).toMatchObject({ source: 'sample', cursor: 12 })
  expect(rig.state().link).toEqual({ carrying: false, ask: null })
  await rig.store.dispose()
})

it('says how the response is shown, and leaves that alone where it says nothing', async () => {
  const rig = storeRig({ files })
  await rig.ready('#chain=shown')
  expect(rig.state().preferences.chain).toBe('shown')
  expect(rig.store.actions.link.hash()).toContain('chain=shown')
  rig.store.actions.link.apply('#seed=12')
  expect(rig.state().preferences.chain).toBe('shown')
  await rig.store.dispose()
})

it('a link without an event is carried out once it is set up', async () => {
  const rig = storeRig({ files })
  await rig.ready('#problem=3+5+7+2+%3E+24&seed=12&n=4')
  expect(rig.state()).toMatchObject({
    link: { carrying: false, ask: null },
    runs: { active: null, byId: {} },
    session: { problemText: '3 5 7 2 > 24', seed: 12, config: { n: 4 } },
  })
  await rig.store.dispose()
})

it('a run that waits for the models says so, and no longer than it waits', async () => {
  let done = (): void => {}
  const loaded = new Promise<void>((resolve) => {
    done = resolve
  })

  const rig = storeRig({ files, loader: { load: () => loaded.then(() => SYNTHETIC_ENGINE) } })
  await rig.store.start('')
  const launched = rig.store.actions.runs.startAgain('first-visit')
  expect(rig.state().runs.waiting).toEqual(['4 3 6 8 > 40 · Beam search'])
  done()
  await launched
  expect(rig.state().runs.waiting).toEqual([])
  expect(rig.active().source).toBe('live')
  await rig.store.dispose()
})

it('a run that waits for the models is taken back before they are loaded', async () => {
  let done = (): void => {}
  const loaded = new Promise<void>((resolve) => {
    done = resolve
  })
  const rig = storeRig({ files, loader: { load: () => loaded.then(() => SYNTHETIC_ENGINE) } })
  await rig.store.start('')
  const first = rig.store.actions.runs.startAgain('first-visit')
  rig.store.actions.runs.stopWaiting()
  expect(rig.state().runs.waiting).toEqual([])
  const second = rig.store.actions.runs.startAgain('first-visit')
  expect(rig.state().runs.waiting).toHaveLength(1)
  done()
  expect(await first).toBeNull()
  expect(await second).not.toBeNull()
  expect(rig.state().runs.waiting).toEqual([])
  expect(Object.values(rig.state().runs.byId).filter(({ source }) => source === 'live')).toHaveLength(1)
  await rig.store.dispose()
})

it('carries a system message, of which searches are told, and an empty one', async () => {
  const rig = storeRig({ files })
  await rig.ready('#system=Be+brief.&seed=12&n=4&maxRounds=2')
  expect(rig.state().session.system).toBe('Be brief.')
  await rig.store.actions.runs.start()
  expect(rig.active().setup.system).toBe('Be brief.')
  const link = rig.store.actions.link.hash()
  expect(link).toContain('system=Be+brief.')
  rig.store.actions.session.setSystem('')
  expect(rig.store.actions.link.hash()).toMatch(/system=(&|$)/)
  rig.store.actions.session.setSystem(null)
  expect(rig.store.actions.link.hash()).not.toContain('system')
  rig.store.actions.session.undo()
  expect(rig.state().session.system).toBe('')
  rig.store.actions.session.setTask('maths')
  expect(rig.state().session.system).toBeNull()
  await rig.store.dispose()
})

it('a link that asks for strict arithmetic has it from whoever opens it, and goes on asking', async () => {
  const rig = storeRig({ files })
  await rig.store.start('#problem=3+5+7+2+%3E+24&arithmetic=strict', 'webgpu')
  await rig.until(({ engine }) => engine.phase === 'ready')
  // WebGPU has no strict arithmetic: what is there may be taken instead.
  expect(rig.state().engine).toMatchObject({ backend: 'auto', arithmetic: 'strict' })
  expect(rig.store.actions.link.hash()).toContain('arithmetic=strict')

  await rig.store.actions.engine.setArithmetic('auto')
  expect(rig.store.actions.link.hash()).not.toContain('arithmetic')
  await rig.store.actions.engine.setBackend('wasm')
  rig.store.actions.link.apply('#arithmetic=strict&seed=3')
  expect(rig.state().engine).toMatchObject({ backend: 'wasm', arithmetic: 'strict' })
  rig.store.actions.link.apply('#seed=4')
  expect(rig.state().engine.arithmetic).toBe('strict')
  await rig.store.dispose()
})

it('an address that asks for no backend there is says so, and changes nothing', async () => {
  const rig = storeRig({ files })
  await rig.store.start('', 'abacus')
  expect(rig.state().engine.backend).toBe('auto')
  expect(rig.state().notices).toMatchObject([{ error: { place: { field: 'backend' }, found: '"abacus"' } }])
  await rig.store.dispose()
})
