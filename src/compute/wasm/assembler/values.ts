import { float32, float64, signed, signedBig } from './encoding.ts'

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

/**
 * An expression: instructions that leave one value of the type. They run wherever the value is used, each time it is used; what
 * shall be computed once goes into a local.
 */
export interface Value<T extends ValueType> {
  readonly type: T
  readonly code: readonly number[]
}

/** A variable of a function; as a value, what it holds at that place. */
export interface Local<T extends ValueType> extends Value<T> {
  readonly index: number
}

/** Where an instruction takes a value, a number stands for a constant. */
export type Operand<T extends ValueType> = Value<T> | (T extends 'v128' ? never : number)

export const TYPE_BYTES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
}

export function constant<T extends Exclude<ValueType, 'v128'>>(type: T, value: number): Value<T> {
  const code = {
    i32: () => [0x41, ...signed(value)],
    i64: () => [0x42, ...signedBig(BigInt(value))],
    f32: () => [0x43, ...float32(value)],
    f64: () => [0x44, ...float64(value)],
  }[type]()
  return { type, code }
}

export function operand<T extends ValueType>(type: T, given: Operand<T>): Value<T> {
  if (typeof given !== 'number') return given as Value<T>
  return constant(type as Exclude<ValueType, 'v128'>, given) as Value<ValueType> as Value<T>
}
