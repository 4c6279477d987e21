import type { FunctionBuilder } from './assembler/function-builder.ts'
import type { Local, Value } from './assembler/values.ts'

/**
 * `strict`: a product is rounded before it is added, so every machine gives the same bits. `fused`: multiply-adds are rounded once
 * where the machine can, which is faster and differs from machine to machine.
 */
export type Arithmetic = 'strict' | 'fused'

/** a · b + c for four lanes, in the module's arithmetic: strict (two roundings) or fused where the machine fuses. */
export type MultiplyAdd = (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) => Value<'v128'>

/** By name, what a kernel's bindings are. */
type Bindings = Readonly<Record<string, unknown>>

/** Where a kernel's bindings start, in bytes of the memory. */
export type Addresses<B extends Bindings> = { readonly [K in keyof B]: Local<'i32'> }

/** What a kernel's function is written with. */
export interface WasmContext<B extends Bindings> {
  readonly f: FunctionBuilder
  readonly at: Addresses<B>
  /** The units that this call does: first … end − 1, at least one. */
  readonly first: Local<'i32'>
  readonly end: Local<'i32'>
  /** This thread's scratch space, `scratchBytes` long, with anything in it. A multiple of 64. */
  readonly scratch: Local<'i32'>
  readonly arithmetic: Arithmetic
  /** a · b + c in the backend's arithmetic. */
  readonly madd: MultiplyAdd
}

/**
 * A kernel in WebAssembly. Its work is so many units (rows, tiles, blocks of columns …), which threads share as they come; a unit's
 * results must not depend on which others are done by the same call.
 */
export interface WasmKernel<B extends Bindings = Bindings> {
  /** Kernels of one name with equal keys share their function: whatever the code depends on. */
  readonly key: string
  /**
   * About how many multiply-adds one unit is worth, where that is not the same always as an i32 read from the buffers: small work stays
   * on one thread.
   */
  readonly cost: number | ((context: Pick<WasmContext<B>, 'f' | 'at'>) => Value<'i32'>)
  readonly scratchBytes?: number
  /** How many units there are to do, read from the buffers; 0 where there is nothing to do. */
  units(context: Pick<WasmContext<B>, 'f' | 'at'>): Value<'i32'>
  /** Writes the function. */
  emit(context: WasmContext<B>): void
}
