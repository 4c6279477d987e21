import { StepscopeError } from '../core/errors.ts'

/**
 * Faults on purpose, in development builds alone: what goes wrong, and at which point. Written `what@point` or
 * `what@point:n`, e.g. `worker-killed@told/training/saved:2`.
 */
export interface Fault {
  readonly what: FaultKind
  /** The beginning of the names of the points where it happens. */
  readonly point: string
  /** At the n-th time that such a point is met, from 1. */
  readonly nth: number
}

export type FaultKind = (typeof KINDS)[number]

const KINDS = ['disk-full', 'write-fails', 'device-lost', 'worker-killed', 'worker-hangs'] as const
/** Of writes: from the n-th on, until the plan is cleared. The others happen once. */
export const isWriteFault = ({ what }: Fault): boolean => what === 'disk-full' || what === 'write-fails'

/** @throws StepscopeError `bad-setting` for anything else */
export function parseFault(text: string): Fault {
  const match = /^([a-z-]+)@((?:call|told|files|database|cache)[^:]*)(?::([1-9]\d*))?$/.exec(text)
  const what = KINDS.find((kind) => kind === match?.[1])
  const point = match?.[2]
  if (what === undefined || point === undefined) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'This is no fault',
      expected: `${KINDS.join(', ')}, then @ and a point (call/…, told/…, files/…, database/…, cache/…), then perhaps :n`,
      found: text,
      place: { field: 'fault' },
    })
  }
  return { what, point, nth: Number(match?.[3] ?? 1) }
}

/** Which faults are armed, and how often their points were met, on one side of the boundary. */
export class FaultPlan {
  private armed: { readonly fault: Fault; met: number }[] = []

  /** Counts go on for faults that were armed before. */
  arm(faults: readonly Fault[]): void {
    const before = new Map(this.armed.map((entry) => [nameOf(entry.fault), entry]))
    this.armed = faults.map((fault) => before.get(nameOf(fault)) ?? { fault, met: 0 })
  }

  /** The fault that happens at this point now, if any. */
  meet(point: string): Fault | null {
    let found: Fault | null = null
    for (const entry of this.armed) {
      if (!point.startsWith(entry.fault.point)) continue
      entry.met += 1
      const { nth } = entry.fault
      if (entry.met === nth || (entry.met > nth && isWriteFault(entry.fault))) found ??= entry.fault
    }
    return found
  }
}

export function nameOf({ what, point, nth }: Fault): string {
  return `${what}@${point}:${nth}`
}
