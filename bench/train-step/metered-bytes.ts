import { meterGpuBytes } from './gpu-bytes.ts'

/** Bytes that engines hold apart from JavaScript's heap. */
export interface MeteredBytes {
  readonly peakBytes: number
  /** GPU buffers created since the meter was put in. */
  readonly created: number
}

/** Counts GPU buffers and WebAssembly memories of this page or worker from now on. A WebAssembly memory never shrinks: what it has is its peak. */
export function meterBytes(): MeteredBytes {
  const gpu = meterGpuBytes()
  const memories: WebAssembly.Memory[] = []
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      memories.push(this)
    }
  }
  return {
    get peakBytes() {
      return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, gpu.peakBytes)
    },
    get created() {
      return gpu.created
    },
  }
}
