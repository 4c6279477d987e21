import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import { applyEvent, emptyTree } from '../search/apply-event.ts'
import type { ParamsOf } from '../worker/protocol.ts'
import type { RunId, RunView } from './search/runs-state.ts'
import { sameSearch } from './search/same-search.ts'
import type { StoreRig } from './testing/store-rig.ts'
import { storeRig } from './testing/store-rig.ts'
import { SYNTHETIC_ENGINE, syntheticSearch } from './testing/synthetic-search.ts'

const small = { n: 4, m: 2, maxRounds: 3 }

async function startedRig(options: Parameters<typeof storeRig>[0] = {}): Promise<StoreRig> {
  const rig = storeRig(options)
  await rig.ready()
  rig.store.actions.session.setConfig(small)
  return rig
}

async function begin(rig: StoreRig, paused = false): Promise<RunId> {
  const id = await rig.store.actions.runs.start({ paused })
  if (id === null) throw new Error('it did not start')
  return id
}

const over = (rig: StoreRig, id: RunId): Promise<void> =>
  rig.until(({ runs }) => runs.byId[id]?.status !== 'running' && runs.byId[id]?.status !== 'paused')

const replay = (run: RunView, cursor: number) => run.events.slice(0, cursor).reduce(applyEvent, emptyTree())

/** Serializable: comes back equal from JSON. */
function expectPlainData(rig: StoreRig): void {
  expect(JSON.parse(JSON.stringify(rig.state()))).toEqual(rig.state())
}

describe('a live run', () => {
  it('grows in the state to the tree that its events replay to', async () => {
    const rig = await startedRig()
    const shown = new Map<number, RunView>()
    rig.store.subscribe(({ runs }) => {
      const live = runs.byId[runs.active ?? '']
      if (live?.source === 'live') shown.set(live.cursor, live)
    })
    const id = await begin(rig)
    await over(rig, id)
    const run = rig.run(id)
    expect(run.status).toBe('finished')
    expect(shown.size).toBeGreaterThan(3)
    for (const [cursor, then] of shown) expect(then.tree).toEqual(replay(run, cursor))
    expect(run.events.at(-1)?.type).toBe('finished')
    expect(run.cursor).toBe(run.events.length)
    expect(run.tree).toEqual(replay(run, run.events.length))
    expect(run.tree.nodes).toHaveLength(1 + 3 * 4)
    expectPlainData(rig)
    await rig.store.dispose()
  })

  it('is stepped, resumed and cancelled', async () => {
    const rig = await startedRig()
    const { runs } = rig.store.actions
    const id = await begin(rig, true)
    expect(rig.run(id)).toMatchObject({ status: 'paused', events: [] })
    runs.stepLive(id)
    await rig.until((state) => state.runs.byId[id]?.events.length === 1)
    runs.stepBy(id, 1)
    await rig.until((state) => state.runs.byId[id]?.events.length === 2)
    expect(rig.run(id)).toMatchObject({ status: 'paused', cursor: 2 })
    runs.resume(id)
    await rig.until((state) => (state.runs.byId[id]?.events.length ?? 0) > 5)
    runs.cancel(id)
    await over(rig, id)
    expect(rig.run(id).status).toBe('cancelled')
    await rig.store.dispose()
  })

  it('goes on while the playhead steps back, and is followed again', async () => {
    const rig = await startedRig()
    const { runs } = rig.store.actions
    const id = await begin(rig, true)
    for (const count of [1, 2, 3]) {
      runs.stepLive(id)
      await rig.until((state) => state.runs.byId[id]?.events.length === count)
    }
    runs.stepBy(id, -2)
    expect(rig.run(id)).toMatchObject({ cursor: 1, following: false })
    runs.resume(id)
    runs.seek(id, 1)
    await over(rig, id)
    expect(rig.run(id)).toMatchObject({ status: 'finished', cursor: 1, following: false })
    expect(rig.run(id).tree.nodes).toHaveLength(1)
    runs.followLive(id)
    expect(rig.run(id).cursor).toBe(rig.run(id).events.length)
    await rig.store.dispose()
  })

  it('that fails keeps its events and says why', async () => {
    const rig = await startedRig({
      search: async function* (setup, signal) {
        for await (const event of syntheticSearch(setup, signal)) {
          if (event.type === 'scored') throw new StepscopeError({ code: 'out-of-memory', message: 'No room.' })
          yield event
        }
      },
    })
    const id = await begin(rig)
    await over(rig, id)
    expect(rig.run(id)).toMatchObject({ status: 'failed', error: { code: 'out-of-memory' } })
    expect(rig.run(id).events).toHaveLength(5)
    expect(rig.state().notices.at(-1)).toMatchObject({ tone: 'error', error: { message: 'No room.' } })
    await rig.store.dispose()
  })

  it('does not start with a problem or settings that cannot run', async () => {
    const rig = await startedRig()
    const { session, runs } = rig.store.actions
    session.setProblem('3 5 seven > 24')
    expect(rig.state().session.problem).toMatchObject({ ok: false, error: { code: 'bad-problem' } })
    expect(await runs.start()).toBeNull()
    session.undo()
    expect(rig.state().session.problem.ok).toBe(true)
    session.setConfig({ n: 5 })
    expect(rig.state().session.settingErrors).toEqual({ n: expect.stringContaining('not divisible by m = 2') })
    expect(await runs.start()).toBeNull()
    expect(rig.state().runs.byId).toEqual({})
    await rig.store.dispose()
  })
})

describe('the playhead', () => {
  it('shows at every cursor what replaying that many events gives', async () => {
    const rig = await startedRig()
    rig.store.actions.session.setConfig({ n: 16, maxRounds: 12 })
    const id = await begin(rig)
    await over(rig, id)
    const { events } = rig.run(id)
    expect(events.length).toBeGreaterThan(500)
    for (const cursor of [0, 1, 199, 200, 201, 450, 400, 399, events.length, 7, -3, events.length + 9]) {
      rig.store.actions.runs.seek(id, cursor)
      const run = rig.run(id)
      expect(run.cursor).toBe(Math.max(0, Math.min(cursor, events.length)))
      expect(run.tree).toEqual(replay(run, run.cursor))
    }
    await rig.store.dispose()
  })

  it('jumps by rounds', async () => {
    const rig = await startedRig()
    const { runs } = rig.store.actions
    const id = await begin(rig)
    await over(rig, id)
    const cursors: number[] = []
    runs.seekRound(id, 1)
    cursors.push(rig.run(id).cursor)
    runs.stepRound(id, 1)
    cursors.push(rig.run(id).cursor)
    runs.stepBy(id, 3)
    runs.stepRound(id, -1)
    cursors.push(rig.run(id).cursor)
    runs.stepRound(id, -1)
    cursors.push(rig.run(id).cursor)
    // started, then rounds of 4 proposed + 4 scored + 4 decided.
    expect(cursors).toEqual([2, 14, 14, 2])
    await rig.store.dispose()
  })

  it('plays from the start to the end by itself', async () => {
    const rig = await startedRig()
    rig.store.actions.preferences.set({ pace: 200 })
    const id = await begin(rig)
    await over(rig, id)
    const cursors = new Set<number>()
    rig.store.subscribe(({ runs }) => cursors.add(runs.byId[id]?.cursor ?? -1))
    rig.store.actions.runs.play(id)
    expect(rig.run(id)).toMatchObject({ cursor: 0, playing: true })
    await rig.until(({ runs }) => runs.byId[id]?.playing === false)
    expect(rig.run(id).cursor).toBe(rig.run(id).events.length)
    expect(cursors.size).toBeGreaterThan(3)
    expect([...cursors]).toEqual([...cursors].sort((a, b) => a - b))
    await rig.store.dispose()
  })
})

describe('a search that is run again', () => {
  it('is known as the same, until it has another seed, which the setup then shows', async () => {
    const rig = await startedRig()
    const first = await begin(rig)
    await over(rig, first)
    const known = (id: string | null) => sameSearch(rig.run(id), rig.state().runs.byId)?.id ?? null
    expect(known(first)).toBeNull()
    const again = await rig.store.actions.runs.startAgain(first)
    await over(rig, again ?? '')
    expect(known(again)).toBe(first)
    const other = await rig.store.actions.runs.startAgain(first, { anotherSeed: true })
    await over(rig, other ?? '')
    expect(rig.run(other).setup.seed).not.toBe(rig.run(first).setup.seed)
    expect(rig.state().session.seed).toBe(rig.run(other).setup.seed)
    expect(known(other)).toBeNull()
    await rig.store.dispose()
  })
})

describe('exact labels', () => {
  it('come for every node once truth is revealed', async () => {
    const rig = await startedRig()
    const id = await begin(rig)
    await over(rig, id)
    expect(rig.run(id).labels).toEqual({})
    rig.store.actions.preferences.set({ revealTruth: true })
    await rig.until(({ runs }) => Object.keys(runs.byId[id]?.labels ?? {}).length === 13)
    expect(rig.run(id).labels[0]).toMatchObject({ valid: true, reachable: true, label: 1 })
    expect(rig.run(id).labels[1]).toMatchObject({ valid: false, label: 0 })
    await rig.store.dispose()
  })
})

describe('saved work', () => {
  it('is there after a reload: the last run as it was seen, the session, the list', async () => {
    const first = await startedRig()
    first.store.actions.session.setProblem('1 2 3 > 6')
    const id = await begin(first)
    await over(first, id)
    const { events } = first.run(id)
    await first.store.actions.runs.rename(id, 'My run')
    first.store.actions.runs.seek(id, 9)
    first.store.actions.runs.select(id, 2)
    await first.store.dispose()

    const second = storeRig({ indexedDB: first.indexedDB, tab: 'second' })
    await second.ready()
    expect(second.active()).toMatchObject({
      id,
      title: 'My run',
      source: 'saved',
      status: 'finished',
      events,
      cursor: 9,
      selected: 2,
    })
    expect(second.state().session).toMatchObject({ problemText: '1 2 3 > 6', config: { n: 4, m: 2 } })
    expect(second.state().history.runs).toMatchObject([
      { id, title: 'My run', events: events.length, answer: '0', correct: false },
    ])
    await second.store.dispose()
  })

  it('survives a crash in the middle of a run, which can be started again', async () => {
    const first = await startedRig()
    const id = await begin(first, true)
    for (let count = 1; count <= 6; count += 1) {
      first.store.actions.runs.stepLive(id)
      await first.until((state) => state.runs.byId[id]?.events.length === count)
    }
    // As it stands in the database.
    await first.until(({ history }) => history.runs.some((run) => run.id === id && run.events === 6))
    first.vanish()

    const second = storeRig({ indexedDB: first.indexedDB, tab: 'second' })
    await second.ready()
    const saved = second.state().history.runs[0]
    expect(saved).toMatchObject({ id, status: 'interrupted', events: 6 })
    await second.store.actions.history.open(id)
    expect(second.active().events).toHaveLength(6)
    const again = await second.store.actions.runs.startAgain(id)
    if (again === null) throw new Error('it did not start')
    await over(second, again)
    expect(second.run(again).setup).toEqual(second.run(id).setup)
    expect(second.run(again).events.slice(0, 6)).toEqual(second.run(id).events)
    await second.store.dispose()
  })

  it('of a tab that is still open is not called interrupted', async () => {
    const first = await startedRig()
    const id = await begin(first, true)
    await first.until(({ history }) => history.runs.some((run) => run.id === id))
    const second = storeRig({ indexedDB: first.indexedDB, tab: 'second', aliveTabs: ['tab'] })
    await second.ready()
    expect(second.state().history.runs[0]).toMatchObject({ id, status: 'paused' })
    await second.store.dispose()
    await first.store.dispose()
  })

  it('is deleted with undo, and found by words', async () => {
    const rig = await startedRig()
    const id = await begin(rig)
    await over(rig, id)
    rig.store.actions.session.setProblem('9 8 7 > 10')
    const other = await begin(rig)
    await over(rig, other)
    await rig.until(({ history }) => history.runs.length === 2)
    rig.store.actions.history.search('9 8 beam')
    expect(rig.state().history.runs.map((run) => run.id)).toEqual([other])
    rig.store.actions.history.search('')
    await rig.store.actions.history.remove(id)
    expect(rig.state().history.runs.map((run) => run.id)).toEqual([other])
    const notice = rig.state().notices.at(-1)
    expect(notice?.action).toEqual({ label: 'Undo', kind: 'undo' })
    await rig.store.actions.notices.undo(notice?.id ?? '')
    expect(
      rig
        .state()
        .history.runs.map((run) => run.id)
        .sort(),
    ).toEqual([id, other].sort())
    await rig.store.dispose()
  })

  it('is told where a chosen run file cannot be read any more, or is far too large', async () => {
    const rig = await startedRig()
    const { importFile } = rig.store.actions.runs
    const gone = { size: 10, text: () => Promise.reject(new DOMException('Permission problems', 'NotReadableError')) }
    expect(await importFile('gone.json', gone)).toBeNull()
    const { error } = rig.state().notices.at(-1) ?? {}
    expect(error).toMatchObject({
      message: expect.stringContaining('since it was chosen'),
      place: { file: 'gone.json' },
    })
    expect(await importFile('huge.json', { size: 1e12, text: () => Promise.resolve('') })).toBeNull()
    expect(rig.state().notices.at(-1)?.error?.message).toContain('too large')
    await rig.store.dispose()
  })

  it('is given up with one message where the browser refuses storage', async () => {
    const rig = await startedRig({
      dependencies: {
        openStorage: () => Promise.reject(new StepscopeError({ code: 'storage', message: 'No saving here.' })),
      },
    })
    const id = await begin(rig)
    await over(rig, id)
    expect(rig.run(id).status).toBe('finished')
    expect(rig.state().history).toMatchObject({ status: 'unavailable', error: { code: 'storage' } })
    expect(rig.state().notices.filter(({ error }) => error?.code === 'storage')).toHaveLength(1)
    await rig.store.dispose()
  })
})

describe('files and links', () => {
  it('an exported run opens again as the same picture', async () => {
    const rig = await startedRig()
    const id = await begin(rig)
    await over(rig, id)
    rig.store.actions.runs.seek(id, 9)
    rig.store.actions.runs.select(id, 2)
    const file = rig.store.actions.runs.exportFile(id)
    expect(file?.name).toBe('4-3-6-8-40-Beam-search.stepscope.json')
    const other = storeRig()
    await other.ready()
    const opened = await other.store.actions.runs.importFile('a.json', file?.text ?? '')
    const before = rig.run(id)
    expect(other.run(opened)).toEqual({ ...before, id: opened, source: 'file', labels: {} })
    expect(other.state().session.config).toMatchObject(small)
    await rig.store.dispose()
    await other.store.dispose()
  })

  it('a bad file changes nothing and says what is wrong where', async () => {
    const rig = await startedRig()
    const id = await begin(rig)
    await over(rig, id)
    const before = rig.state()
    const text = rig.store.actions.runs.exportFile(id)?.text ?? ''
    expect(await rig.store.actions.runs.importFile('old.json', text.replace('"version": 1', '"version": 7'))).toBeNull()
    expect(await rig.store.actions.runs.importFile('cut.json', text.slice(0, 300))).toBeNull()
    const other = text.replaceAll('"task": "countdown"', '"task": "chess"')
    expect(await rig.store.actions.runs.importFile('other.json', other)).toBeNull()
    const { runs, session, notices } = rig.state()
    expect([runs, session]).toEqual([before.runs, before.session])
    expect(notices.at(-1)?.error).toMatchObject({ found: 'chess', place: { file: 'other.json', field: 'setup.task' } })
    expect(notices.slice(-3, -1).map(({ error }) => [error?.code, error?.place])).toEqual([
      ['wrong-version', { file: 'old.json', field: 'version' }],
      ['bad-file', { file: 'cut.json', line: text.slice(0, 300).split('\n').length }],
    ])
    await rig.store.dispose()
  })

  it('a link reproduces session, comparison and the selected event', async () => {
    const rig = await startedRig()
    const { session, compare, runs, link } = rig.store.actions
    session.setProblem('2 3 4 > 24')
    session.setSeed(12)
    compare.add('lookahead')
    compare.setConfig(2, { lookahead: 2 })
    const id = await begin(rig)
    await over(rig, id)
    runs.seek(id, 11)
    runs.select(id, 3)
    const hash = link.hash()

    const other = storeRig()
    await other.store.start(hash)
    expect(other.state()).toMatchObject({
      link: { carrying: true, ask: { event: 11, node: 3 } },
      runs: { active: null },
    })
    expect(other.state().session).toMatchObject({ problemText: '2 3 4 > 24', seed: 12 })
    await other.store.actions.link.run()
    await other.until((state) => state.runs.byId[state.runs.active ?? '']?.cursor === 11)
    await other.until((state) => !state.link.carrying)
    expect(other.active()).toMatchObject({ setup: rig.run(id).setup, selected: 3, following: false })
    expect(other.state().compare.entries.map(({ strategy, config }) => [strategy, config.lookahead])).toEqual([
      ['greedy-tree', 1],
      ['beam', 1],
      ['lookahead', 2],
    ])
    expect(other.store.actions.link.hash()).toBe(hash)
    await rig.store.dispose()
    await other.store.dispose()
  })

  it('a link of a search continued from a step reproduces the steps given', async () => {
    const rig = await startedRig()
    const id = await begin(rig)
    await over(rig, id)
    const child = await rig.store.actions.runs.continueFrom(id, 5)
    await over(rig, child ?? '')
    const { setup } = rig.run(child)
    expect(setup.prefix).toHaveLength(2)

    const other = storeRig()
    await other.store.start(rig.store.actions.link.hash())
    await other.store.actions.link.run()
    await other.until((state) => state.runs.byId[state.runs.active ?? '']?.status === 'finished')
    expect(other.active()?.setup).toEqual(setup)
    await rig.store.dispose()
    await other.store.dispose()
  })

  it('a bad link falls back with messages', async () => {
    const rig = storeRig()
    await rig.ready('#n=x&problem=1+2+%3E+3&policy=llama&task=chess')
    expect(rig.state().session.task).toBe('countdown')
    expect(rig.state().notices.map(({ error }) => error?.place?.field)).toEqual(expect.arrayContaining(['n', 'task']))
    expect(rig.state().session).toMatchObject({ problemText: '1 2 > 3', config: { n: 16 }, problem: { ok: false } })
    expect(rig.state().engine.policy.id).toBe('countdown-policy')
    expect(rig.state().notices.map(({ tone }) => tone)).toContain('warning')
    await rig.store.dispose()
  })
})

describe('side by side', () => {
  it('starts all strategies together and compares them at equal FLOPs', async () => {
    const rig = await startedRig()
    const { compare, session } = rig.store.actions
    session.setSeed(2)
    compare.setConfig(0, { n: 2, m: 2, maxRounds: 2 })
    compare.setConfig(1, { n: 6, m: 2, maxRounds: 2 })
    await compare.start()
    const ids = rig.state().compare.entries.map(({ run }) => run ?? '')
    await Promise.all(ids.map((id) => over(rig, id)))
    await rig.until(({ compare: { table } }) => table.length === 2 && table.every(({ answer }) => answer !== null))
    const { table, equalFlops } = rig.state().compare
    // Each proposal costs one FLOP on each model: 2 · 2 · 2 and 6 · 2 · 2.
    expect(table.map(({ flops }) => flops)).toEqual([8, 24])
    expect(equalFlops).toBe(8)
    expect(table.map(({ atEqualFlops }) => atEqualFlops)).toEqual([{ answer: '0', correct: true }, null])
    expect(table.map(({ savedTokens }) => savedTokens)).toEqual([8, 24])
    expect(rig.state().runs.active).toBeNull()

    compare.setLink('flops')
    compare.seek(0.5)
    const at = ids.map((id) => rig.run(id).tree.ledger)
    expect(at.map(({ policy, reward }) => policy.flops + reward.flops)).toEqual([8, 12])
    compare.setLink('share')
    compare.seek(0)
    expect(ids.map((id) => rig.run(id).cursor)).toEqual([0, 0])
    expectPlainData(rig)
    await rig.store.dispose()
  })

  it('loads the models of a column besides, once for columns that share them, and lets them go', async () => {
    const asked: ParamsOf<'load'>[] = []
    const rig = await startedRig({
      loader: {
        load: (params) => {
          asked.push(params)
          const beside = new Map((params.beside ?? []).map(({ key }) => [key, SYNTHETIC_ENGINE]))
          return Promise.resolve({ ...SYNTHETIC_ENGINE, beside })
        },
      },
    })
    const { compare, link } = rig.store.actions
    compare.setStrategy(0, 'beam')
    compare.setConfig(0, { n: 2, m: 2, maxRounds: 2 })
    compare.setConfig(1, { n: 2, m: 2, maxRounds: 2 })
    compare.add('beam')
    const orm = { kind: 'bundled', id: 'words-orm', name: 'Word problems ORM' } as const
    compare.setModel(1, 'reward', orm)
    compare.setModel(2, 'reward', orm)
    expect(link.hash()).toContain('prm%3Dwords-orm')
    await compare.start()
    const ids = rig.state().compare.entries.map(({ run }) => run ?? '')
    await Promise.all(ids.map((id) => over(rig, id)))
    expect(asked.at(-1)?.beside?.map(({ policy, reward }) => [policy.source.id, reward?.source.id])).toEqual([
      ['countdown-policy', 'words-orm'],
    ])
    expect(rig.state()).toMatchObject({ compare: { starting: false }, engine: { reward: { id: 'countdown-prm' } } })
    const loads = asked.length
    await compare.start()
    expect(asked).toHaveLength(loads)

    const other = storeRig()
    await other.ready(link.hash())
    expect(other.state().compare.entries.map(({ models }) => models)).toEqual([{}, { reward: orm }, { reward: orm }])
    expect(other.store.actions.link.hash()).toBe(link.hash())

    compare.undo()
    compare.undo()
    expect(rig.state().compare.entries.map(({ models }) => models)).toEqual([{}, {}, {}])
    compare.redo()
    expect(rig.state().compare.entries[1]?.models).toEqual({ reward: orm })
    compare.setModel(1, 'reward', undefined)
    await compare.start()
    expect(asked.at(-1)?.beside).toEqual([])
    expectPlainData(rig)
    await rig.store.dispose()
    await other.store.dispose()
  })

  it('runs nothing where the models of a column cannot be loaded, and says why', async () => {
    const rig = await startedRig({
      loader: {
        load: (params) =>
          params.beside?.length
            ? Promise.reject(new StepscopeError({ code: 'out-of-memory', message: 'There is no room.' }))
            : Promise.resolve({ ...SYNTHETIC_ENGINE }),
      },
    })
    const { compare } = rig.store.actions
    compare.setModel(0, 'policy', { kind: 'bundled', id: 'countdown-policy', name: 'P' })
    compare.setModel(0, 'reward', { kind: 'bundled', id: 'words-orm', name: 'O' })
    await compare.start()
    expect(rig.state()).toMatchObject({
      compare: { started: null, starting: false },
      engine: { phase: 'ready', beside: [] },
    })
    expect(rig.state().notices.at(-1)?.error).toMatchObject({ code: 'out-of-memory', message: 'There is no room.' })
    await rig.store.dispose()
  })

  it('tells of a model in a link that is not here, and takes that of the playground', async () => {
    const rig = storeRig()
    await rig.ready('#compare=beam,beam:policy=gone')
    expect(rig.state().compare.entries.map(({ models }) => models)).toEqual([{}, {}])
    expect(rig.state().notices.map(({ text }) => text)).toContain('The model “gone” is not in this browser')
    await rig.store.dispose()
  })

  it('holds two to four strategies', async () => {
    const rig = await startedRig()
    const { compare } = rig.store.actions
    compare.remove(0)
    expect(rig.state().compare.entries).toHaveLength(2)
    for (let count = 0; count < 4; count += 1) compare.add('sampling')
    expect(rig.state().compare.entries).toHaveLength(4)
    await rig.store.dispose()
  })
})

describe('the probe', () => {
  it('scores edited steps, estimates from them, and continues the search', async () => {
    const rig = await startedRig()
    const { probe } = rig.store.actions
    const id = await begin(rig)
    await over(rig, id)
    probe.open(id, 5)
    await rig.until((state) => state.probe.status === 'ready')
    expect(rig.state().probe.steps.map(({ text }) => text)).toEqual(['0+1=1', '0+2=2'])
    probe.editStep(1, '12+24=36\n')
    expect(rig.state().probe).toMatchObject({ firstEdit: 1, status: 'waiting' })
    await rig.until((state) => state.probe.status === 'ready')
    const { steps, original } = rig.state().probe
    expect(steps[1]).toMatchObject({ text: '12+24=36', score: 6 / 9, logprob: -4.5 })
    expect(original[1]?.text).toBe('0+2=2')
    expect(steps[1]?.label).toMatchObject({ valid: false })

    await probe.estimate(4)
    await rig.until((state) => state.probe.estimates[0]?.status === 'finished')
    const [estimate] = rig.state().probe.estimates
    expect(estimate).toMatchObject({ run: id, node: null, prefix: ['0+1=1\n', '12+24=36\n'], count: 4 })
    expect(rig.run(estimate?.id ?? null)).toMatchObject({
      setup: { strategy: 'sampling', prefix: ['0+1=1\n', '12+24=36\n'], config: { n: 4 } },
      parent: { run: id, node: 5 },
    })
    expect(rig.state().runs.active).toBe(id)
    await rig.until((state) => state.history.runs.length === 2)
    expect(new Map(rig.state().history.runs.map((run) => [run.id, run.purpose]))).toEqual(
      new Map([
        [id, 'search'],
        [estimate?.id, 'completions'],
      ]),
    )

    const child = await probe.continueSearch(0)
    expect(rig.active()).toMatchObject({
      id: child,
      setup: { strategy: 'beam', prefix: ['0+1=1\n'] },
      parent: { run: id },
    })
    await rig.store.dispose()
  })

  it('ends steps as the run’s policy does: a line end stays in a step that a blank line ends', async () => {
    const rig = await startedRig({
      search: async function* (setup, signal) {
        for await (const event of syntheticSearch(setup, signal)) {
          if (event.type === 'started') yield { ...event, policy: { ...event.policy, stepEnds: ['\n\n'] } }
          else yield event.type === 'proposed' ? { ...event, text: `so:\n${event.text}\n` } : event
        }
      },
    })
    const { probe } = rig.store.actions
    const id = await begin(rig)
    await over(rig, id)
    probe.open(id, 5)
    const texts = () => rig.state().probe.steps.map(({ text }) => text)
    expect(texts()).toEqual(['so:\n0+1=1', 'so:\n0+2=2'])
    probe.editStep(1, 'so:\n\n1+1=2 ')
    expect(texts()).toEqual(['so:\n0+1=1', 'so:\n1+1=2 '])
    probe.insertStep(2, 'x')
    await rig.until((state) => state.probe.status === 'ready')
    await probe.continueSearch()
    expect(rig.active().setup.prefix).toEqual(['so:\n0+1=1\n\n', 'so:\n1+1=2 \n\n', 'x\n\n'])
    await rig.store.dispose()
  })

  it('reads the path anew once other models are loaded, before and after an edit', async () => {
    const { reward } = SYNTHETIC_ENGINE
    let level = 0.25
    const scored = (): typeof reward => ({
      ...reward,
      info: { ...reward.info, hash: String(level) },
      score: async (requests) =>
        requests.map(({ steps }) => ({
          scores: steps.map(() => level),
          branch: { tokens: 0, handle: null },
          usage: { asked: 0, executed: 0, unique: 0, merged: 0, overrun: 0, flops: 0 },
        })),
    })
    const rig = await startedRig({ loader: { load: async () => ({ ...SYNTHETIC_ENGINE, reward: scored() }) } })
    const { probe } = rig.store.actions
    const id = await begin(rig)
    await over(rig, id)
    probe.open(id, 5)
    await rig.until((state) => state.probe.status === 'ready')
    probe.editStep(1, '12+24=36')
    await rig.until((state) => state.probe.status === 'ready')
    level = 0.75
    await rig.store.actions.engine.load()
    await rig.until((state) => state.probe.status === 'ready' && state.probe.steps[0]?.score === 0.75)
    const { steps, original } = rig.state().probe
    expect(steps.map(({ score }) => score)).toEqual([0.75, 0.75])
    expect(original.map(({ score, text }) => [score, text])).toEqual([
      [0.75, '0+1=1'],
      [0.75, '0+2=2'],
    ])
    await rig.store.dispose()
  })

  it('goes back to the original', async () => {
    const rig = await startedRig()
    const { probe } = rig.store.actions
    const id = await begin(rig)
    await over(rig, id)
    probe.open(id, 5)
    probe.insertStep(1, 'x')
    probe.removeStep(0)
    expect(rig.state().probe.steps.map(({ text }) => text)).toEqual(['x', '0+2=2'])
    probe.revert()
    await rig.until((state) => state.probe.status === 'ready')
    expect(rig.state().probe).toMatchObject({ firstEdit: null })
    expect(rig.state().probe.steps.map(({ text }) => text)).toEqual(['0+1=1', '0+2=2'])
    await rig.store.dispose()
  })
})

describe('the engine', () => {
  it('is loaded again after a crash; the run that was live is kept as interrupted', async () => {
    const rig = await startedRig()
    const id = await begin(rig, true)
    rig.store.actions.runs.stepLive(id)
    await rig.until((state) => state.runs.byId[id]?.events.length === 1)
    rig.ports[0]?.crash()
    expect(rig.run(id)).toMatchObject({ status: 'interrupted', error: { code: 'device-lost' } })
    await rig.until(({ engine }) => engine.phase === 'ready')
    expect(rig.ports).toHaveLength(2)
    expect(rig.run(id)).toMatchObject({ status: 'interrupted', events: [{ type: 'started' }] })
    const again = await rig.store.actions.runs.startAgain(id)
    await over(rig, again ?? '')
    expect(rig.run(again).status).toBe('finished')
    await rig.store.dispose()
  })

  it('searches that need no reward model run without one; others say what they need, also after a reload', async () => {
    const rig = await startedRig()
    await rig.store.actions.engine.dropReward()
    expect(rig.state().engine).toMatchObject({ phase: 'ready', reward: null })
    rig.store.actions.session.setStrategy('beam')
    expect(await rig.store.actions.runs.start()).toBeNull()
    expect(rig.state().notices.at(-1)?.error?.message).toMatch(/^Beam search needs a reward model/)
    rig.store.actions.session.setStrategy('sampling')
    const id = await rig.store.actions.runs.start()
    await over(rig, id ?? '')
    expect(rig.run(id).status).toBe('finished')
    expect(rig.store.actions.link.hash()).toContain('prm=none')
    await rig.store.dispose()
    const again = storeRig({ indexedDB: rig.indexedDB })
    await again.ready()
    expect(again.state().engine.reward).toBeNull()
    again.store.actions.link.apply('#prm=countdown-prm')
    expect(again.state().engine.reward).toMatchObject({ id: 'countdown-prm' })
    await again.store.dispose()
  })

  it('follows the task: its bundled models are chosen, unless the person chose others', async () => {
    const rig = await startedRig()
    const { session, engine, models, runs } = rig.store.actions
    const chosen = () => {
      const { policy, reward } = rig.state().engine
      return [policy.id, reward?.id ?? null]
    }
    const settled = () => rig.until((state) => state.engine.phase === 'ready')
    session.setTask('word-problems')
    expect(chosen()).toEqual(['words-policy', 'words-prm'])
    await settled()
    expect(rig.store.actions.link.hash()).not.toMatch(/policy=|prm=/)
    await models.chooseModel('reward', { kind: 'bundled', id: 'words-orm' })
    session.setTask('countdown')
    expect(chosen()).toEqual(['countdown-policy', 'countdown-prm'])
    await settled()
    await engine.dropReward()
    session.setTask('word-problems')
    expect(chosen()).toEqual(['words-policy', null])
    await settled()
    // No model for it comes with the app: what was chosen stays, and a run says what is missing.
    session.setTask('maths')
    session.setStrategy('greedy-decoding')
    session.setProblem('What is 2 + 3?')
    expect(chosen()).toEqual(['words-policy', null])
    expect(await runs.start()).toBeNull()
    expect(rig.state().notices.at(-1)?.error?.message).toBe(
      'Word problems policy was made for Word problems: choose a policy for Maths answers.',
    )
    await rig.store.dispose()
  })

  it('keeps what it had when other models cannot be loaded', async () => {
    let loads = 0
    const rig = await startedRig({
      loader: {
        load: () => {
          loads += 1
          if (loads > 1) {
            return Promise.reject(
              new StepscopeError({
                code: 'bad-checkpoint',
                message: 'A tensor is missing',
                place: { file: 'model.safetensors' },
              }),
            )
          }
          return Promise.resolve({
            ...SYNTHETIC_ENGINE,
          })
        },
        inspect: () =>
          Promise.resolve({
            family: 'llama',
            role: 'policy',
            parameters: 5,
            bytes: 20,
            manifest: {},
            missing: ['stepEnds'],
            chat: false,
          }),
      },
    })
    const { models } = rig.store.actions
    await models.openFolder('my-model', [])
    expect(rig.state().engine.folder).toMatchObject({ name: 'my-model', missing: ['stepEnds'] })
    await models.confirmFolder({})
    expect(rig.state().notices.at(-1)?.error?.message).toBe('Please fill in: stepEnds')
    await models.confirmFolder({ stepEnds: ['\n'] })
    expect(rig.state().engine).toMatchObject({
      phase: 'ready',
      policy: { id: 'countdown-policy' },
      error: { code: 'bad-checkpoint', place: { file: 'model.safetensors' } },
    })
    const id = await begin(rig)
    await over(rig, id)
    expect(rig.run(id).status).toBe('finished')
    await rig.store.dispose()
  })

  it('is restarted where it does not hear that a search shall end; the models load when they are needed', async () => {
    const rig = await startedRig()
    const before = await begin(rig)
    await over(rig, before)
    const id = await begin(rig, true)
    const [port] = rig.ports
    if (port) port.hung = true
    rig.store.actions.runs.cancel(id)
    await rig.until(({ engine }) => engine.phase === 'lost')
    expect(port?.terminated).toBe(true)
    expect(rig.run(id)).toMatchObject({ status: 'interrupted' })
    expect(rig.run(before).status).toBe('finished')
    expect(rig.state().notices.map(({ text }) => text)).toContain('The engine was restarted')
    expect(rig.ports).toHaveLength(1)
    const again = await rig.store.actions.runs.startAgain(id)
    await over(rig, again ?? '')
    expect(rig.run(again).status).toBe('finished')
    expect(rig.ports).toHaveLength(2)
    await rig.store.dispose()
  })

  it('waits for the person after a second loss', async () => {
    const rig = await startedRig()
    rig.ports[0]?.crash()
    await rig.until(({ engine }) => engine.phase === 'ready')
    rig.ports[1]?.crash()
    expect(rig.state().engine.phase).toBe('lost')
    expect(rig.state().notices.at(-1)?.text).toContain('wait for you')
    await rig.store.actions.engine.load()
    expect(rig.state().engine.phase).toBe('ready')
    await rig.store.dispose()
  })

  it('lists a folder that was loaded over a lost device', async () => {
    let loads = 0
    let answer = () => {}
    const rig = await startedRig({
      loader: {
        load: async () => {
          loads += 1
          // The first is the bundled models’; the second never ends, because its worker is gone.
          if (loads === 2) await new Promise<void>((resolve) => setTimeout(() => resolve(answer()), 0))
          if (loads === 2) await new Promise(() => {})
          return { ...SYNTHETIC_ENGINE }
        },
        inspect: () =>
          Promise.resolve({
            family: 'llama',
            role: 'policy',
            parameters: 5,
            bytes: 20,
            manifest: {},
            missing: [],
            chat: false,
          }),
      },
    })
    answer = () => rig.ports[0]?.crash()
    await rig.store.actions.models.openFolder('my-model', [])
    expect(rig.state().engine).toMatchObject({
      phase: 'ready',
      folder: null,
      policy: { kind: 'folder', id: 'my-model' },
    })
    expect(rig.state().engine.ownModels).toMatchObject([{ id: 'my-model', role: 'policy' }])
    await rig.store.dispose()
  })
})
