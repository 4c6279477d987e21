import type { Backend, BoundKernel, Recorder } from '../../compute/backend.ts'
import type { DecoderKernels } from './decoder-kernels.ts'
import type { DecoderLayout } from './decoder-layout.ts'
import type { DecoderMemory } from './decoder-memory.ts'
import { COPIES_PER_SUBMIT } from './decoder-memory.ts'

interface Copy {
  readonly from: number
  readonly to: number
  /** Quads of four floats. */
  readonly length: number
}

/**
 * Copies of one kind that wait for the next pass, which carries them out before anything else. Within one run copies
 * have no order, so one that touches what an earlier one writes (or writes what it reads) starts a new run.
 */
class CopyQueue {
  private readonly waiting: Copy[] = []
  private readonly reads = new Set<number>()
  private readonly writes = new Set<number>()

  get size(): number {
    return this.waiting.length
  }

  fits(from: number, to: number): boolean {
    const apart = !this.writes.has(from) && !this.writes.has(to) && !this.reads.has(to)
    return apart && this.waiting.length < COPIES_PER_SUBMIT
  }

  add(copy: Copy): void {
    this.waiting.push(copy)
    this.reads.add(copy.from)
    this.writes.add(copy.to)
  }

  take(): Copy[] {
    this.reads.clear()
    this.writes.clear()
    return this.waiting.splice(0)
  }
}

/** Page and slot copies of a decoder, gathered and run ahead of its next pass. */
export class DecoderCopies {
  private readonly backend: Backend
  private readonly layout: DecoderLayout
  private readonly memory: DecoderMemory
  private readonly kernels: DecoderKernels
  private readonly pages = new CopyQueue()
  private readonly slots = new CopyQueue()

  constructor(backend: Backend, layout: DecoderLayout, memory: DecoderMemory, kernels: DecoderKernels) {
    this.backend = backend
    this.layout = layout
    this.memory = memory
    this.kernels = kernels
  }

  copyPage(from: number, to: number, positions: number): void {
    if (from === to || positions === 0) return
    if (!this.pages.fits(from, to)) this.flush()
    this.pages.add({ from, to, length: (this.memory.pageFloats / 4 / 16) * positions })
  }

  copySlot(from: number, to: number): void {
    if (from === to) return
    if (!this.slots.fits(from, to)) this.flush()
    this.slots.add({ from, to, length: this.layout.hiddenStride / 4 })
  }

  /** Uploads what waits; the returned function records it. */
  prepare(): (recorder: Recorder) => void {
    const dispatches: [BoundKernel, number][] = []
    const pageCopies = this.pages.take()
    if (pageCopies.length > 0) {
      const quads = this.memory.pageFloats / 4
      this.memory.pools.forEach(({ spans, layers }, pool) => {
        const list = Array.from({ length: layers }, (_, layer) => layer * this.memory.pageCount).flatMap((first) =>
          pageCopies.flatMap(({ from, to, length }) => [(first + from) * quads, (first + to) * quads, length, 0]),
        )
        const count = pageCopies.length * layers
        this.backend.write(spans, 0, Uint32Array.from([count, 0, 0, 0, ...list]))
        dispatches.push([this.kernels.copyPages[pool] as BoundKernel, count])
      })
    }
    const slotCopies = this.slots.take()
    if (slotCopies.length > 0) {
      const list = slotCopies.flatMap(({ from, to, length }) => [from * length, to * length, length, 0])
      this.backend.write(this.memory.slotSpans, 0, Uint32Array.from([slotCopies.length, 0, 0, 0, ...list]))
      dispatches.push([this.kernels.copySlots, slotCopies.length])
    }
    return (recorder) => {
      for (const [kernel, count] of dispatches) recorder.dispatch(kernel, count)
    }
  }

  private flush(): void {
    // Resolves at once; a lost device shows itself at the next call that reads.
    void this.backend.submit(this.prepare())
  }
}
