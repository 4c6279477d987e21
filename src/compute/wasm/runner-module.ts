import { atomicI32, atomicI64 } from './assembler/atomics.ts'
import type { FunctionBuilder } from './assembler/function-builder.ts'
import { ModuleBuilder } from './assembler/module-builder.ts'
import { i32, i64, select } from './assembler/scalars.ts'
import type { Local, Value } from './assembler/values.ts'
import { CONTROL, DESCRIPTOR, HOST } from './control-block.ts'

/** (address of the bindings' addresses) → units in the low half, multiply-adds of each in the high half. */
export const UNITS_SIGNATURE = { parameters: ['i32'], result: 'i64' } as const
/** (address of the bindings' addresses, first unit, end, scratch) → 0. */
export const RUN_SIGNATURE = { parameters: ['i32', 'i32', 'i32', 'i32'], result: 'i32' } as const

/** Rounds of looking before a thread sleeps: some tens of microseconds. */
const SPINS = 8000
/** Multiply-adds below which a kernel stays on one thread, and that are worth a thread's taking: a few microseconds. */
const ALONE = 60_000
const GRAIN = 20_000
const WAIT_NANOSECONDS = 100e6

/** What `work` and `run` return. */
export const RUN_DONE = 0
export const RUN_LOST = 1
export const WORK_STOP = 0
export const WORK_LOAD = 1

export interface RunnerExports {
  /** Runs a list of descriptors' addresses in order. @param canWait 0 where this thread must not sleep */
  run(list: number, count: number, canWait: number): number
  /** Takes part in jobs until it shall stop or needs modules that it has not. */
  work(thread: number, modules: number): number
}

/**
 * The module that runs dispatches. Each is done by the owner alone where it is small; else it becomes a job whose units the
 * owner and whatever threads are awake take a few at a time. A thread that never wakes is not waited for.
 */
export function runnerBytes(shared: boolean): Uint8Array<ArrayBuffer> {
  const builder = new ModuleBuilder({
    shared,
    functions: [
      { name: 'host', parameters: ['i32'], result: 'i32' },
      { name: 'patience', parameters: [], result: 'i32' },
    ],
  })
  const unitsType = builder.typeIndex(UNITS_SIGNATURE)
  const runType = builder.typeIndex(RUN_SIGNATURE)
  const scratchOf = (thread: Value<'i32'>) =>
    i32.add(i32.load(0, CONTROL.scratch), i32.mul(thread, i32.load(0, CONTROL.scratchStride)))
  const runUnits = (
    f: FunctionBuilder,
    at: Local<'i32'>,
    units: readonly [Value<'i32'>, Value<'i32'>],
    thread: Value<'i32'>,
  ) =>
    f.drop(
      f.callIndirect('i32', runType, i32.load(at, DESCRIPTOR.run), [
        i32.add(at, DESCRIPTOR.addresses),
        ...units,
        scratchOf(thread),
      ]),
    )

  /**
   * Takes units of the job until there are none; each round adds what it did to `done`. A part is half of a thread's fair share of what is left:
   * first long ones that lie together, at last short ones, so that all end at about the same time.
   */
  const takeUnits = (f: FunctionBuilder, thread: Value<'i32'>, ticket: Local<'i64'>) => {
    const left = f.local('i32')
    const taken = f.local('i32')
    const next = f.local('i64')
    const at = f.local('i32')
    const number = f.local('i64', i64.shrU(ticket, 32))
    f.block((none) => {
      f.loop((again) => {
        f.set(left, i32.wrapI64(ticket))
        f.branch(none, i32.eqz(left))
        // The next job may need modules that this thread has not.
        f.branch(none, i64.ne(number, i64.shrU(ticket, 32)))
        f.set(taken, i32.divU(left, i32.shl(i32.load(0, CONTROL.threads), 1)))
        const grain = f.local('i32', i32.load(0, CONTROL.jobGrain))
        f.if(i32.ltU(taken, grain), () => f.set(taken, grain))
        f.set(taken, i32.minU(taken, left))
        f.set(next, atomicI64.compareExchange(0, ticket, i64.sub(ticket, i64.extendI32U(taken)), CONTROL.ticket))
        f.if(i64.eq(next, ticket), () => {
          // From here until these units are done, the job stays what it is.
          f.set(at, i32.load(0, CONTROL.job))
          f.set(left, i32.sub(i32.load(0, CONTROL.jobUnits), left))
          runUnits(f, at, [left, i32.add(left, taken)], thread)
          f.drop(atomicI32.add(0, taken, CONTROL.done))
          f.if(atomicI32.load(0, CONTROL.ownerWaits), () => f.drop(atomicI32.notify(0, 1, CONTROL.done)))
          f.set(next, atomicI64.load(0, CONTROL.ticket))
        })
        f.set(ticket, next)
        f.branch(again)
      })
    })
  }

  const runTogether = (
    f: FunctionBuilder,
    at: Local<'i32'>,
    units: Local<'i32'>,
    cost: Local<'i32'>,
    canWait: Local<'i32'>,
  ) => {
    const ticket = f.local('i64')
    f.store('i32', 0, at, CONTROL.job)
    f.store('i32', 0, units, CONTROL.jobUnits)
    f.store('i32', 0, i32.divU(i32.add(cost, GRAIN - 1), cost), CONTROL.jobGrain)
    f.drop(atomicI32.exchange(0, 0, CONTROL.done))
    const number = i64.add(i64.shrU(i64.load(0, CONTROL.ticket), 32), 1)
    f.set(ticket, i64.or(i64.shl(number, 32), i64.extendI32U(units)))
    f.drop(atomicI64.exchange(0, ticket, CONTROL.ticket))
    f.if(atomicI32.load(0, CONTROL.sleepers), () => {
      f.drop(atomicI32.add(0, 1, CONTROL.wake))
      f.drop(atomicI32.notify(0, -1, CONTROL.wake))
    })
    takeUnits(f, i32.const(0), ticket)
    waitUntilDone(f, units, canWait)
  }

  /** Returns `RUN_LOST` from the function where a thread failed, or has units and does not go on with them. */
  const waitUntilDone = (f: FunctionBuilder, units: Local<'i32'>, canWait: Local<'i32'>) => {
    const done = f.local('i32')
    const spins = f.local('i32', 0)
    const pauses = f.local('i32', 0)
    f.block((end) => {
      f.loop((again) => {
        f.set(done, atomicI32.load(0, CONTROL.done))
        f.branch(end, i32.eq(done, units))
        f.increase(spins, 1)
        f.branch(again, i32.ltU(spins, SPINS))
        f.set(spins, 0)
        f.if(atomicI32.load(0, CONTROL.failed), () => f.return(RUN_LOST))
        f.if(
          canWait,
          () => {
            f.drop(atomicI32.exchange(0, 1, CONTROL.ownerWaits))
            const timedOut = i32.eq(atomicI32.wait(0, done, WAIT_NANOSECONDS, CONTROL.done), 2)
            f.set(pauses, select(timedOut, i32.add(pauses, 1), i32.const(0)))
            f.drop(atomicI32.exchange(0, 0, CONTROL.ownerWaits))
            f.if(i32.gtU(pauses, i32.load(0, CONTROL.patience)), () => f.return(RUN_LOST))
          },
          () => f.if(i32.eqz(f.callImport(1, [])), () => f.return(RUN_LOST)),
        )
        f.branch(again)
      })
    })
  }

  builder.function(
    { parameters: ['i32', 'i32', 'i32'], result: 'i32', exported: 'run' },
    (f, [list, count, canWait]) => {
      const at = f.local('i32')
      const counted = f.local('i64')
      const units = f.local('i32')
      const cost = f.local('i32')
      f.for(0, count, (i) => {
        f.set(at, i32.load(i32.add(list, i32.shl(i, 2))))
        f.if(
          i32.eq(i32.load(at, DESCRIPTOR.units), HOST),
          () => f.drop(f.callImport(0, [i32.load(at, DESCRIPTOR.run)])),
          () => {
            const addresses = i32.add(at, DESCRIPTOR.addresses)
            f.set(counted, f.callIndirect('i64', unitsType, i32.load(at, DESCRIPTOR.units), [addresses]))
            f.set(units, i32.wrapI64(counted))
            f.if(units, () => {
              const alone = () => runUnits(f, at, [i32.const(0), units], i32.const(0))
              if (!shared) alone()
              else {
                f.set(cost, i32.wrapI64(i64.shrU(counted, 32)))
                const all = i64.mul(i64.extendI32U(cost), i64.extendI32U(units))
                const small = i32.or(i64.ltU(all, ALONE), i32.eq(units, 1))
                f.if(small, alone, () => runTogether(f, at, units, cost, canWait))
              }
            })
          },
        )
      })
      return i32.const(RUN_DONE)
    },
  )

  if (shared) {
    builder.function({ parameters: ['i32', 'i32'], result: 'i32', exported: 'work' }, (f, [thread, modules]) => {
      const ticket = f.local('i64')
      const spins = f.local('i32')
      const wake = f.local('i32')
      const hasUnits = () => i32.wrapI64(ticket)
      f.loop((again) => {
        f.set(ticket, atomicI64.load(0, CONTROL.ticket))
        f.if(hasUnits(), () => {
          f.if(i32.ne(atomicI32.load(0, CONTROL.modules), modules), () => f.return(WORK_LOAD))
          takeUnits(f, thread, ticket)
          f.set(spins, 0)
        })
        f.increase(spins, 1)
        f.branch(again, i32.ltU(spins, SPINS))
        f.set(spins, 0)
        f.if(atomicI32.load(0, CONTROL.stop), () => f.return(WORK_STOP))
        f.drop(atomicI32.add(0, 1, CONTROL.sleepers))
        f.set(wake, atomicI32.load(0, CONTROL.wake))
        f.set(ticket, atomicI64.load(0, CONTROL.ticket))
        f.if(i32.eqz(i32.or(hasUnits(), atomicI32.load(0, CONTROL.stop))), () =>
          f.drop(atomicI32.wait(0, wake, -1, CONTROL.wake)),
        )
        f.drop(atomicI32.sub(0, 1, CONTROL.sleepers))
        f.branch(again)
      })
      return i32.const(WORK_STOP)
    })
  }
  return builder.bytes()
}
