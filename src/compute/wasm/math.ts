import type { Helper } from './assembler/function-builder.ts'
import type { Value } from './assembler/values.ts'
import { f32x4, i32x4, v128 } from './assembler/vectors.ts'

const constants = (values: readonly number[]) => values.map((value) => f32x4.const(value))

/**
 * e^x of four floats, within 2 units in the last place; 0 below −87.3, and e^88.3 above that. The same bits on every machine. Method and
 * coefficients: `expf` of the Cephes library (S. Moshier).
 */
export const exp: Helper<readonly ['v128'], 'v128'> = {
  name: 'exp',
  parameters: ['v128'],
  result: 'v128',
  emit(f, [given]) {
    const x = f.local('v128', f32x4.pmin(given, f32x4.const(88.37)))
    const power = f.local('v128', f32x4.nearest(f32x4.mul(x, f32x4.const(Math.LOG2E))))
    f.set(x, f32x4.sub(x, f32x4.mul(power, f32x4.const(0.693359375))))
    f.set(x, f32x4.sub(x, f32x4.mul(power, f32x4.const(-2.1219444e-4))))
    const [first, ...others] = constants([
      1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
    ])
    const sum = f.local('v128', first as Value<'v128'>)
    for (const coefficient of others) f.set(sum, f32x4.add(f32x4.mul(sum, x), coefficient))
    f.set(sum, f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(x, x), sum), x), f32x4.const(1)))
    const scale = i32x4.shl(i32x4.add(i32x4.truncateF32x4S(power), i32x4.const(127)), 23)
    return v128.andNot(f32x4.mul(sum, scale), f32x4.lt(given, f32x4.const(-87.3)))
  },
}

/** x · sigmoid(x) of four floats. */
export const silu: Helper<readonly ['v128'], 'v128'> = {
  name: 'silu',
  parameters: ['v128'],
  result: 'v128',
  emit: (f, [x]) => f32x4.div(x, f32x4.add(f32x4.const(1), f.call(exp, f32x4.neg(x)))),
}

/** Four floats from halves in the low 16 bits of four lanes; exact, subnormal ones, too. Not for infinities. */
export const widenHalf: Helper<readonly ['v128'], 'v128'> = {
  name: 'widenHalf',
  parameters: ['v128'],
  result: 'v128',
  emit(f, [halves]) {
    const size = f.local('v128', i32x4.shl(v128.and(halves, i32x4.const(0x7fff)), 13))
    const normal = i32x4.add(size, i32x4.const(112 << 23))
    // With the smallest exponent of a half as a float's, what is above 1 is the subnormal number.
    const one = i32x4.const(113 << 23)
    const subnormal = f32x4.sub(i32x4.add(size, one), one)
    const isNormal = i32x4.gtU(size, i32x4.const((0x3ff << 13) | 0x1fff))
    const sign = i32x4.shl(v128.and(halves, i32x4.const(0x8000)), 16)
    return v128.or(v128.bitselect(normal, subnormal, isNormal), sign)
  },
}
