import type { Fault } from './fault-plan.ts'
import { FaultPlan, isWriteFault } from './fault-plan.ts'
import type { FaultMessage, FiredMessage } from './page-faults.ts'
import { installWriteFaults } from './write-faults.ts'

export interface WorkerFaults {
  /** Whether a message is of the plan, and none for the worker's own service. */
  takes(message: object): boolean
  /** `call/<method>` when a request arrives, `told/<type>` after a message is sent. */
  meet(point: string): void
}

/** The worker's half: what the page arms happens here. */
export function workerFaults(scope: DedicatedWorkerGlobalScope): WorkerFaults {
  const plan = new FaultPlan()
  const devices = new Set<GPUDevice>()
  let dead = false
  const adapters = (globalThis as { GPUAdapter?: typeof GPUAdapter }).GPUAdapter?.prototype
  if (adapters) {
    const requestDevice = adapters.requestDevice
    adapters.requestDevice = async function (this: GPUAdapter, descriptor) {
      const device = await requestDevice.call(this, descriptor)
      devices.add(device)
      return device
    }
  }
  const meet = (point: string): Fault | null => {
    const fault = plan.meet(point)
    if (!fault) return null
    scope.postMessage({ fired: fault } satisfies FiredMessage)
    if (fault.what === 'device-lost') for (const device of devices) device.destroy()
    if (fault.what === 'worker-hangs') for (;;);
    if (fault.what === 'worker-killed') {
      dead = true
      scope.close()
      // The dead say nothing more.
      scope.postMessage = () => {}
      throw new DOMException('The worker was killed on purpose.', 'AbortError')
    }
    return isWriteFault(fault) ? fault : null
  }
  installWriteFaults(meet)
  // A killed worker ends without a word of its own.
  scope.addEventListener('error', (event) => {
    if (dead) event.preventDefault()
  })
  scope.addEventListener('unhandledrejection', (event) => {
    if (dead) event.preventDefault()
  })
  return {
    takes: (message) => {
      if (!('faults' in message)) return false
      plan.arm((message as FaultMessage).faults)
      return true
    },
    meet,
  }
}

/** Points of a message that the worker sends. */
export function pointsTold(message: { readonly type: string; readonly entries?: unknown }): string[] {
  const { type, entries } = message
  const kinds = Array.isArray(entries) ? entries.map(({ event }: { event: { type: string } }) => event.type) : []
  return [`told/${type}`, ...kinds.map((kind) => `told/${type}/${kind}`)]
}
