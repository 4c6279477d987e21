import { readdirSync, readFileSync } from 'node:fs'
import { IDBFactory } from 'fake-indexeddb'
import { expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { restoreDatabase } from '../../storage/testing/restore-database.ts'
import { storeRig } from '../testing/store-rig.ts'

/** A browser's database as version 0.1.0 left it, by an unexpected end of its tab. */
async function earlierBrowser(): Promise<IDBFactory> {
  const indexedDB = new IDBFactory()
  await restoreDatabase(indexedDB, DATABASE)
  return indexedDB
}

const DATABASE = readFileSync('tests/fixtures/earlier/indexeddb.json', 'utf8')

/** Events of a run as they stand in that database. */
function earlierEvents(run: string): unknown[] {
  const { stores } = JSON.parse(DATABASE) as {
    stores: { events: { rows: { run: string; first: number; events: unknown[] }[] } }
  }
  const chunks = stores.events.rows.filter((chunk) => chunk.run === run).sort((a, b) => a.first - b.first)
  return chunks.flatMap(({ events }) => events)
}

/** Settings that came later are at their defaults. */
function asNow(events: readonly unknown[]): unknown[] {
  return events.map((event) => {
    const { type, setup } = event as { type: string; setup: EarlierSetup }
    return type === 'started' ? { ...(event as object), setup: setupNow(setup) } : event
  })
}

interface EarlierSetup {
  readonly strategy: string
  readonly config: object
}

/** Best of N was one strategy, and has two names now. */
function setupNow(setup: EarlierSetup): EarlierSetup {
  const strategy = setup.strategy === 'best-of-n' ? 'best-of-n-prm' : setup.strategy
  return { ...setup, strategy, config: { ...DEFAULT_CONFIG, ...setup.config } }
}

it('saves of the version before are there: runs with every event, what was shown, the session', async () => {
  const rig = storeRig({ indexedDB: await earlierBrowser(), tab: 'tab-2' })
  await rig.ready()
  const { history, session, compare, training } = rig.state()
  const statuses = history.runs.map(({ status, events }) => `${status} ${events}`)
  expect(statuses.sort()).toEqual(
    [
      'cancelled 5',
      'failed 0',
      'failed 6',
      'finished 38',
      'finished 44',
      'finished 488',
      'finished 6',
      'interrupted 11',
      'interrupted 6',
    ].sort(),
  )
  expect(rig.active()).toMatchObject({ status: 'interrupted', selected: 2, source: 'saved' })
  expect(rig.active().events).toHaveLength(6)
  expect(session).toMatchObject({ problemText: '3 5 7 2 > 24', prefix: ['A 24\n'], config: { n: 4, m: 2 } })
  expect(compare.entries.map(({ strategy }) => strategy)).toEqual(['greedy-tree', 'beam', 'lookahead'])
  expect(training.draft.recipe.objective).toBe('sft')
  for (const { id, events } of history.runs) {
    await rig.store.actions.history.open(id)
    expect(rig.active()).toMatchObject({ id })
    expect(rig.active().events).toEqual(asNow(earlierEvents(id)))
    expect(rig.active().events).toHaveLength(events)
  }
  expect(rig.state().notices.filter(({ tone }) => tone !== 'info')).toEqual([])
  await rig.store.dispose()
})

it('run files of the version before are shown, and one whose tree is of another problem is refused', async () => {
  const rig = storeRig()
  await rig.ready()
  const { importFile } = rig.store.actions.runs
  const folder = 'tests/fixtures/earlier/runs'
  for (const name of readdirSync(folder)) {
    const text = readFileSync(`${folder}/${name}`, 'utf8')
    const { title, setup, events } = JSON.parse(text) as {
      title: string
      setup: EarlierSetup
      events: unknown[]
    }
    const id = await importFile(name, text)
    expect(rig.active(), name).toMatchObject({ id, source: 'file', setup: setupNow(setup) })
    expect(rig.active().events, name).toEqual(asNow(events))
    expect(rig.active().title.split(' · ')[0], name).toBe(title.split(' · ')[0])
  }
  const text = readFileSync(`${folder}/beam.stepscope.json`, 'utf8')
  expect(
    await importFile(
      'other.json',
      text.replaceAll('3 5 7 2 > 24', '3 5 7 2 > 17').replace('Q 3 5 7 2 > 17', 'Q 3 5 7 2 > 24'),
    ),
  ).toBeNull()
  expect(rig.state().notices.at(-1)?.error).toMatchObject({
    message: 'The tree is of another problem',
    place: { file: 'other.json', field: 'events[0].prompt' },
  })
  await rig.store.dispose()
})
