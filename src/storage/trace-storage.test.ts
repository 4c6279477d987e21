import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import type { AppStorage } from './storage.ts'
import { openStorage } from './storage.ts'
import type { MadeLabels, Scorer, StoredTrace, TraceSet } from './stored-traces.ts'
import { restoreDatabase } from './testing/restore-database.ts'

const open = (indexedDB = new IDBFactory()): Promise<AppStorage> => openStorage({ indexedDB, IDBKeyRange })

const set: TraceSet = {
  id: 's',
  name: 'a.jsonl',
  source: 'file',
  formats: ['ProcessBench'],
  count: 3,
  left: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
}
const trace = (line: number): StoredTrace => ({
  id: null,
  problem: '2 + 2?',
  steps: ['It is 5.'],
  labels: null,
  firstError: 0,
  answer: null,
  correct: false,
  subset: null,
  generator: null,
  scores: null,
  origin: { format: 'process-bench', line, row: { label: 0, extra: [1] }, index: 0 },
  asked: null,
  exact: null,
})
const scorer: Scorer = {
  key: 'k',
  model: { kind: 'bundled', id: 'countdown-prm', name: 'Countdown' },
  hash: '0123456789abcdef',
  reading: 'At the step’s end',
  kind: 'process',
  aggregation: 'last',
  createdAt: '2026-01-01T00:00:00.000Z',
}
const label: MadeLabels = {
  set: 's',
  index: 2,
  kind: 'human',
  steps: [0],
  firstError: 0,
  runs: null,
  policy: null,
  at: '2026-01-01T00:00:00.000Z',
}

async function linesOf(storage: AppStorage, id: string): Promise<number[]> {
  const lines: number[] = []
  for await (const { traces } of storage.traces.readChunks(id)) lines.push(...traces.map(({ origin }) => origin.line))
  return lines
}

describe('traces', () => {
  it('come back in order with their rows, labels and scores, also after a reload', async () => {
    const indexedDB = new IDBFactory()
    const first = await open(indexedDB)
    await first.traces.writeChunk({ set: 's', first: 2, traces: [trace(3)] })
    await first.traces.writeChunk({ set: 's', first: 0, traces: [trace(1), trace(2)] })
    await first.traces.writeSet(set)
    await first.traces.writeLabels([label])
    await first.traces.writeScores(scorer, [{ scorer: 'k', set: 's', first: 0, scores: [[0.5], [0.25]] }])
    first.close()

    const { traces, close } = await open(indexedDB)
    expect(await traces.listSets()).toEqual([set])
    const found: StoredTrace[] = []
    for await (const chunk of traces.readChunks('s')) found.push(...chunk.traces)
    expect(found).toEqual([trace(1), trace(2), trace(3)])
    expect(await traces.readLabels()).toEqual([label])
    expect(await traces.listScorers()).toEqual([scorer])
    expect(await traces.readScores()).toEqual([{ scorer: 'k', set: 's', first: 0, scores: [[0.5], [0.25]] }])
    close()
  })

  it('go with all that is known of them, and no others do', async () => {
    const storage = await open()
    for (const id of ['s', 't']) {
      await storage.traces.writeChunk({ set: id, first: 0, traces: [trace(1)] })
      await storage.traces.writeSet({ ...set, id })
      await storage.traces.writeLabels([{ ...label, set: id }])
      await storage.traces.writeScores(scorer, [{ scorer: 'k', set: id, first: 0, scores: [[1]] }])
    }
    await storage.traces.deleteSets(['s'])
    expect((await storage.traces.listSets()).map(({ id }) => id)).toEqual(['t'])
    expect([await linesOf(storage, 's'), await linesOf(storage, 't')]).toEqual([[], [1]])
    expect((await storage.traces.readLabels()).map((one) => one.set)).toEqual(['t'])
    expect((await storage.traces.readScores()).map((one) => one.set)).toEqual(['t'])
    await storage.traces.deleteScorer('k')
    expect([await storage.traces.readScores(), await storage.traces.listScorers()]).toEqual([[], []])
    await storage.traces.deleteLabels([['t', 2, 'human']])
    expect(await storage.traces.readLabels()).toEqual([])
    storage.close()
  })

  it('of a file that was never read to its end are deleted', async () => {
    const storage = await open()
    await storage.traces.writeChunk({ set: 'half', first: 0, traces: [trace(1)] })
    await storage.traces.writeChunk({ set: 's', first: 0, traces: [trace(1)] })
    await storage.traces.writeSet(set)
    await storage.traces.deleteOrphans()
    expect([await linesOf(storage, 'half'), await linesOf(storage, 's')]).toEqual([[], [1]])
    storage.close()
  })

  it('find their tables in a database of a version that had none, and what was there stays', async () => {
    const indexedDB = new IDBFactory()
    const key = (name: string) => ({ name, keyPath: name })
    const stores = {
      runs: { keyPath: 'id', indexes: [key('createdAt'), key('status')], rows: [] },
      events: { keyPath: ['run', 'first'], indexes: [], rows: [] },
      models: { keyPath: 'id', indexes: [], rows: [] },
      settings: { keyPath: 'key', indexes: [], rows: [{ key: 'snapshot', value: 7 }] },
    }
    await restoreDatabase(indexedDB, JSON.stringify({ name: 'stepscope', version: 10, stores }))
    const storage = await open(indexedDB)
    expect(await storage.readSetting('snapshot')).toBe(7)
    await storage.traces.writeSet(set)
    expect(await storage.traces.listSets()).toEqual([set])
    storage.close()
  })
})
