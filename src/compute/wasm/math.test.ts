import { expect, test } from 'vitest'
import { halfTable } from '../../core/half.ts'
import type { FunctionBuilder, Helper } from './assembler/function-builder.ts'
import { ModuleBuilder } from './assembler/module-builder.ts'
import type { Local } from './assembler/values.ts'
import { v128 } from './assembler/vectors.ts'
import { exp, silu, widenHalves } from './math.ts'

/** Runs a function of four lanes over all words of an array. */
function over(helper: Helper<readonly ['v128'], 'v128'>, words: Uint32Array): Float32Array {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(words.byteLength / 65536) })
  const builder = new ModuleBuilder({ shared: false })
  builder.function({ parameters: ['i32'], result: null, exported: 'main' }, (f, [end]) => {
    f.for(0, end, (at) => f.store('v128', at, f.call(helper, v128.load(at))), 16)
    return null
  })
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.bytes()), { env: { memory, table } })
  const view = new Uint32Array(memory.buffer, 0, words.length)
  view.set(words)
  ;(exports.main as (end: number) => void)(words.byteLength)
  return new Float32Array(memory.buffer, 0, words.length)
}

const floats = (length: number, value: (index: number) => number) => Float32Array.from({ length }, (_, i) => value(i))
const words = (values: Float32Array) => new Uint32Array(values.buffer)

test('exp is within 2 units in the last place', () => {
  const given = floats(40_000, (i) => -87.2 + (i * 175.5) / 40_000)
  const found = over(exp, words(given))
  let most = 0
  for (const [i, x] of given.entries()) {
    const expected = Math.exp(x)
    most = Math.max(most, Math.abs((found[i] as number) - expected) / expected)
  }
  expect(most).toBeLessThan(2 ** -22.5)
  const [zero, far, one, large, nan] = over(exp, words(Float32Array.of(-Infinity, -88, 0, 1e30, Number.NaN, 0, 0, 0)))
  expect([zero, far, one, nan]).toEqual([0, 0, 1, Number.NaN])
  expect(large).toBeGreaterThan(2e38)
})

test('silu is as close', () => {
  const given = floats(4000, (i) => -100 + i / 20)
  const found = over(silu, words(given))
  for (const [i, x] of given.entries()) {
    const expected = x / (1 + Math.exp(-x))
    expect(Math.abs((found[i] as number) - expected)).toBeLessThanOrEqual(Math.abs(expected) * 4e-7 + 1e-36)
  }
})

test('every finite half is widened exactly', () => {
  const halves = Uint32Array.from({ length: 65536 }, (_, half) => half).filter((half) => (half & 0x7c00) !== 0x7c00)
  const table = halfTable()
  const spread = halves.map((half) => ((half << 16) >> 16) >>> 0)
  const widen = {
    ...silu,
    name: 'widen',
    emit: (_: FunctionBuilder, [x]: [Local<'v128'>]) => widenHalves(x),
  } as typeof silu
  const found = over(widen, spread)
  expect(halves.findIndex((half, i) => !Object.is(found[i], table[half]))).toBe(-1)
})
