import { binary, load, unary } from './instructions.ts'
import type { Operand, Value, ValueType } from './values.ts'
import { constant, operand } from './values.ts'

/** Integers of 32 bits; unsigned where a name ends in U. Comparisons give 1 or 0. */
export const i32 = {
  const: (value: number) => constant('i32', value),
  add: binary('i32', 'i32', 0x6a),
  sub: binary('i32', 'i32', 0x6b),
  mul: binary('i32', 'i32', 0x6c),
  divS: binary('i32', 'i32', 0x6d),
  divU: binary('i32', 'i32', 0x6e),
  remU: binary('i32', 'i32', 0x70),
  and: binary('i32', 'i32', 0x71),
  or: binary('i32', 'i32', 0x72),
  xor: binary('i32', 'i32', 0x73),
  shl: binary('i32', 'i32', 0x74),
  shrS: binary('i32', 'i32', 0x75),
  shrU: binary('i32', 'i32', 0x76),
  rotl: binary('i32', 'i32', 0x77),
  clz: unary('i32', 'i32', 0x67),
  ctz: unary('i32', 'i32', 0x68),
  eqz: unary('i32', 'i32', 0x45),
  eq: binary('i32', 'i32', 0x46),
  ne: binary('i32', 'i32', 0x47),
  ltS: binary('i32', 'i32', 0x48),
  ltU: binary('i32', 'i32', 0x49),
  gtS: binary('i32', 'i32', 0x4a),
  gtU: binary('i32', 'i32', 0x4b),
  leS: binary('i32', 'i32', 0x4c),
  leU: binary('i32', 'i32', 0x4d),
  geS: binary('i32', 'i32', 0x4e),
  geU: binary('i32', 'i32', 0x4f),
  /** Towards zero; out of range and NaN saturate. */
  truncateF32S: unary('f32', 'i32', 0xfc, 0),
  truncateF64S: unary('f64', 'i32', 0xfc, 2),
  truncateF64U: unary('f64', 'i32', 0xfc, 3),
  reinterpretF32: unary('f32', 'i32', 0xbc),
  wrapI64: unary('i64', 'i32', 0xa7),
  load: load('i32', 2, 0x28),
  load8S: load('i32', 0, 0x2c),
  load8U: load('i32', 0, 0x2d),
  load16S: load('i32', 1, 0x2e),
  load16U: load('i32', 1, 0x2f),
  minU: (a: Value<'i32'>, b: Value<'i32'>) => select(i32.ltU(a, b), a, b),
  maxU: (a: Value<'i32'>, b: Value<'i32'>) => select(i32.gtU(a, b), a, b),
} as const

export const i64 = {
  const: (value: number) => constant('i64', value),
  add: binary('i64', 'i64', 0x7c),
  sub: binary('i64', 'i64', 0x7d),
  mul: binary('i64', 'i64', 0x7e),
  and: binary('i64', 'i64', 0x83),
  or: binary('i64', 'i64', 0x84),
  xor: binary('i64', 'i64', 0x85),
  shl: binary('i64', 'i64', 0x86),
  shrU: binary('i64', 'i64', 0x88),
  eq: binary('i64', 'i32', 0x51),
  ne: binary('i64', 'i32', 0x52),
  ltU: binary('i64', 'i32', 0x54),
  extendI32S: unary('i32', 'i64', 0xac),
  extendI32U: unary('i32', 'i64', 0xad),
  reinterpretF64: unary('f64', 'i64', 0xbd),
  load: load('i64', 3, 0x29),
} as const

function floats<T extends 'f32' | 'f64'>(type: T, arithmetic: number, compare: number, memory: number) {
  return {
    const: (value: number) => constant(type, value),
    abs: unary(type, type, arithmetic),
    neg: unary(type, type, arithmetic + 1),
    ceil: unary(type, type, arithmetic + 2),
    floor: unary(type, type, arithmetic + 3),
    nearest: unary(type, type, arithmetic + 5),
    sqrt: unary(type, type, arithmetic + 6),
    add: binary(type, type, arithmetic + 7),
    sub: binary(type, type, arithmetic + 8),
    mul: binary(type, type, arithmetic + 9),
    div: binary(type, type, arithmetic + 10),
    min: binary(type, type, arithmetic + 11),
    max: binary(type, type, arithmetic + 12),
    copysign: binary(type, type, arithmetic + 13),
    eq: binary(type, 'i32', compare),
    ne: binary(type, 'i32', compare + 1),
    lt: binary(type, 'i32', compare + 2),
    gt: binary(type, 'i32', compare + 3),
    le: binary(type, 'i32', compare + 4),
    ge: binary(type, 'i32', compare + 5),
    load: load(type, type === 'f32' ? 2 : 3, memory),
  } as const
}

export const f32 = {
  ...floats('f32', 0x8b, 0x5b, 0x2a),
  convertI32S: unary('i32', 'f32', 0xb2),
  convertI32U: unary('i32', 'f32', 0xb3),
  demoteF64: unary('f64', 'f32', 0xb6),
  reinterpretI32: unary('i32', 'f32', 0xbe),
} as const

export const f64 = {
  ...floats('f64', 0x99, 0x61, 0x2b),
  convertI32S: unary('i32', 'f64', 0xb7),
  convertI32U: unary('i32', 'f64', 0xb8),
  promoteF32: unary('f32', 'f64', 0xbb),
  reinterpretI64: unary('i64', 'f64', 0xbf),
} as const

/** `then` where the condition is not 0; both are evaluated. */
export function select<T extends ValueType>(condition: Operand<'i32'>, then: Value<T>, otherwise: Value<T>): Value<T> {
  const code = [...then.code, ...otherwise.code, ...operand('i32', condition).code]
  const { type } = then
  return { type, code: type === 'v128' ? [...code, 0x1c, 1, 0x7b] : [...code, 0x1b] }
}
