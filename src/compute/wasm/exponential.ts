import type { FunctionBuilder } from './assembler/function-builder.ts'
import type { Value } from './assembler/values.ts'
import { f32x4, i32x4, v128 } from './assembler/vectors.ts'
import type { MultiplyAdd } from './wasm-kernel.ts'

/** Below it, results would be smaller than normal numbers, which are slow; they are 0. */
const LEAST = -87.33
/** Above 88.3 the result may be infinite; above this it is. */
const MOST = 89
/** ln 2 in two parts: multiples of the first by a power's exponent are exact. */
const LN_2_HIGH = 0.693145751953125
const LN_2_LOW = Math.LN2 - LN_2_HIGH
/**
 * 1.5 · 2^23 + 127: a small number added to it is rounded to the nearest integer, which then stands in the lowest bits, so that
 * a shift by 23 makes it the exponent of a float.
 */
const TO_EXPONENT = 12583039
/** (e^r − 1 − r) / r², its error weighed as it enters e^r smallest over |r| ≤ ln 2 / 2: 3e-9 of e^r. */
const QUOTIENT = [
  0.4999999403953552, 0.1666651964187622, 0.04166839271783829, 0.008368780836462975, 0.0013814467238262296,
]

/**
 * e^x in four lanes, within 1.1 ulp for −87.33 ≤ x ≤ 88.3. Exactly 1 at 0, 0 below, infinite above (a little early), NaN of NaN.
 * e^x = 2^n · e^r, with n the nearest integer to x / ln 2 and a polynomial for e^r.
 */
export function exponential(f: FunctionBuilder, multiplyAdd: MultiplyAdd, x: Value<'v128'>): Value<'v128'> {
  const given = f.local('v128', x)
  const bounded = f.local('v128', f32x4.pmin(given, f32x4.const(MOST)))
  const power = f.local('v128', multiplyAdd(bounded, f32x4.const(Math.LOG2E), f32x4.const(TO_EXPONENT)))
  const n = f.local('v128', f32x4.sub(power, f32x4.const(TO_EXPONENT)))
  const coarse = multiplyAdd(n, f32x4.const(-LN_2_HIGH), bounded)
  const r = f.local('v128', multiplyAdd(n, f32x4.const(-LN_2_LOW), coarse))
  const quotient = f.local('v128', polynomial(multiplyAdd, QUOTIENT, r))
  const result = f32x4.add(multiplyAdd(quotient, f32x4.mul(r, r), r), f32x4.const(1))
  return v128.andNot(f32x4.mul(result, i32x4.shl(power, 23)), f32x4.lt(given, f32x4.const(LEAST)))
}

/** (log m − (m − 1) + (m − 1)²/2) / (m − 1)³ between √½ and √2 (Cephes, `logf`). */
const LOG_QUOTIENT = [
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.167699874e-1, -1.151461031e-1, 7.0376836292e-2,
]
/** Bits of √½: the exponents of numbers are counted from it. */
const ROOT_HALF_BITS = 0x3f3504f3
/** ln 2 as Cephes parts it: multiples of the first by an exponent are exact. */
const LN_2_COARSE = 0.693359375
const LN_2_REST = Math.LN2 - LN_2_COARSE

/**
 * log x in four lanes, within 1.5 ulp of numbers that are normal, positive and finite; NaN of NaN and of infinity. What it is
 * of others (zero, negative, below 1.2e-38) is not said.
 */
export function logarithm(f: FunctionBuilder, multiplyAdd: MultiplyAdd, x: Value<'v128'>): Value<'v128'> {
  const given = f.local('v128', x)
  const exponent = f.local('v128', i32x4.shrS(i32x4.sub(given, i32x4.const(ROOT_HALF_BITS)), 23))
  const n = f.local('v128', f32x4.convertI32x4S(exponent))
  const m = i32x4.sub(given, i32x4.shl(exponent, 23))
  const r = f.local('v128', f32x4.sub(m, f32x4.const(1)))
  const square = f.local('v128', f32x4.mul(r, r))
  const quotient = polynomial(multiplyAdd, LOG_QUOTIENT, r)
  const bent = f.local('v128', f32x4.mul(f32x4.mul(quotient, r), square))
  const low = f.local('v128', multiplyAdd(n, f32x4.const(LN_2_REST), bent))
  const small = f.local('v128', f32x4.add(multiplyAdd(square, f32x4.const(-0.5), low), r))
  return f32x4.add(multiplyAdd(n, f32x4.const(LN_2_COARSE), small), f32x4.sub(given, given))
}

/** Σ coefficients[i] · x^i, from the last one. */
function polynomial(multiplyAdd: MultiplyAdd, coefficients: readonly number[], x: Value<'v128'>): Value<'v128'> {
  const [first = 0, ...rest] = coefficients.toReversed()
  return rest.reduce((sum: Value<'v128'>, next) => multiplyAdd(sum, x, f32x4.const(next)), f32x4.const(first))
}
