import type { Helper } from './assembler/function-builder.ts'
import type { Value } from './assembler/values.ts'
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

/**
 * Four halves, each spread over 32 bits with its sign above, as floats. Moved to a float's place they are 2¹¹² times too small, the
 * subnormal ones too. Not for infinities.
 */
export function widenHalves(halves: Value<'v128'>): Value<'v128'> {
  return f32x4.mul(v128.and(i32x4.shl(halves, 13), i32x4.const(0x8fffe000)), f32x4.const(2 ** 112))
}
