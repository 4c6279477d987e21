import { float32 } from './encoding.ts'
import { binary, load, memoryArgument, simd, unary } from './instructions.ts'
import type { Operand, Value, ValueType } from './values.ts'
import { operand } from './values.ts'

const one = (number: number) => unary('v128', 'v128', ...simd(number))
const two = (number: number) => binary('v128', 'v128', ...simd(number))
const vectorLoad = (number: number, align: number) => load('v128', align, ...simd(number))

function vector(code: readonly number[]): Value<'v128'> {
  return { type: 'v128', code }
}

function splat<T extends ValueType>(type: T, number: number) {
  return unary(type, 'v128', ...simd(number))
}

function shift(number: number) {
  return (a: Value<'v128'>, by: Operand<'i32'>) => vector([...a.code, ...operand('i32', by).code, ...simd(number)])
}

function extract<T extends ValueType>(type: T, number: number) {
  return (a: Value<'v128'>, lane: number): Value<T> => ({ type, code: [...a.code, ...simd(number), lane] })
}

function replace<T extends ValueType>(type: T, number: number) {
  return (a: Value<'v128'>, lane: number, value: Operand<T>) =>
    vector([...a.code, ...operand(type, value).code, ...simd(number), lane])
}

/** All 128 bits, whatever they mean. */
export const v128 = {
  load: vectorLoad(0, 4),
  /** Four equal 32-bit lanes. */
  load32Splat: vectorLoad(9, 2),
  load64Splat: vectorLoad(10, 3),
  load8Splat: vectorLoad(7, 0),
  load16Splat: vectorLoad(8, 1),
  /** The lowest lane from memory, zeros above. */
  load32Zero: vectorLoad(92, 2),
  load64Zero: vectorLoad(93, 3),
  /** 8 bytes from memory as eight 16-bit lanes; 8 bytes as four or two wider ones. */
  load8x8S: vectorLoad(1, 3),
  load8x8U: vectorLoad(2, 3),
  load16x4S: vectorLoad(3, 3),
  load16x4U: vectorLoad(4, 3),
  load32x2U: vectorLoad(6, 3),
  load32Lane: (address: Operand<'i32'>, a: Value<'v128'>, lane: number, offset = 0) =>
    vector([...operand('i32', address).code, ...a.code, ...simd(86), ...memoryArgument(2, offset), lane]),
  not: one(77),
  and: two(78),
  /** a and not b */
  andNot: two(79),
  or: two(80),
  xor: two(81),
  /** Bits of `a` where the mask has ones, of `b` elsewhere. */
  bitselect: (a: Value<'v128'>, b: Value<'v128'>, mask: Value<'v128'>) =>
    vector([...a.code, ...b.code, ...mask.code, ...simd(82)]),
  anyTrue: unary('v128', 'i32', ...simd(83)),
} as const

/** Four floats; comparisons give lanes of ones or zeros. */
export const f32x4 = {
  const: (a: number, b = a, c = a, d = a) => vector([...simd(12), ...[a, b, c, d].flatMap(float32)]),
  splat: splat('f32', 19),
  extract: extract('f32', 31),
  replace: replace('f32', 32),
  eq: two(65),
  ne: two(66),
  lt: two(67),
  gt: two(68),
  le: two(69),
  ge: two(70),
  ceil: one(103),
  floor: one(104),
  nearest: one(106),
  abs: one(224),
  neg: one(225),
  sqrt: one(227),
  add: two(228),
  sub: two(229),
  mul: two(230),
  div: two(231),
  min: two(232),
  max: two(233),
  /** b < a ? b : a, in one instruction on x86. */
  pmin: two(234),
  pmax: two(235),
  convertI32x4S: one(250),
  convertI32x4U: one(251),
  demoteF64x2: one(94),
  /** a · b + c, fused on some machines and not on others. Kernels take `madd` of their context instead. */
  relaxedMadd: (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) =>
    vector([...a.code, ...b.code, ...c.code, ...simd(0x105)]),
} as const

export const f64x2 = {
  splat: splat('f64', 20),
  extract: extract('f64', 33),
  replace: replace('f64', 34),
  sqrt: one(239),
  add: two(240),
  sub: two(241),
  mul: two(242),
  div: two(243),
  min: two(244),
  max: two(245),
  promoteLowF32x4: one(95),
} as const

export const i32x4 = {
  const: (a: number, b = a, c = a, d = a) =>
    vector([...simd(12), ...[a, b, c, d].flatMap((word) => [...new Uint8Array(Int32Array.of(word).buffer)])]),
  splat: splat('i32', 17),
  extract: extract('i32', 27),
  replace: replace('i32', 28),
  eq: two(55),
  ne: two(56),
  ltS: two(57),
  ltU: two(58),
  gtS: two(59),
  gtU: two(60),
  leS: two(61),
  geS: two(63),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: two(174),
  sub: two(177),
  mul: two(181),
  minS: two(182),
  minU: two(183),
  maxS: two(184),
  maxU: two(185),
  allTrue: unary('v128', 'i32', ...simd(163)),
  bitmask: unary('v128', 'i32', ...simd(164)),
  truncateF32x4S: one(248),
  truncateF32x4U: one(249),
  extendLowI16x8S: one(167),
  extendHighI16x8S: one(168),
  extendLowI16x8U: one(169),
  extendHighI16x8U: one(170),
  dotI16x8S: two(186),
} as const

export const i16x8 = {
  splat: splat('i32', 16),
  extractU: extract('i32', 25),
  shl: shift(139),
  shrS: shift(140),
  shrU: shift(141),
  add: two(142),
  sub: two(145),
  mul: two(149),
  extendLowI8x16S: one(135),
  extendHighI8x16S: one(136),
  extendLowI8x16U: one(137),
  extendHighI8x16U: one(138),
} as const

export const i8x16 = {
  splat: splat('i32', 15),
  const: (bytes: readonly number[]) => vector([...simd(12), ...bytes]),
  /** Lanes 0 to 15 of `a`, 16 to 31 of `b`. */
  shuffle: (a: Value<'v128'>, b: Value<'v128'>, lanes: readonly number[]) =>
    vector([...a.code, ...b.code, ...simd(13), ...lanes]),
  swizzle: two(14),
  shrU: shift(109),
  add: two(110),
  sub: two(113),
} as const

/** Four 32-bit lanes of two vectors: 0 to 3 of `a`, 4 to 7 of `b`. */
export function shuffle32(a: Value<'v128'>, b: Value<'v128'>, lanes: readonly [number, number, number, number]) {
  return i8x16.shuffle(
    a,
    b,
    lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]),
  )
}
