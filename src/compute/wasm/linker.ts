import type { Bindings } from '../backend.ts'
import { ModuleBuilder } from './assembler/module-builder.ts'
import { i32, i64 } from './assembler/scalars.ts'
import type { Local, Value } from './assembler/values.ts'
import { f32x4 } from './assembler/vectors.ts'
import { RUN_SIGNATURE, UNITS_SIGNATURE } from './runner-module.ts'
import type { Addresses, Arithmetic, WasmKernel } from './wasm-kernel.ts'

/** Places of a kernel's functions in the table. */
export interface LinkedKernel {
  readonly units: number
  readonly run: number
}

/** A module with functions for the table's places from `base` on. */
export interface LinkedModule {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly base: number
  readonly places: number
}

interface Waiting {
  readonly kernel: WasmKernel
  readonly bindings: Bindings
  readonly linked: LinkedKernel
}

/**
 * Turns kernels into functions of one table. Those asked for at about the same time become one module; kernels with equal names,
 * keys and bindings share their functions.
 */
export class Linker {
  private readonly known = new Map<string, { readonly linked: LinkedKernel; readonly ready: Promise<void> }>()
  private readonly shared: boolean
  private readonly arithmetic: Arithmetic
  private readonly install: (module: LinkedModule) => Promise<void>
  private waiting: Waiting[] = []
  /** When those that wait are linked. */
  private next: Promise<void> | null = null
  private last: Promise<void> = Promise.resolve()
  private places = 0

  /** @param install makes a module's functions callable; called for one module after the other */
  constructor(shared: boolean, arithmetic: Arithmetic, install: (module: LinkedModule) => Promise<void>) {
    this.shared = shared
    this.arithmetic = arithmetic
    this.install = install
  }

  /** The kernel's functions, ready to be called. */
  async add<B extends Bindings>(name: string, bindings: B, kernel: WasmKernel<B>): Promise<LinkedKernel> {
    const key = `${name} ${Object.keys(bindings).join()} ${kernel.key}`
    const { linked, ready } = this.known.get(key) ?? this.queue(key, bindings, kernel as unknown as WasmKernel)
    await ready
    return linked
  }

  private queue(key: string, bindings: Bindings, kernel: WasmKernel) {
    const linked = { units: this.places, run: this.places + 1 }
    this.places += 2
    this.waiting.push({ kernel, bindings, linked })
    if (this.next === null) {
      this.next = this.linkSoon(this.last)
      this.last = this.next.catch(() => {})
    }
    const entry = { linked, ready: this.next }
    this.known.set(key, entry)
    return entry
  }

  private async linkSoon(before: Promise<void>): Promise<void> {
    await before
    // Kernels are bound side by side, some after a few promises: all of those first.
    await new Promise((resolve) => setTimeout(resolve, 0))
    const batch = this.waiting
    this.waiting = []
    this.next = null
    await this.install(moduleOf(batch, this.shared, this.arithmetic))
  }
}

function moduleOf(batch: readonly Waiting[], shared: boolean, arithmetic: Arithmetic): LinkedModule {
  const builder = new ModuleBuilder({ shared })
  const functions = batch.flatMap(({ kernel, bindings }) => {
    const addresses = (list: Local<'i32'>, f: { local(type: 'i32', value: Value<'i32'>): Local<'i32'> }) =>
      Object.fromEntries(
        Object.keys(bindings).map((name, index) => [name, f.local('i32', i32.load(list, 4 * index))]),
      ) as Addresses<Bindings>
    const units = builder.function(UNITS_SIGNATURE, (f, [list]) => {
      const context = { f, at: addresses(list, f) }
      const count = f.local('i32', kernel.units(context))
      const cost = typeof kernel.cost === 'number' ? i32.const(kernel.cost) : kernel.cost(context)
      return i64.or(i64.shl(i64.extendI32U(cost), 32), i64.extendI32U(count))
    })
    const run = builder.function(RUN_SIGNATURE, (f, [list, first, end, scratch]) => {
      const madd = (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) =>
        arithmetic === 'fused' ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
      kernel.emit({ f, at: addresses(list, f), first, end, scratch, arithmetic, madd })
      return i32.const(0)
    })
    return [units, run]
  })
  const base = batch[0]?.linked.units ?? 0
  return { bytes: builder.bytes(functions, base), base, places: functions.length }
}
