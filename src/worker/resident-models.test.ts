import { expect, it } from 'vitest'
import type { Backend } from '../compute/backend.ts'
import { Activity } from '../engine/scheduler/activity.ts'
import type { ParamsOf } from './protocol.ts'
import { RefCounted } from './ref-counted.ts'
import { sameBackend } from './resident-models.ts'

type Asked = Pick<ParamsOf<'load'>, 'backend' | 'arithmetic'>

function kept(asked: Asked, found: Pick<Backend, 'kind' | 'software'>, now: Asked): boolean {
  const params = (of: Asked): ParamsOf<'load'> => ({
    ...of,
    policy: { source: { kind: 'bundled', id: 'p' } },
    reward: null,
  })
  const backend = new RefCounted({ backend: found as Backend, note: null, activity: new Activity() }, () => {})
  return sameBackend({ params: params(asked), backend }, params(now))
}

const card = { kind: 'webgpu', software: false } as const
const software = { kind: 'webgpu', software: true } as const
const wasm = { kind: 'wasm', software: true } as const

it.each([
  ['what was asked for again', { backend: 'auto' }, wasm, { backend: 'auto' }, true],
  ['a card, which auto takes as well', { backend: 'webgpu' }, card, { backend: 'auto' }, true],
  ['a software adapter, which auto does not take', { backend: 'webgpu' }, software, { backend: 'auto' }, false],
  ['a card, where strict is asked for', { backend: 'auto' }, card, { backend: 'auto', arithmetic: 'strict' }, false],
  ['WebAssembly that auto took', { backend: 'auto' }, wasm, { backend: 'wasm' }, true],
  ['WebAssembly, where a card may be there', { backend: 'wasm' }, wasm, { backend: 'auto' }, false],
  ['other arithmetic', { backend: 'wasm' }, wasm, { backend: 'wasm', arithmetic: 'fused' }, false],
  ['another backend', { backend: 'cpu' }, { kind: 'cpu', software: true }, { backend: 'auto' }, false],
] as const)('keeps %s or not', (_, asked, found, now, same) => {
  expect(kept(asked, found, now)).toBe(same)
})
