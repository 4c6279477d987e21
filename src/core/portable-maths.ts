/**
 * Functions that have the same bits on every machine. `Math.exp` and its like differ from one browser, and from one version, to
 * the next by a unit in the last place; these are made of additions, multiplications and divisions alone, which do not.
 *
 * Methods and coefficients are those of FDLIBM 5.3 (e_exp.c, e_log.c, k_sin.c, k_cos.c, e_rem_pio2.c):
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
 */

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
/** Words of a number as they lie in memory. */
const [LOW, HIGH] = new Uint32Array(Float64Array.of(1).buffer)[1] === 0 ? [1, 0] : [0, 1]

const LN_2_HIGH = 0.6931471803691238
const LN_2_LOW = 1.9082149292705877e-10

/** e^x, within 1 unit in the last place. */
export function exp(x: number): number {
  if (!(x > -745.2)) return Number.isNaN(x) ? x : 0
  if (x > 709.79) return Number.POSITIVE_INFINITY
  const power = Math.round(x / Math.LN2)
  const high = x - power * LN_2_HIGH
  const low = power * LN_2_LOW
  const r = high - low
  const square = r * r
  const c =
    r -
    square *
      (0.16666666666666602 +
        square *
          (-0.0027777777777015593 +
            square * (0.00006613756321437934 + square * (-0.0000016533902205465252 + square * 4.1381367970572385e-8))))
  const result = 1 - (low - (r * c) / (2 - c) - high)
  // In two steps, so that neither factor leaves the range of normal numbers.
  const half = power >> 1
  return result * powerOfTwo(half) * powerOfTwo(power - half)
}

/** 2^n for −1022 ≤ n ≤ 1023. */
function powerOfTwo(n: number): number {
  words[LOW as number] = 0
  words[HIGH as number] = (1023 + n) << 20
  return double[0] as number
}

/** log x, within 1 unit in the last place. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  const small = x < 2.3e-308
  double[0] = small ? x * 2 ** 54 : x
  const top = words[HIGH as number] as number
  // The mantissa between √½ and √2, and the power of two that goes with it.
  const power = ((top + 0x95f62) >>> 20) - 1023
  words[HIGH as number] = top - (power << 20)
  const f = (double[0] as number) - 1
  const n = small ? power - 54 : power
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  const halfSquare = 0.5 * f * f
  return n * LN_2_HIGH - (halfSquare - (s * (halfSquare + even + odd) + n * LN_2_LOW) - f)
}

/** log(1 + x), accurate where x is small. */
export function log1p(x: number): number {
  const sum = 1 + x
  if (!Number.isFinite(sum) || sum <= 0) return log(sum)
  // What was lost when 1 was added.
  return log(sum) - (sum - 1 - x) / sum
}

/** x^n for a whole n ≥ 0. */
export function wholePower(x: number, n: number): number {
  let result = 1
  let square = x
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
    square *= square
  }
  return result
}

/** Largest angle whose quarter turns can be taken off exactly. */
const MOST_RADIANS = 1e6
/** π/2: its first 33 bits, the next 33, and the rest. */
const QUARTER_1 = 1.5707963267341256
const QUARTER_2 = 6.077100506303966e-11
const QUARTER_3 = 2.0222662487959506e-21

/** Cosine and sine of an angle of at most a million radians, within 1 unit in the last place. */
export function cosineAndSine(radians: number): readonly [cosine: number, sine: number] {
  if (!(Math.abs(radians) <= MOST_RADIANS)) throw new RangeError(`${radians} radians`)
  const quarters = Math.round(radians * (2 / Math.PI))
  const first = radians - quarters * QUARTER_1
  const second = quarters * QUARTER_2
  const rest = first - second
  const third = quarters * QUARTER_3 - (first - rest - second)
  const x = rest - third
  const tail = rest - x - third
  const z = x * x
  const sine = sineOf(x, z, tail)
  const cosine = cosineOf(x, z, tail)
  switch (quarters & 3) {
    case 0:
      return [cosine, sine]
    case 1:
      return [-sine, cosine]
    case 2:
      return [-cosine, -sine]
    default:
      return [sine, -cosine]
  }
}

function sineOf(x: number, z: number, tail: number): number {
  const cube = z * x
  const r =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))
  return x - (z * (0.5 * tail - cube * r) - tail - cube * -0.16666666666666632)
}

function cosineOf(x: number, z: number, tail: number): number {
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (0.00002480158728947673 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))))
  const half = 0.5 * z
  const most = 1 - half
  return most + (1 - most - half + (z * r - x * tail))
}
