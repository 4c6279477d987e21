import { memoryArgument } from './instructions.ts'
import type { Operand, Value, ValueType } from './values.ts'
import { operand } from './values.ts'

/** Instructions for threads on one shared memory (WebAssembly threads proposal); each gives what was there before. */
function atomic<T extends ValueType>(type: T, align: number, number: number) {
  return (address: Operand<'i32'>, value: Operand<T>, offset = 0): Value<T> => ({
    type,
    code: [
      ...operand('i32', address).code,
      ...operand(type, value).code,
      0xfe,
      number,
      ...memoryArgument(align, offset),
    ],
  })
}

function atomicLoad<T extends ValueType>(type: T, align: number, number: number) {
  return (address: Operand<'i32'>, offset = 0): Value<T> => ({
    type,
    code: [...operand('i32', address).code, 0xfe, number, ...memoryArgument(align, offset)],
  })
}

export const atomicI32 = {
  load: atomicLoad('i32', 2, 0x10),
  add: atomic('i32', 2, 0x1e),
  sub: atomic('i32', 2, 0x25),
  exchange: atomic('i32', 2, 0x41),
  /** Wakes at most `count` threads that wait there. @returns how many */
  notify: atomic('i32', 2, 0x00),
  /** Waits while the word is `expected`, at most so many nanoseconds. @returns 0 woken, 1 another value, 2 timed out */
  wait: (address: Operand<'i32'>, expected: Operand<'i32'>, nanoseconds: number, offset = 0): Value<'i32'> => ({
    type: 'i32',
    code: [
      ...operand('i32', address).code,
      ...operand('i32', expected).code,
      ...operand('i64', nanoseconds).code,
      ...[0xfe, 0x01],
      ...memoryArgument(2, offset),
    ],
  }),
} as const

export const atomicI64 = {
  load: atomicLoad('i64', 3, 0x11),
  exchange: atomic('i64', 3, 0x42),
  compareExchange: (
    address: Operand<'i32'>,
    expected: Operand<'i64'>,
    replacement: Operand<'i64'>,
    offset = 0,
  ): Value<'i64'> => ({
    type: 'i64',
    code: [
      ...operand('i32', address).code,
      ...operand('i64', expected).code,
      ...operand('i64', replacement).code,
      ...[0xfe, 0x49],
      ...memoryArgument(3, offset),
    ],
  }),
} as const
