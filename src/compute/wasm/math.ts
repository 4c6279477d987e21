import type { Helper } from './assembler/function-builder.ts'
import { f32x4, i32x4, v128 } from './assembler/vectors.ts'
import { exponential } from './exponential.ts'

/** e^x of four floats in strict arithmetic, as `exponential`; e^88.3 above that. */
export const exp: Helper<readonly ['v128'], 'v128'> = {
  name: 'exp',
  parameters: ['v128'],
  result: 'v128',
  emit: (f, [x]) => exponential(f, (a, b, c) => f32x4.add(f32x4.mul(a, b), c), f32x4.pmin(x, f32x4.const(88.3))),
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
