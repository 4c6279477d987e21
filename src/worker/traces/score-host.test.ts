import { expect, test } from 'vitest'
import { StepscopeError } from '../../core/errors.ts'
import type { OpenedReward } from '../engine-host.ts'
import type { ParamsOf } from '../protocol.ts'
import { RefCounted } from '../ref-counted.ts'
import type { RewardPart } from '../reward-part.ts'
import { ScoreHost } from './score-host.ts'

type Model = ParamsOf<'openScorer'>['model']

const modelOf = (id: string): Model => ({ source: { kind: 'bundled', id } })
const cancelled = () => new StepscopeError({ code: 'cancelled', message: 'It was cancelled' })
const never = new AbortController().signal

/** Opens models that know their names alone, and notes which are gone. */
function rig(wait: (signal: AbortSignal) => Promise<void> = () => Promise.resolve()) {
  const opened: string[] = []
  const gone: string[] = []
  const host = new ScoreHost(async ({ source }, signal): Promise<OpenedReward> => {
    opened.push(source.id)
    await wait(signal)
    const info = { id: source.id, hash: `hash of ${source.id}`, kind: 'process', aggregation: 'last' }
    const part = new RefCounted({ model: { info } } as unknown as RewardPart, () => gone.push(source.id))
    return { key: source.id, reading: 'At the step’s end', part }
  })
  return { host, opened, gone, describe: (id: string, signal = never) => host.describe({ model: modelOf(id) }, signal) }
}

test('two models are held; a third takes the place of the one that was used longest ago', async () => {
  const { host, opened, gone, describe } = rig()
  await describe('a')
  await describe('b')
  expect(await describe('a')).toMatchObject({ key: 'a', hash: 'hash of a', kind: 'process' })
  await describe('c')
  expect([opened, gone]).toEqual([['a', 'b', 'c'], ['b']])
  host.release()
  await Promise.resolve()
  expect(gone.toSorted()).toEqual(['a', 'b', 'c'])
})

test('a model that is let go of while somebody waits for it is held until they are done', async () => {
  const { host, gone, describe } = rig()
  const asked = describe('a')
  host.release()
  expect(await asked).toMatchObject({ key: 'a' })
  expect(gone).toEqual(['a'])
})

test('who waits for a model that another asked for gets it though the other leaves', async () => {
  const { opened, describe } = rig(
    (signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(cancelled()))
        if (signal === never) resolve()
      }),
  )
  const first = new AbortController()
  const left = describe('a', first.signal)
  const stays = describe('a')
  first.abort()
  await expect(left).rejects.toThrow('cancelled')
  expect(await stays).toMatchObject({ key: 'a' })
  expect(opened).toEqual(['a', 'a'])
})
