import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readSave } from '../../training/run/saves.ts'
import { MemoryRunFolders } from './testing/memory-run-folders.ts'
import { readEntries } from './training-log.ts'
import { readRecord, writeRecord } from './training-record.ts'

async function earlierRun(): Promise<MemoryRunFolders> {
  const folders = new MemoryRunFolders()
  for (const part of ['notes', 'save'] as const) {
    const folder = `tests/fixtures/earlier/training/${part}`
    for (const name of readdirSync(folder)) {
      await folders.part('a', part).write(name, new Uint8Array(readFileSync(`${folder}/${name}`)))
    }
  }
  return folders
}

it('a training run that the version before saved has its record, what it told and its save', async () => {
  const folders = await earlierRun()
  const notes = folders.part('a', 'notes')
  expect(await readRecord(notes)).toMatchObject({ id: 'a', status: 'stopped', savedStep: 3, parent: { step: 2 } })
  const entries = await readEntries(notes)
  expect(entries.map(({ event }) => event.type)).toEqual(['started', 'phase', 'evaluated', 'step', 'saved', 'ended'])
  const saved = await readSave(folders.part('a', 'save'))
  expect(saved?.manifest).toMatchObject({ step: 3, updates: 3, recipe: { method: { kind: 'low-rank', rank: 1 } } })
  expect(saved?.history.map(({ step }) => step)).toEqual([0, 1, 2, 3, 3])
  expect([...(saved?.weights.values() ?? [])].flatMap(({ data }) => [...data]).every(Number.isFinite)).toBe(true)
})

it('a run whose title was its id has a name', async () => {
  const notes = (await earlierRun()).part('a', 'notes')
  const record = await readRecord(notes)
  await writeRecord(notes, {
    ...record,
    id: `${record.recipe.objective}-3fa2b1`,
    title: `${record.recipe.objective.toUpperCase()} 3fa2b1`,
  })
  expect((await readRecord(notes)).title).toMatch(/^[A-Z]+ of .+, \d+ \p{L}+ \d\d:\d\d$/u)
})

const encode = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

it.each([
  ['cut', '{"version": 1,', /^a\/notes\/run\.json, line 1: What was noted .* cannot be read: The file is not JSON/],
  [
    'a field of another kind',
    { step: 'x' },
    /^a\/notes\/run\.json, step: What was noted .* cannot be read: .*found "x"/,
  ],
  ['an unknown status', { status: 'lost' }, /^a\/notes\/run\.json, status: /],
])('a record that cannot be read says where: %s', async (_, change, message) => {
  const notes = (await earlierRun()).part('a', 'notes')
  const record = await readRecord(notes)
  await notes.write('run.json', encode(typeof change === 'string' ? change : { ...record, ...change }))
  await expect(readRecord(notes)).rejects.toThrow(message)
})

it.each<[string, (manifest: { step: number; files: Record<string, string> }) => unknown]>([
  ['of another step', (manifest) => ({ ...manifest, step: 4 })],
  ['of a step far away', (manifest) => ({ ...manifest, step: 1e9 })],
  ['without files', (manifest) => ({ ...manifest, files: {} })],
  ['without one file', ({ files: { 'save-00000003.history.json': _, ...files }, ...rest }) => ({ ...rest, files })],
])('a save whose manifest is %s is no save', async (_, change) => {
  const store = (await earlierRun()).part('a', 'save')
  const name = 'save-00000003.json'
  const manifest = JSON.parse(new TextDecoder().decode((await store.read(name)) ?? new Uint8Array()))
  await store.write(name, encode(change(manifest)))
  await expect(readSave(store)).rejects.toThrow(/^a\/save: No save of this run is whole/)
})

it('a model that was a local folder is a folder', async () => {
  const notes = (await earlierRun()).part('a', 'notes')
  const record = await readRecord(notes)
  const model = { kind: 'local', id: 'mine', name: 'mine' } as never
  await writeRecord(notes, { ...record, models: { ...record.models, model } })
  expect((await readRecord(notes)).models.model).toEqual({ kind: 'folder', id: 'mine', name: 'mine' })
})
