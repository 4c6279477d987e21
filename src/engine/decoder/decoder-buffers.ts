import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import { MemoryMeter } from '../../compute/memory-meter.ts'

/** The buffers of one decoder: counted by purpose, freed together. */
export class DecoderBuffers {
  readonly memory = new MemoryMeter()
  private readonly backend: Backend
  private readonly buffers: BackendBuffer[] = []

  constructor(backend: Backend) {
    this.backend = backend
  }

  async create(bytes: number, purpose: string): Promise<BackendBuffer> {
    const buffer = await this.backend.createBuffer(bytes, purpose)
    this.buffers.push(buffer)
    this.memory.add(purpose, buffer.bytes)
    return buffer
  }

  /** A buffer of 32-bit elements, floats or words. */
  words(length: number, purpose: string): Promise<BackendBuffer> {
    return this.create(4 * length, purpose)
  }

  destroy(): void {
    for (const buffer of this.buffers) buffer.destroy()
    for (const [purpose, bytes] of Object.entries(this.memory.liveByPurpose())) this.memory.remove(purpose, bytes)
    this.buffers.length = 0
  }
}
