import type { Fault } from './fault-plan.ts'
import { FaultPlan, isWriteFault, nameOf, parseFault } from './fault-plan.ts'
import { installWriteFaults } from './write-faults.ts'

/** What a worker is told of the plan, and what it tells of it. */
export interface FaultMessage {
  readonly faults: readonly Fault[]
}
export interface FiredMessage {
  readonly fired: Fault
}

/** For tests and the console, as `stepscopeFaults`. */
interface FaultSwitch {
  /** E.g. `disk-full@files/save-`. */
  arm(...faults: string[]): void
  /** Room again: what is armed is forgotten. */
  clear(): void
  /** What happened so far. */
  readonly fired: readonly string[]
}

/** Marked so that a build without the switch drops it. */
const plan = /* @__PURE__ */ new FaultPlan()
const fired: string[] = []
let armed: readonly Fault[] = []
const workers = new Set<Worker>()

function change(next: readonly Fault[]): void {
  armed = next
  plan.arm(armed)
  for (const worker of workers) worker.postMessage({ faults: armed } satisfies FaultMessage)
}

function note(fault: Fault): void {
  fired.push(nameOf(fault))
  // What happens once shall not happen to the worker that takes the place.
  if (!isWriteFault(fault)) change(armed.filter((other) => nameOf(other) !== nameOf(fault)))
}

/** Arms what the address asks for (`?fault=…`, any number of times) and puts the switch into the page. */
export function installPageFaults(): void {
  change(new URLSearchParams(location.search).getAll('fault').map(parseFault))
  installWriteFaults((point) => {
    const fault = plan.meet(point)
    if (fault) note(fault)
    return fault
  })
  const control: FaultSwitch = {
    arm: (...faults) => change([...armed, ...faults.map(parseFault)]),
    clear: () => change([]),
    fired,
  }
  Reflect.set(globalThis, 'stepscopeFaults', control)
}

/** A worker learns the plan before its first request. */
export function shareFaults(worker: Worker): void {
  workers.add(worker)
  worker.postMessage({ faults: armed } satisfies FaultMessage)
  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object' && data !== null && 'fired' in data) note((data as FiredMessage).fired)
  })
}
