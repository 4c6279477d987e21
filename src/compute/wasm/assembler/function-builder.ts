import { list, unsigned } from './encoding.ts'
import type { Offset } from './instructions.ts'
import { memoryArgument, simd } from './instructions.ts'
import { i32 } from './scalars.ts'
import type { Local, Operand, Value, ValueType } from './values.ts'
import { operand, TYPE_BYTES } from './values.ts'

/** A variable for each type. */
export type Locals<P extends readonly ValueType[]> = { readonly [I in keyof P]: Local<P[I]> }

/** A function that kernels of one module share: emitted once for its name, at its first call. */
export interface Helper<P extends readonly ValueType[] = readonly ValueType[], R extends ValueType = ValueType> {
  readonly name: string
  readonly parameters: P
  readonly result: R
  /** @returns the function's result */
  emit(f: FunctionBuilder, parameters: Locals<P>): Value<R>
}

/** A place that branches go to. */
export interface Label {
  readonly depth: number
}

const STORES = {
  i32: { opcode: [0x36], align: 2 },
  i64: { opcode: [0x37], align: 3 },
  f32: { opcode: [0x38], align: 2 },
  f64: { opcode: [0x39], align: 3 },
  v128: { opcode: simd(11), align: 4 },
} as const

/** Writes one function: variables, statements and structured control. Values are built by `i32`, `f32x4`, … */
export class FunctionBuilder {
  private readonly parameterCount: number
  private readonly locals: ValueType[] = []
  private readonly body: number[] = []
  private depth = 0
  private readonly indexOf: (helper: Helper) => number

  /** @param indexOf gives a helper its place in the module */
  constructor(parameterCount: number, indexOf: (helper: Helper) => number) {
    this.parameterCount = parameterCount
    this.indexOf = indexOf
  }

  /** A new variable, zero where no value is given. Declared inside a loop it keeps its value between the rounds. */
  local<T extends ValueType>(type: T, value?: Operand<T>): Local<T> {
    const local = localAt(type, this.parameterCount + this.locals.length)
    this.locals.push(type)
    if (value !== undefined) this.set(local, value)
    return local
  }

  set<T extends ValueType>(local: Local<T>, value: Operand<T>): void {
    this.append(operand(local.type, value).code, [0x21], unsigned(local.index))
  }

  /** Sets the variable to itself plus `by`. */
  increase(local: Local<'i32'>, by: Operand<'i32'>): void {
    this.set(local, i32.add(local, by))
  }

  store<T extends ValueType>(type: T, address: Operand<'i32'>, value: Operand<T>, offset: Offset = 0): void {
    const { opcode, align } = STORES[type]
    this.append(operand('i32', address).code, operand(type, value).code, opcode, memoryArgument(align, offset))
  }

  store8(address: Operand<'i32'>, value: Operand<'i32'>, offset: Offset = 0): void {
    this.append(operand('i32', address).code, operand('i32', value).code, [0x3a], memoryArgument(0, offset))
  }

  /** Stores one 32-bit lane. */
  storeLane(address: Operand<'i32'>, value: Value<'v128'>, lane: number, offset: Offset = 0): void {
    this.append(operand('i32', address).code, value.code, simd(90), memoryArgument(2, offset), [lane])
  }

  /** Fills bytes of memory with zeros. */
  zero(address: Operand<'i32'>, bytes: Operand<'i32'>): void {
    this.append(operand('i32', address).code, [0x41, 0], operand('i32', bytes).code, [0xfc, 11, 0])
  }

  copy(to: Operand<'i32'>, from: Operand<'i32'>, bytes: Operand<'i32'>): void {
    this.append(operand('i32', to).code, operand('i32', from).code, operand('i32', bytes).code, [0xfc, 10, 0, 0])
  }

  /** Evaluates a value for what it does, e.g. an atomic. */
  drop(value: Value<ValueType>): void {
    this.append(value.code, [0x1a])
  }

  if(condition: Operand<'i32'>, then: () => void, otherwise?: () => void): void {
    this.append(operand('i32', condition).code, [0x04, 0x40])
    this.nested(() => {
      then()
      if (otherwise === undefined) return
      this.body.push(0x05)
      otherwise()
    })
  }

  /** `body` may branch to its label, which is at the end. */
  block(body: (end: Label) => void): void {
    this.body.push(0x02, 0x40)
    this.nested(body)
  }

  /** `body` runs once and again whenever it branches to its label, which is at the start. */
  loop(body: (again: Label) => void): void {
    this.body.push(0x03, 0x40)
    this.nested(body)
  }

  branch(label: Label, condition?: Operand<'i32'>): void {
    const opcode = condition === undefined ? [0x0c] : [...operand('i32', condition).code, 0x0d]
    this.append(opcode, unsigned(this.depth - label.depth))
  }

  while(condition: Operand<'i32'>, body: () => void): void {
    this.if(condition, () => {
      this.loop((again) => {
        body()
        this.branch(again, condition)
      })
    })
  }

  /** `body` for i = from, from + step, … below `to` (unsigned). `to` is evaluated once; `body` may change `i`. */
  for(from: Operand<'i32'>, to: Operand<'i32'>, body: (i: Local<'i32'>) => void, step: Operand<'i32'> = 1): void {
    const i = this.local('i32', from)
    const end = typeof to === 'number' || 'index' in to ? to : this.local('i32', to)
    this.while(i32.ltU(i, end), () => {
      body(i)
      this.increase(i, step)
    })
  }

  call<P extends readonly ValueType[], R extends ValueType>(
    helper: Helper<P, R>,
    ...given: { readonly [I in keyof P]: Value<P[I]> }
  ): Value<R> {
    const values: readonly Value<ValueType>[] = given
    const index = this.indexOf(helper as unknown as Helper)
    return { type: helper.result, code: [...values.flatMap(({ code }) => code), 0x10, ...unsigned(index)] }
  }

  /** Calls a function of the module's table. @param type its signature's number */
  callIndirect<R extends ValueType>(
    result: R,
    type: number,
    index: Operand<'i32'>,
    given: readonly Value<ValueType>[],
  ): Value<R> {
    const code = [...given.flatMap((value) => value.code), ...operand('i32', index).code, 0x11, ...unsigned(type), 0]
    return { type: result, code }
  }

  /** Calls an imported function that returns i32. */
  callImport(index: number, given: readonly Value<ValueType>[]): Value<'i32'> {
    return { type: 'i32', code: [...given.flatMap((value) => value.code), 0x10, ...unsigned(index)] }
  }

  return(value: Operand<'i32'>): void {
    this.append(operand('i32', value).code, [0x0f])
  }

  /** The function's bytes, with its size in front; `result` is what it returns. */
  finish(result: Value<ValueType> | null): number[] {
    if (result !== null) this.append(result.code)
    const locals = list(this.locals.map((type) => [1, TYPE_BYTES[type]]))
    const code = locals.concat(this.body, [0x0b])
    return unsigned(code.length).concat(code)
  }

  private nested(body: (label: Label) => void): void {
    this.depth++
    body({ depth: this.depth })
    this.depth--
    this.body.push(0x0b)
  }

  private append(...parts: readonly (readonly number[])[]): void {
    for (const part of parts) for (const byte of part) this.body.push(byte)
  }
}

export function localsOf<P extends readonly ValueType[]>(types: P): Locals<P> {
  return types.map((type, index) => localAt(type, index)) as unknown as Locals<P>
}

function localAt<T extends ValueType>(type: T, index: number): Local<T> {
  return { type, index, code: [0x20, ...unsigned(index)] }
}
