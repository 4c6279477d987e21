import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readSave } from '../../training/run/saves.ts'
import { MemoryRunFolders } from './testing/memory-run-folders.ts'
import { readEntries } from './training-log.ts'
import { readRecord } from './training-record.ts'

it('a training run that the version before saved has its record, what it told and its save', async () => {
  const folders = new MemoryRunFolders()
  for (const part of ['notes', 'save'] as const) {
    const folder = `tests/fixtures/earlier/training/${part}`
    for (const name of readdirSync(folder)) {
      await folders.part('a', part).write(name, new Uint8Array(readFileSync(`${folder}/${name}`)))
    }
  }
  const notes = folders.part('a', 'notes')
  expect(await readRecord(notes)).toMatchObject({ id: 'a', status: 'stopped', savedStep: 3, parent: { step: 2 } })
  const entries = await readEntries(notes)
  expect(entries.map(({ event }) => event.type)).toEqual(['started', 'phase', 'evaluated', 'step', 'saved', 'ended'])
  const saved = await readSave(folders.part('a', 'save'))
  expect(saved?.manifest).toMatchObject({ step: 3, updates: 3, recipe: { method: { kind: 'low-rank', rank: 1 } } })
  expect(saved?.history.map(({ step }) => step)).toEqual([0, 1, 2, 3, 3])
  expect([...(saved?.weights.values() ?? [])].flatMap(({ data }) => [...data]).every(Number.isFinite)).toBe(true)
})
