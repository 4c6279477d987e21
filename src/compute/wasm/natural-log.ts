import type { FunctionBuilder, Helper } from './assembler/function-builder.ts'
import { f64, i32, i64 } from './assembler/scalars.ts'
import type { Local, Value } from './assembler/values.ts'

const LN_2_HIGH = 0.6931471803691238
const LN_2_LOW = 1.9082149292705877e-10
/** Of even and of odd powers of s² in (log(1 + s) − log(1 − s)) / s − 2. */
const EVEN = [0.3999999999940942, 0.22222198432149784, 0.15313837699209373]
const ODD = [0.6666666666666735, 0.2857142874366239, 0.1818357216161805, 0.14798198605116586]

/**
 * Natural logarithm in 64 bits of a positive normal number; infinity of infinity, NaN of NaN. As fdlibm's `__ieee754_log`, operation by operation:
 * engines that use it for `Math.log`, such as V8, give the same bits, so a sampled token is the reference's.
 */
export const naturalLog: Helper<readonly ['f64'], 'f64'> = {
  name: 'natural-log',
  parameters: ['f64'],
  result: 'f64',
  emit(f, [x]) {
    const result = f.local('f64', f64.add(x, x))
    const bits = f.local('i64', i64.reinterpretF64(x))
    const high = f.local('i32', i32.wrapI64(i64.shrU(bits, 32)))
    f.if(i32.ltS(high, 0x7ff00000), () => ofFinite(f, bits, high, result))
    return result
  },
}

function ofFinite(f: FunctionBuilder, bits: Local<'i64'>, high: Local<'i32'>, result: Local<'f64'>): void {
  // x = 2^k · (1 + a) with 1 + a between √½ and √2.
  const k = f.local('i32', i32.sub(i32.shrS(high, 20), 1023))
  const mantissa = f.local('i32', i32.and(high, 0xfffff))
  const over = f.local('i32', i32.and(i32.add(mantissa, 0x95f64), 0x100000))
  const upper = i64.shl(i64.extendI32U(i32.or(mantissa, i32.xor(over, 0x3ff00000))), 32)
  const a = f.local('f64', f64.sub(f64.reinterpretI64(i64.or(i64.and(bits, 0xffffffff), upper)), 1))
  f.set(k, i32.add(k, i32.shrS(over, 20)))
  const exponent = f.local('f64', f64.convertI32S(k))
  const highPart = f64.mul(exponent, LN_2_HIGH)
  const lowPart = f64.mul(exponent, LN_2_LOW)
  const rest = f.local('f64')
  f.if(
    i32.ltS(i32.and(i32.add(mantissa, 2), 0xfffff), 3),
    () => {
      // |a| < 2^-20
      f.set(rest, f64.mul(f64.mul(a, a), f64.sub(0.5, f64.mul(1 / 3, a))))
      f.set(rest, f64.sub(f64.sub(rest, lowPart), a))
    },
    () => {
      const s = f.local('f64', f64.div(a, f64.add(a, 2)))
      const z = f.local('f64', f64.mul(s, s))
      const w = f.local('f64', f64.mul(z, z))
      const r = f.local('f64', f64.add(f64.mul(z, polynomial(ODD, w)), f64.mul(w, polynomial(EVEN, w))))
      f.if(
        i32.gtS(i32.or(i32.sub(mantissa, 0x6147a), i32.sub(0x6b851, mantissa)), 0),
        () => {
          const half = f.local('f64', f64.mul(f64.mul(0.5, a), a))
          const inner = f64.add(f64.mul(s, f64.add(half, r)), lowPart)
          f.set(rest, f64.sub(f64.sub(half, inner), a))
        },
        () => f.set(rest, f64.sub(f64.sub(f64.mul(s, f64.sub(a, r)), lowPart), a)),
      )
    },
  )
  f.set(result, f64.sub(highPart, rest))
}

/** Σ coefficients[i] · x^i, from the last one. */
function polynomial(coefficients: readonly number[], x: Local<'f64'>): Value<'f64'> {
  const [first = 0, ...others] = coefficients.toReversed()
  return others.reduce((sum: Value<'f64'>, next) => f64.add(next, f64.mul(x, sum)), f64.const(first))
}
