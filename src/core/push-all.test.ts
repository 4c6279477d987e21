import { expect, it } from 'vitest'
import { pushAll } from './push-all.ts'

it('appends a million items in their order', () => {
  const list = [-1]
  pushAll(
    list,
    new Uint32Array(1_000_000).map((_, index) => index),
  )
  expect(list).toHaveLength(1_000_001)
  expect([list[1], list.at(-1)]).toEqual([0, 999_999])
})
