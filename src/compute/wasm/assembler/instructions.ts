import { unsigned } from './encoding.ts'
import type { Operand, Value, ValueType } from './values.ts'
import { operand } from './values.ts'

/** A constant number of bytes that a load or store adds to its address. */
export type Offset = number

/** An instruction of one operand. */
export function unary<A extends ValueType, R extends ValueType>(takes: A, gives: R, ...opcode: number[]) {
  return (a: Operand<A>): Value<R> => ({ type: gives, code: [...operand(takes, a).code, ...opcode] })
}

/** An instruction of two operands of one type. */
export function binary<A extends ValueType, R extends ValueType>(takes: A, gives: R, ...opcode: number[]) {
  return (a: Operand<A>, b: Operand<A>): Value<R> => ({
    type: gives,
    code: [...operand(takes, a).code, ...operand(takes, b).code, ...opcode],
  })
}

/**
 * A load. Addresses are bytes from the start of the memory.
 * @param align bytes as a power of two, a hint only
 */
export function load<R extends ValueType>(gives: R, align: number, ...opcode: number[]) {
  return (address: Operand<'i32'>, offset: Offset = 0): Value<R> => ({
    type: gives,
    code: [...operand('i32', address).code, ...opcode, ...memoryArgument(align, offset)],
  })
}

export function memoryArgument(align: number, offset: Offset): number[] {
  return [align, ...unsigned(offset)]
}

/** A SIMD instruction's number as its opcode. */
export function simd(number: number): number[] {
  return [0xfd, ...unsigned(number)]
}
