/** Bytes in the page's GPU buffers, whoever made them. */
interface GpuBytes {
  readonly liveBytes: number
  readonly peakBytes: number
  /** Buffers created since the meter was put in. */
  readonly created: number
}

/**
 * Counts every buffer that is created and destroyed in this page from now on, pools and staging of an engine included:
 * what its adapter has to hold. Buffers that die with their device, or are only dropped, stay counted.
 */
export function meterGpuBytes(): GpuBytes {
  const meter = { liveBytes: 0, peakBytes: 0, created: 0 }
  if (typeof GPUDevice === 'undefined') return meter
  const sizes = new WeakMap<GPUBuffer, number>()
  const { createBuffer } = GPUDevice.prototype
  const { destroy } = GPUBuffer.prototype
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor)
    sizes.set(buffer, descriptor.size)
    meter.created += 1
    meter.liveBytes += descriptor.size
    meter.peakBytes = Math.max(meter.peakBytes, meter.liveBytes)
    return buffer
  }
  GPUBuffer.prototype.destroy = function () {
    meter.liveBytes -= sizes.get(this) ?? 0
    sizes.delete(this)
    return destroy.call(this)
  }
  return meter
}
