import type { MemoryMeter } from '../memory-meter.ts'
import { COPY_DST, MAP_READ } from './usage.ts'

const SMALLEST = 4096

/**
 * Mappable buffers for reading back, used again and again: after the first passes none is created. Sizes are powers of
 * two, so a few sizes serve all readbacks; several readbacks may be under way at once.
 */
export class StagingRing {
  private readonly device: GPUDevice
  private readonly memory: MemoryMeter
  private readonly free: GPUBuffer[] = []
  private readonly all = new Set<GPUBuffer>()

  constructor(device: GPUDevice, memory: MemoryMeter) {
    this.device = device
    this.memory = memory
  }

  /** A buffer of at least `bytes`, unmapped. Give it back with `release`. */
  acquire(bytes: number): GPUBuffer {
    const found = this.free.findIndex((buffer) => buffer.size >= bytes)
    const [buffer] = found < 0 ? [] : this.free.splice(found, 1)
    if (buffer !== undefined) return buffer
    const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)))
    const created = this.device.createBuffer({ label: 'staging', size, usage: MAP_READ | COPY_DST })
    this.all.add(created)
    this.memory.add('staging', size)
    return created
  }

  release(buffer: GPUBuffer): void {
    const place = this.free.findIndex((other) => other.size > buffer.size)
    this.free.splice(place < 0 ? this.free.length : place, 0, buffer)
  }

  destroy(): void {
    for (const buffer of this.all) {
      this.memory.remove('staging', buffer.size)
      buffer.destroy()
    }
    this.all.clear()
    this.free.length = 0
  }
}
