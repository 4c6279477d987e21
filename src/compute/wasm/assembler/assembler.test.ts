import { describe, expect, test } from 'vitest'
import { atomicI32, atomicI64 } from './atomics.ts'
import type { FunctionBuilder, Helper, Locals } from './function-builder.ts'
import { ModuleBuilder } from './module-builder.ts'
import { f32, f64, i32, i64, select } from './scalars.ts'
import type { Value, ValueType } from './values.ts'
import { f32x4, f64x2, i8x16, i16x8, i32x4, shuffle32, v128 } from './vectors.ts'

/** Assembles one function, checks the bytes, and returns it with its memory. */
function assemble<const P extends readonly ValueType[]>(
  parameters: P,
  result: ValueType | null,
  emit: (f: FunctionBuilder, parameters: Locals<P>) => Value<ValueType> | null,
  shared = false,
) {
  const builder = new ModuleBuilder({ shared })
  builder.function({ parameters, result, exported: 'main' }, emit)
  const bytes = builder.bytes()
  expect(WebAssembly.validate(bytes)).toBe(true)
  const memory = shared
    ? new WebAssembly.Memory({ initial: 1, maximum: 2, shared })
    : new WebAssembly.Memory({ initial: 1 })
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, table } })
  return { main: exports.main as (...given: number[]) => number, memory }
}

describe('the assembler', () => {
  test.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 2 ** 31 - 1, -(2 ** 31)])(
    'writes the constant %i',
    (value) => {
      expect(assemble([], 'i32', () => i32.const(value)).main()).toBe(value)
    },
  )

  test('counts, branches and calls', () => {
    const square: Helper<readonly ['i32'], 'i32'> = {
      name: 'square',
      parameters: ['i32'],
      result: 'i32',
      emit: (_, [x]) => i32.mul(x, x),
    }
    const { main } = assemble(['i32', 'i32'], 'i32', (f, [from, to]) => {
      const sum = f.local('i32')
      f.for(
        from,
        to,
        (i) => {
          f.block((end) => {
            f.branch(end, i32.eq(i, 6))
            f.if(
              i32.and(i, 1),
              () => f.increase(sum, f.call(square, i)),
              () => f.increase(sum, 1),
            )
          })
        },
        3,
      )
      return sum
    })
    // 0, 3, 6 (left out), 9, 12
    expect(main(0, 15)).toBe(1 + 9 + 81 + 1)
    expect(main(5, 5)).toBe(0)
    expect(main(5, 4)).toBe(0)
  })

  test('computes with floats', () => {
    const { main } = assemble(['f32', 'f64'], 'f64', (f, [a, b]) => {
      const larger = f.local('f64', select(f64.gt(b, 2), b, f64.const(-2.5)))
      return f64.add(f64.promoteF32(f32.sqrt(f32.mul(a, 2))), f64.mul(larger, 3))
    })
    expect(main(8, 1)).toBe(4 - 7.5)
    expect(main(2, 3)).toBe(2 + 9)
  })

  test('loads, computes and stores vectors', () => {
    const { main, memory } = assemble(['i32'], null, (f, [at]) => {
      const x = f.local('v128', v128.load(at, 16))
      const y = f.local('v128', f32x4.add(f32x4.mul(x, f32x4.splat(2)), f32x4.const(1, 2, 3, 4)))
      f.store('v128', at, y, 64)
      f.store('f32', at, f32x4.extract(y, 2), 80)
      f.storeLane(at, y, 3, 84)
      f.store('v128', at, shuffle32(x, y, [3, 0, 7, 4]), 96)
      f.store('v128', at, i32x4.truncateF32x4S(y), 112)
      return null
    })
    const floats = new Float32Array(memory.buffer)
    floats.set([1, -2, 3, 4], 8)
    main(16)
    expect([...floats.subarray(20, 26)]).toEqual([3, -2, 9, 12, 9, 12])
    expect([...floats.subarray(28, 32)]).toEqual([4, 1, 12, 3])
    expect([...new Int32Array(memory.buffer, 128, 4)]).toEqual([3, -2, 9, 12])
  })

  test('computes with vectors of float64', () => {
    const { main } = assemble(['f64'], 'f64', (f, [x]) => {
      const pair = f.local('v128', f64x2.replace(f64x2.splat(x), 1, f64.const(1e-9)))
      const sum = f.local('v128', f64x2.add(f64x2.mul(pair, pair), f64x2.promoteLowF32x4(f32x4.const(1, 2))))
      return f64.add(f64x2.extract(sum, 0), f64x2.extract(sum, 1))
    })
    expect(main(1e5)).toBe(1e10 + 1 + (1e-18 + 2))
  })

  test('widens small integers', () => {
    const { main, memory } = assemble([], null, (f) => {
      const bytes = f.local('v128', v128.load64Zero(0))
      const halves = f.local('v128', i16x8.extendLowI8x16S(bytes))
      f.store('v128', 16, i32x4.extendLowI16x8S(halves))
      f.store('v128', 32, f32x4.convertI32x4S(i32x4.extendHighI16x8S(halves)))
      f.store('v128', 48, v128.load8x8U(0))
      f.store('v128', 64, i8x16.swizzle(bytes, i8x16.const(Array.from({ length: 16 }, (_, lane) => lane ^ 1))))
      f.store('v128', 80, i32x4.shrU(i32x4.splat(-16), 28))
      return null
    })
    new Int8Array(memory.buffer).set([1, -1, 127, -128, 5, -6, 7, 0])
    main()
    expect([...new Int32Array(memory.buffer, 16, 4)]).toEqual([1, -1, 127, -128])
    expect([...new Float32Array(memory.buffer, 32, 4)]).toEqual([5, -6, 7, 0])
    expect([...new Uint16Array(memory.buffer, 48, 8)]).toEqual([1, 255, 127, 128, 5, 250, 7, 0])
    expect([...new Int8Array(memory.buffer, 64, 4)]).toEqual([-1, 1, -128, 127])
    expect([...new Int32Array(memory.buffer, 80, 4)]).toEqual([15, 15, 15, 15])
  })

  test('fills, copies and counts on shared memory', () => {
    const { main, memory } = assemble(
      [],
      'i32',
      (f) => {
        f.copy(64, 0, 16)
        f.zero(4, 8)
        f.store8(0, 255)
        f.drop(atomicI32.add(128, 5))
        const before = f.local('i64', atomicI64.exchange(136, i64.shl(i64.const(7), 32)))
        const swapped = f.local('i64', atomicI64.compareExchange(136, i64.shl(i64.const(7), 32), 9))
        const waited = f.local('i32', atomicI32.wait(128, 4, 1e9))
        const ok = i32.and(i64.eq(before, 0), i64.eq(swapped, i64.shl(i64.const(7), 32)))
        return i32.add(i32.mul(atomicI32.load(128), 10), i32.add(ok, waited))
      },
      true,
    )
    new Uint32Array(memory.buffer).set([1, 2, 3, 4])
    expect(main()).toBe(52)
    expect([...new Uint32Array(memory.buffer, 0, 4)]).toEqual([255, 0, 0, 4])
    expect([...new Uint32Array(memory.buffer, 64, 4)]).toEqual([1, 2, 3, 4])
    expect(new Uint32Array(memory.buffer)[34]).toBe(9)
  })
})

test('functions go to their places in the table', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 300 })
  const builder = new ModuleBuilder({ shared: false })
  const signature = { parameters: ['i32'], result: 'i32' } as const
  const functions = [3, 4].map((by) => builder.function(signature, (_, [x]) => i32.mul(x, by)))
  const call = builder.function({ ...signature, exported: 'main' }, (f, [x]) =>
    f.callIndirect('i32', builder.typeIndex(signature), x, [x]),
  )
  expect(call).toBe(2)
  const module = new WebAssembly.Module(builder.bytes(functions, 200))
  const { exports } = new WebAssembly.Instance(module, { env: { memory, table } })
  const main = exports.main as (x: number) => number
  expect([main(200), main(201)]).toEqual([600, 804])
  expect(() => main(7)).toThrow(WebAssembly.RuntimeError)
})
