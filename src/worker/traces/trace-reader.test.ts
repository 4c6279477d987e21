import { expect, it } from 'vitest'
import type { StreamedFile } from '../../core/chosen-file.ts'
import type { TracePage } from './page-of-traces.ts'
import { TraceReaders } from './trace-reader.ts'

const row = (id: string, more: object = {}) =>
  `${JSON.stringify({ id, problem: 'Wie groß ist x?', steps: ['a', 'b'], label: -1, ...more })}\n`

/** A file in pieces of 1,000 bytes, and how many of them were read. */
function file(text: string) {
  const bytes = new TextEncoder().encode(text)
  const told = { pieces: 0, ended: false }
  const read = () => {
    const from = told.pieces * 1000
    told.pieces += 1
    const value = bytes.slice(from, from + 1000)
    return Promise.resolve(value.length === 0 ? { done: true } : { done: false, value })
  }
  const cancel = () => {
    told.ended = true
    return Promise.resolve()
  }
  const given: StreamedFile = { name: 'bench.jsonl', stream: () => ({ getReader: () => ({ read, cancel }) }) }
  return { given, told, size: bytes.length }
}

async function all(readers: TraceReaders, id: string) {
  const pages: TracePage[] = []
  do pages.push(await readers.next(id))
  while (!pages.at(-1)?.last)
  return pages
}

it('a file comes in pages, each with what was read so far; after the last it is closed', async () => {
  const { given, size } = file(Array.from({ length: 1000 }, (_, at) => row(`${at}`)).join(''))
  const readers = new TraceReaders()
  readers.start('one', given)
  const pages = await all(readers, 'one')
  expect(pages.map(({ traces, rows, last }) => [traces.length, rows, last])).toEqual([
    [400, 400, false],
    [400, 800, false],
    [200, 1000, true],
  ])
  expect(pages.flatMap(({ traces }) => traces.map(({ id }) => Number(id)))).toEqual([...Array(1000).keys()])
  expect(pages[0]?.bytes).toBeLessThan(size)
  expect(pages[2]).toMatchObject({ bytes: size, formats: ['ProcessBench'] })
  await expect(readers.next('one')).rejects.toThrow('no file one is being read')
})

it('long texts make a page full before 400 traces do', async () => {
  const { given } = file(Array.from({ length: 3 }, (_, at) => row(`${at}`, { steps: ['x'.repeat(150_000)] })).join(''))
  const readers = new TraceReaders()
  readers.start('one', given)
  expect((await all(readers, 'one')).map(({ traces }) => traces.length)).toEqual([2, 1])
})

it('rows that cannot be read are told by line and field, and counted; the others come', async () => {
  const { given } = file(row('a') + row('b', { steps: 5 }) + row('c') + row('d', { label: 'no' }))
  const readers = new TraceReaders()
  readers.start('one', given)
  const [page] = await all(readers, 'one')
  expect(page).toMatchObject({
    rows: 4,
    left: 2,
    traces: [{ id: 'a' }, { id: 'c' }],
    bad: [{ place: { line: 2, field: 'steps' } }, { place: { line: 4, field: 'label' } }],
  })
})

it('of many rows that cannot be read the first are told, and all are counted', async () => {
  const readers = new TraceReaders()
  readers.start('one', file('{"text": "no trace"}\n'.repeat(3000)).given)
  const [page, ...more] = await all(readers, 'one')
  expect(more).toEqual([])
  expect(page).toMatchObject({ rows: 3000, left: 3000, traces: [], last: true })
  expect(page?.bad.map(({ place }) => place?.line)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
})

it('what is closed is read no further; another file in its place is read from its beginning', async () => {
  const long = file(Array.from({ length: 2000 }, (_, at) => row(`${at}`)).join(''))
  const readers = new TraceReaders()
  readers.start('one', long.given)
  await readers.next('one')
  readers.close('one')
  await expect(readers.next('one')).rejects.toThrow('no file one is being read')
  await expect.poll(() => long.told.ended).toBe(true)
  expect(long.told.pieces * 1000).toBeLessThan(long.size)

  const again = file(Array.from({ length: 2000 }, (_, at) => row(`${at}`)).join(''))
  readers.start('one', again.given)
  await readers.next('one')
  readers.start('one', file(row('other')).given)
  await expect.poll(() => again.told.ended).toBe(true)
  expect(await readers.next('one')).toMatchObject({ traces: [{ id: 'other' }], last: true })
})

it('a problem in a task’s notation gets the task’s exact labels, as long as the task can read all of the file', async () => {
  const countdown = { problem: '3 5 8 > 23', steps: ['3*5=15 : 8 15', '15+8=22 : 22'] }
  const { given } = file(row('a', countdown) + row('b') + row('c', countdown))
  const readers = new TraceReaders()
  readers.start('one', given)
  expect((await readers.next('one')).traces).toMatchObject([
    { asked: { task: 'countdown', problem: '3 5 8 > 23' }, exact: [1, 0] },
    { asked: null, exact: null },
    { asked: null, exact: null },
  ])
})
