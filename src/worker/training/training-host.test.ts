import { describe, expect, it } from 'vitest'
import { toErrorDetails } from '../../core/errors.ts'
import { memoryFiles } from '../../engine/testing/memory-files.ts'
import { defaultRecipe } from '../../formats/training-recipe.ts'
import type { FromWorker, ModelSource, ParamsOf, TrainingSummary } from '../protocol.ts'
import { RefCounted } from '../ref-counted.ts'
import type { OpenBackend } from '../resident-models.ts'
import type { TrainedSource } from '../sources/trained.ts'
import { MemoryRunFolders } from './testing/memory-run-folders.ts'
import { scriptedTools } from './testing/scripted-tools.ts'
import { TrainingHost } from './training-host.ts'
import { localTrainingLocks } from './training-locks.ts'

/** Of the loaded models. */
const memory = { liveByPurpose: () => ({ weights: 1000 }) }
const never = new AbortController().signal
const sources = { model: { kind: 'bundled', id: 'm' }, reference: null, rewardModel: null } as const
const recipe = { ...defaultRecipe('sft', 'm'), steps: 12, saveEvery: 5, evaluateEvery: 4 }

function starting(id = 'a', change: Partial<ParamsOf<'startTraining'>> = {}): ParamsOf<'startTraining'> {
  const model = { kind: 'bundled', id: 'm', name: 'M' } as const
  const models = { model, reference: null, rewardModel: null }
  return { id, title: `Run ${id}`, recipe, models, sources, data: null, ...change }
}

/** A worker's host over files that outlive it. */
function rig(
  options: { folders?: MemoryRunFolders; locks?: ReturnType<typeof localTrainingLocks>; failAt?: number } = {},
) {
  const folders = options.folders ?? new MemoryRunFolders()
  const locks = options.locks ?? localTrainingLocks()
  const messages: FromWorker[] = []
  const heard = new Set<() => void>()
  let backends = 0
  let opened = 0
  const host = new TrainingHost({
    post: (message) => {
      messages.push(structuredClone(message))
      for (const listener of [...heard]) listener()
    },
    now: () => performance.now(),
    date: () => new Date().toISOString(),
    nextTask: () => new Promise((resolve) => setTimeout(resolve, 0)),
    later: (callback) => {
      const timer = setTimeout(callback, 0)
      return () => clearTimeout(timer)
    },
    sources: {
      identify: (source) => source,
      open: async () => {
        opened += 1
        return { files: memoryFiles({ 'config.json': { a: 1 } }), release: () => (opened -= 1) }
      },
    },
    folders: async () => folders,
    locks,
    tools: async () => scriptedTools(options.failAt === undefined ? {} : { failAt: options.failAt }),
  })
  const share = () => {
    backends += 1
    return new RefCounted({ backend: { memory } } as unknown as OpenBackend, () => {
      backends -= 1
    })
  }
  const until = (reached: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!reached()) return
        heard.delete(look)
        resolve()
      }
      heard.add(look)
      look()
    })
  const told = () => messages.flatMap((message) => (message.type === 'training' ? message.entries : []))
  const steps = () => told().flatMap(({ event }) => (event.type === 'step' ? [event.step] : []))
  const ended = async (): Promise<TrainingSummary> => {
    const find = () => messages.find((message) => message.type === 'trainingEnded')
    await until(() => find() !== undefined)
    const found = find()
    if (!found) throw new Error('no end')
    return found.summary
  }
  const state = (name: string) => messages.some((m) => m.type === 'trainingState' && m.state === name)
  return { host, folders, locks, messages, share, until, told, steps, ended, state, held: () => ({ backends, opened }) }
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'accepted',
    (error: unknown) => toErrorDetails(error).message,
  )
}

describe('a training run', () => {
  it('is told step by step, saved, exported, listed, and frees what it held', async () => {
    const { host, share, steps, ended, held, folders } = rig()
    const started = await host.start(starting(), share, never)
    expect(started).toMatchObject({ id: 'a', status: 'running', step: 0, savedStep: null })
    expect(started.estimate?.flopsPerStep).toBe(2e9)
    expect(host.bytes()).toEqual({ 'training weights': 3000, 'training moments': 8000 })
    expect(await ended()).toMatchObject({ status: 'finished', step: 12, savedStep: 12 })
    expect(host.bytes()).toEqual({})
    expect(steps()).toEqual(upTo(12))
    expect(held()).toEqual({ backends: 0, opened: 0 })
    const { runs } = await host.list()
    expect(runs).toMatchObject([{ id: 'a', status: 'finished', step: 12, savedStep: 12, elsewhere: false }])
    expect(runs[0]?.storedBytes).toBeGreaterThan(100)
    expect(await folders.part('a', 'model').list()).toEqual(['config.json', 'card.md'])
    // The log is what was told, without what is no number.
    const entries = await host.read('a')
    expect(entries.flatMap(({ event }) => (event.type === 'step' ? [event.step] : []))).toEqual(upTo(12))
    expect(entries.at(-1)?.event).toEqual({ type: 'ended', status: 'finished' })
    expect(JSON.stringify(entries)).not.toContain('odd')
  })

  it('pauses between two steps, goes on, and is saved where it is stopped', async () => {
    const { host, share, until, steps, state, ended } = rig()
    await host.start(starting(), share, never)
    await until(() => steps().length >= 2)
    host.pause('a')
    await until(() => state('paused'))
    const reached = steps().length
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(steps()).toHaveLength(reached)
    expect((await host.list()).runs[0]?.status).toBe('paused')
    host.resume('a')
    await until(() => steps().length > reached)
    await host.stop('a')
    const end = await ended()
    expect(end.status).toBe('stopped')
    expect(end.savedStep).toBe(end.step)
  })

  it('that was stopped, and whose saves are gone, says so', async () => {
    const { host, share, until, steps, ended, folders } = rig()
    await host.start(starting(), share, never)
    await until(() => steps().length >= 6)
    await host.stop('a')
    await ended()
    expect((await host.list()).runs).toMatchObject([{ status: 'stopped', savesGone: false }])
    for (const key of [...folders.files.keys()]) if (key.startsWith('a/save/')) folders.files.delete(key)
    expect((await host.list()).runs).toMatchObject([{ status: 'stopped', savedStep: null, savesGone: true }])
  })

  it('is not started beside another one, nor with a batch that does not fit', async () => {
    const { host, share, held, ended, folders } = rig()
    await host.start(starting('a'), share, never)
    expect(await refusal(host.start(starting('b'), share, never))).toMatch(/“Run a” is being trained/)
    await ended()
    const before = held()
    const large = { ...recipe, batch: 200_000 }
    expect(await refusal(host.start(starting('c', { recipe: large }), share, never))).toMatch(/does not fit/)
    expect(held()).toEqual(before)
    expect(await folders.ids()).toEqual(['a'])
  })

  it('that is under way in another tab is left alone', async () => {
    const first = rig()
    await first.host.start(starting(), first.share, never)
    const second = rig({ folders: first.folders, locks: first.locks })
    expect((await second.host.list()).runs).toMatchObject([{ status: 'running', elsewhere: true }])
    expect(await refusal(second.host.continue({ id: 'a', sources }, second.share, never))).toMatch(
      /“Run a” is being trained/,
    )
    expect(await refusal(second.host.remove('a'))).toMatch(/“Run a” is being trained/)
    await first.ended()
  })
})

describe('a run whose worker died', () => {
  it('goes on from its last save, in a log that tells what the weights have seen', async () => {
    const first = rig()
    await first.host.start(starting(), first.share, never)
    await first.until(() => first.steps().length >= 7)
    // The worker is gone: its locks with it, its log cut in a line.
    const folders = new MemoryRunFolders()
    for (const [path, bytes] of first.folders.files) folders.files.set(path, bytes)
    const log = folders.files.get('a/notes/log.jsonl') ?? new Uint8Array(0)
    folders.files.set('a/notes/log.jsonl', log.slice(0, -9))

    const second = rig({ folders })
    expect((await second.host.list()).runs).toMatchObject([{ status: 'interrupted', savedStep: 5 }])
    const summary = await second.host.continue({ id: 'a', sources }, second.share, never)
    expect(summary).toMatchObject({ status: 'running', step: 5, savedStep: 5 })
    expect(await second.ended()).toMatchObject({ status: 'finished', step: 12, savedStep: 12 })
    expect(second.steps()).toEqual(upTo(12, 6))
    const starts = (await second.host.read('a')).flatMap(({ event }) => (event.type === 'started' ? [event.step] : []))
    expect(starts).toEqual([1, 6])
    await first.host.dispose()
  })

  it('or that failed keeps its save, which can be branched with other settings', async () => {
    const { host, share, ended, folders } = rig({ failAt: 8 })
    await host.start(starting(), share, never)
    expect(await ended()).toMatchObject({ status: 'failed', step: 7, savedStep: 5 })
    const [last] = (await host.read('a')).slice(-1)
    expect(last?.event).toMatchObject({ type: 'ended', status: 'failed', error: { code: 'bad-setting' } })

    const other = rig({ folders })
    const slower = { ...recipe, optimizer: { ...recipe.optimizer, learningRate: 1e-5 } }
    const made = { from: 'a', id: 'b', title: 'Run b', recipe: slower, sources, data: null }
    expect(await other.host.branch(made, other.share, never)).toMatchObject({ parent: { id: 'a', step: 5 }, step: 5 })
    expect(await other.ended()).toMatchObject({ id: 'b', status: 'finished', step: 12 })
    expect(other.steps()).toEqual(upTo(12, 6))
    const past = (await other.host.read('b')).flatMap(({ event }) => (event.type === 'step' ? [event.step] : []))
    expect(past).toEqual(upTo(12))
    expect((await other.host.list()).runs.map(({ id, savedStep }) => [id, savedStep])).toEqual([
      ['a', 5],
      ['b', 12],
    ])
  })
})

describe('a trained model', () => {
  const source: TrainedSource<ModelSource> = { kind: 'trained', id: 'a', step: 5, base: { kind: 'bundled', id: 'm' } }
  const card = async (files: Awaited<ReturnType<TrainingHost['open']>>) =>
    new TextDecoder().decode(await files.read('card.md', 0, 1000))

  it('is the last save, also between two steps of a run under way', async () => {
    const { host, share, until, told, ended } = rig()
    await host.start(starting(), share, never)
    expect(await refusal(host.open(source, never))).toMatch(/not been saved/)
    await until(() => told().some(({ event }) => event.type === 'saved'))
    expect(await card(await host.open(source, never))).toBe('# Step 5\n')
    await ended()
    expect(await card(await host.open(source, never))).toBe('# Step 12\n')
    const { step, files } = await host.export({ id: 'a', form: 'adapter', base: source.base }, never)
    expect(step).toBe(12)
    expect(files.map(({ name }) => name)).toEqual(['card.md'])
  })

  it('is not offered where the browser has deleted its files', async () => {
    const { host, share, ended, folders } = rig()
    await host.start(starting(), share, never)
    await ended()
    await folders.part('a', 'save').remove('state.json')
    expect((await host.list()).runs).toMatchObject([{ status: 'finished', savedStep: null }])
    expect(await refusal(host.open(source, never))).toMatch(/not been saved/)
  })

  it('goes with its run', async () => {
    const { host, share, ended, folders } = rig()
    await host.start(starting('a', { data: { id: 1, name: 'mine.jsonl', blob: new Blob(['{}\n{}']) } }), share, never)
    await ended()
    await host.remove('a')
    expect(folders.files.size).toBe(0)
    expect(await host.list()).toEqual({ runs: [], unreadable: [] })
  })
})
