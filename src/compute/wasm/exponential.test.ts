import { describe, expect, test } from 'vitest'
import type { FunctionBuilder } from './assembler/function-builder.ts'
import { ModuleBuilder } from './assembler/module-builder.ts'
import type { Value } from './assembler/values.ts'
import { f32x4, v128 } from './assembler/vectors.ts'
import { exponential, logarithm } from './exponential.ts'
import type { MultiplyAdd } from './wasm-kernel.ts'

const strict: MultiplyAdd = (a, b, c) => f32x4.add(f32x4.mul(a, b), c)

/** The function over many numbers at once. */
function overFloats(of: (f: FunctionBuilder, multiplyAdd: MultiplyAdd, x: Value<'v128'>) => Value<'v128'>) {
  const builder = new ModuleBuilder({ shared: false })
  builder.function({ parameters: ['i32'], result: null, exported: 'main' }, (f, [bytes]) => {
    f.for(0, bytes, (at) => f.store('v128', at, of(f, strict, v128.load(at))), 16)
    return null
  })
  const memory = new WebAssembly.Memory({ initial: 64 })
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  const module = new WebAssembly.Module(builder.bytes())
  const main = new WebAssembly.Instance(module, { env: { memory, table } }).exports.main as (bytes: number) => void
  return (numbers: Float32Array): Float32Array => {
    const floats = new Float32Array(memory.buffer)
    floats.set(numbers)
    main(numbers.byteLength)
    return floats.slice(0, numbers.length)
  }
}

/** Largest error in units of the last place of the true value. */
function worstUlps(found: Float32Array, x: Float32Array, truth: (x: number) => number): number {
  return found.reduce((worst, value, i) => {
    const wanted = truth(x[i] as number)
    const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(wanted)))) - 23)
    return Math.max(worst, Math.abs(value - wanted) / unit)
  }, 0)
}

function spread(from: number, to: number): Float32Array {
  return Float32Array.from({ length: 2 ** 20 }, (_, i) => from + ((to - from) * i) / 2 ** 20)
}

describe('e^x', () => {
  const exp = overFloats(exponential)

  test.each([
    [-87.33, 88.3],
    [-1, 1],
    [-1e-3, 1e-3],
  ])('is within 1.1 ulp from %d to %d', (from, to) => {
    const x = spread(from, to)
    expect(worstUlps(exp(x), x, Math.exp)).toBeLessThan(1.1)
  })

  test('is exact at 0, nothing far below, infinite far above, and no number of none', () => {
    const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number
    const x = Float32Array.of(0, -0, -88, -3e38, NEGATIVE_INFINITY, 89, 3e38, POSITIVE_INFINITY)
    expect([...exp(x)]).toEqual([1, 1, 0, 0, 0, POSITIVE_INFINITY, POSITIVE_INFINITY, POSITIVE_INFINITY])
    expect([...exp(Float32Array.of(Number.NaN, 0, 0, 0))]).toEqual([Number.NaN, 1, 1, 1])
  })
})

describe('log x', () => {
  const log = overFloats(logarithm)

  test.each([
    [0.5, 2],
    [0.999, 1.001],
    [1, 5000],
    [1.2e-38, 1e-36],
    [1e36, 3.4e38],
  ])('is within 1.5 ulp from %d to %d', (from, to) => {
    const x = spread(from, to)
    expect(worstUlps(log(x), x, Math.log)).toBeLessThan(1.5)
  })

  test('is 0 of 1, and no number of none and of infinity', () => {
    const x = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1)
    expect([...log(x)]).toEqual([0, Number.NaN, Number.NaN, 0])
  })
})
