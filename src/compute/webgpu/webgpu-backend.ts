import { StepscopeError } from '../../core/errors.ts'
import type { TuningMemory } from '../autotune.ts'
import { autotune } from '../autotune.ts'
import type {
  Backend,
  BackendBuffer,
  BackendLimits,
  Bindings,
  BoundKernel,
  Kernel,
  ReadRange,
  Recorder,
} from '../backend.ts'
import { bufferTooLarge, noRoom } from '../memory-errors.ts'
import { MemoryMeter } from '../memory-meter.ts'
import type { AdapterClass, MatmulTileName, Tuning } from '../tuning.ts'
import { MATMUL_TILES, tileCandidates, tuningFor } from '../tuning.ts'
import { adapterName, isSoftware } from './adapter-names.ts'
import { StagingRing } from './staging-ring.ts'
import { COMPUTE_STAGE, COPY_DST, COPY_SRC, MAP_MODE_READ, STORAGE } from './usage.ts'

class GpuBuffer implements BackendBuffer {
  readonly bytes: number
  readonly handle: GPUBuffer
  private readonly release: () => void
  private destroyed = false

  constructor(handle: GPUBuffer, release: () => void) {
    this.bytes = handle.size
    this.handle = handle
    this.release = release
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.handle.destroy()
    this.release()
  }
}

class GpuBoundKernel implements BoundKernel {
  readonly name: string
  readonly pipeline: GPUComputePipeline
  readonly group: GPUBindGroup
  readonly workgroups: Kernel['workgroups']

  constructor(name: string, pipeline: GPUComputePipeline, group: GPUBindGroup, workgroups: Kernel['workgroups']) {
    this.name = name
    this.pipeline = pipeline
    this.group = group
    this.workgroups = workgroups
  }
}

export interface WebGpuOptions {
  /** Lower than the adapter's, to try how tensors are split. */
  readonly maxBindingBytes?: number
  /** Instead of the adapter class's own. */
  readonly tuning?: Tuning
  /** A tile by name, or the fastest by measurement. */
  readonly tile?: MatmulTileName | 'measured'
  readonly tuningMemory?: TuningMemory
  /** Kept from collection while the device lives: in Node, Dawn's instance must outlive its devices. */
  readonly owner?: unknown
}

const REQUESTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupStorageSize',
] as const

/** What some variant of a kernel uses; every kernel has one that needs none of them. */
const WANTED_FEATURES = ['subgroups'] as const

/** Opens a device with the adapter's own limits. The adapter must not have been used before. */
export async function createWebGpuBackend(adapter: GPUAdapter, options: WebGpuOptions = {}): Promise<Backend> {
  const requiredLimits = Object.fromEntries(REQUESTED_LIMITS.map((name) => [name, adapter.limits[name]]))
  let device: GPUDevice
  try {
    device = await adapter.requestDevice({
      label: 'stepscope',
      requiredLimits,
      requiredFeatures: WANTED_FEATURES.filter((name) => adapter.features.has(name)),
    })
  } catch (cause) {
    throw new StepscopeError(
      {
        code: 'no-adapter',
        message: `The adapter ${adapterName(adapter.info)} gave no device.`,
        nextStep: 'Reload the page or restart the browser; the CPU backend works without it.',
      },
      { cause },
    )
  }
  const backend = new WebGpuBackend(device, adapter.info, options)
  try {
    if (options.tile === 'measured') {
      const found = await autotune(backend, environmentOf(adapter.info), options.tuningMemory ?? null)
      if (found !== null) backend.takeTile(found)
    } else if (options.tile !== undefined) backend.takeTile(options.tile)
  } catch (error) {
    backend.dispose()
    throw error
  }
  return backend
}

/** What may change how fast kernels are on an adapter of the same name. */
function environmentOf({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const browser = typeof navigator === 'undefined' ? '' : navigator.userAgent
  return [vendor, architecture, device, description, browser].join(' ')
}

/** WebGPU, in a browser, a worker or Node. */
class WebGpuBackend implements Backend {
  readonly kind = 'webgpu'
  readonly adapter: string
  readonly software: boolean
  readonly features: ReadonlySet<string>
  readonly limits: BackendLimits
  tuning: Tuning
  readonly tiles: readonly MatmulTileName[]
  readonly memory = new MemoryMeter()
  readonly lost: Promise<StepscopeError>
  private readonly device: GPUDevice
  private readonly staging: StagingRing
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>()
  private readonly layouts = new Map<string, GPUBindGroupLayout>()
  private readonly buffers = new Set<GpuBuffer>()
  owner: unknown
  /** Why nothing works any more, if so. */
  private failure: StepscopeError | null = null

  constructor(device: GPUDevice, info: GPUAdapterInfo, options: WebGpuOptions) {
    this.device = device
    this.adapter = adapterName(info)
    this.software = isSoftware(info)
    this.features = new Set(device.features)
    const adapter = adapterClass(device, info)
    this.tuning = options.tuning ?? tuningFor(adapter)
    this.tiles = tileCandidates(adapter)
    this.owner = options.owner
    this.limits = {
      maxBindingBytes: Math.min(
        device.limits.maxStorageBufferBindingSize,
        device.limits.maxBufferSize,
        options.maxBindingBytes ?? Number.POSITIVE_INFINITY,
      ),
      maxBytes: Number.POSITIVE_INFINITY,
      maxStorageBuffers: device.limits.maxStorageBuffersPerShaderStage,
      maxInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
      maxWorkgroupBytes: device.limits.maxComputeWorkgroupStorageSize,
      maxWorkgroups: device.limits.maxComputeWorkgroupsPerDimension,
    }
    this.staging = new StagingRing(device, this.memory)
    this.lost = new Promise((resolve) => {
      void device.lost.then((info) => {
        if (this.failure !== null && info.reason === 'destroyed') return
        this.failure = deviceLost(info)
        resolve(this.failure)
      })
    })
    device.addEventListener('uncapturederror', ({ error }) => {
      this.failure ??= uncaptured(error)
    })
  }

  /** @throws StepscopeError `bad-setting` where this adapter cannot run it */
  takeTile(name: MatmulTileName): void {
    if (!this.tiles.includes(name)) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: `${this.adapter} has no tile of this name`,
        expected: `one of ${this.tiles.join(', ')}`,
        found: name,
        nextStep: 'Take one of these, or let the table choose.',
      })
    }
    this.tuning = { ...this.tuning, matmul: MATMUL_TILES[name] }
  }

  async createBuffer(bytes: number, purpose: string): Promise<BackendBuffer> {
    this.assertOpen()
    const size = Math.max(16, Math.ceil(bytes / 16) * 16)
    if (size > this.limits.maxBindingBytes) throw bufferTooLarge(size, this.limits.maxBindingBytes, purpose)
    this.device.pushErrorScope('validation')
    this.device.pushErrorScope('out-of-memory')
    const handle = this.device.createBuffer({ label: purpose, size, usage: STORAGE | COPY_SRC | COPY_DST })
    const problems = await Promise.all([this.device.popErrorScope(), this.device.popErrorScope()])
    const problem = problems.find((error) => error !== null)
    if (problem !== undefined) {
      handle.destroy()
      throw noRoom(size, purpose, new Error(problem?.message))
    }
    const buffer: GpuBuffer = new GpuBuffer(handle, () => {
      this.buffers.delete(buffer)
      this.memory.remove(purpose, size)
    })
    this.buffers.add(buffer)
    this.memory.add(purpose, size)
    return buffer
  }

  write(buffer: BackendBuffer, offset: number, data: Float32Array | Uint32Array): void {
    this.assertOpen()
    // Our arrays are never on shared memory.
    this.device.queue.writeBuffer(asGpuBuffer(buffer).handle, offset, data as Float32Array<ArrayBuffer>)
  }

  async bind<B extends Bindings>(
    kernel: Kernel<B>,
    buffers: { readonly [K in keyof B]: BackendBuffer },
  ): Promise<BoundKernel> {
    this.assertOpen()
    const layout = this.layout(kernel.bindings)
    const pipeline = await this.pipeline(kernel.name, kernel.wgsl(), layout)
    const group = this.device.createBindGroup({
      label: kernel.name,
      layout,
      entries: Object.keys(kernel.bindings).map((name, binding) => ({
        binding,
        resource: { buffer: asGpuBuffer(buffers[name as keyof B]).handle },
      })),
    })
    return new GpuBoundKernel(kernel.name, pipeline, group, kernel.workgroups)
  }

  async submit(record: (recorder: Recorder) => void, reads: readonly ReadRange[] = []): Promise<ArrayBuffer[]> {
    this.assertOpen()
    const encoder = this.device.createCommandEncoder()
    this.recordPass(encoder, record)
    const total = reads.reduce((bytes, read) => bytes + read.bytes, 0)
    const staging = total > 0 ? this.staging.acquire(total) : null
    if (staging !== null) {
      let place = 0
      for (const { buffer, offset, bytes } of reads) {
        encoder.copyBufferToBuffer(asGpuBuffer(buffer).handle, offset, staging, place, bytes)
        place += bytes
      }
    }
    this.device.queue.submit([encoder.finish()])
    if (staging === null) return reads.map(() => new ArrayBuffer(0))
    return this.readBack(staging, reads)
  }

  dispose(): void {
    if (this.failure === null) this.failure = closed()
    for (const buffer of [...this.buffers]) buffer.destroy()
    this.staging.destroy()
    this.pipelines.clear()
    this.layouts.clear()
    this.device.destroy()
    this.owner = null
  }

  private recordPass(encoder: GPUCommandEncoder, record: (recorder: Recorder) => void): void {
    let pass: GPUComputePassEncoder | null = null
    let pipeline: GPUComputePipeline | null = null
    record({
      dispatch: (kernel, rows) => {
        if (!(kernel instanceof GpuBoundKernel)) throw new TypeError(`${kernel.name} is bound on another backend`)
        if (rows === 0) return
        const [x, y, z] = kernel.workgroups(rows)
        // WebGPU would drop such a dispatch without a word to the kernel's reader.
        if (Math.max(x, y, z) > this.limits.maxWorkgroups) {
          throw new RangeError(`${kernel.name}: ${x}×${y}×${z} workgroups`)
        }
        pass ??= encoder.beginComputePass()
        if (kernel.pipeline !== pipeline) pass.setPipeline(kernel.pipeline)
        pipeline = kernel.pipeline
        pass.setBindGroup(0, kernel.group)
        pass.dispatchWorkgroups(x, y, z)
      },
    })
    ;(pass as GPUComputePassEncoder | null)?.end()
  }

  private async readBack(staging: GPUBuffer, reads: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    const total = reads.reduce((bytes, read) => bytes + read.bytes, 0)
    try {
      await staging.mapAsync(MAP_MODE_READ, 0, total)
    } catch (cause) {
      throw this.failure ?? deviceLost(cause)
    }
    const mapped = staging.getMappedRange(0, total)
    let place = 0
    const results = reads.map(({ bytes }) => {
      place += bytes
      return mapped.slice(place - bytes, place)
    })
    staging.unmap()
    this.staging.release(staging)
    this.assertOpen()
    return results
  }

  private layout(bindings: Bindings): GPUBindGroupLayout {
    const access = Object.values(bindings).map(([, access]) => access)
    const key = access.join()
    const known = this.layouts.get(key)
    if (known !== undefined) return known
    const layout = this.device.createBindGroupLayout({
      entries: access.map((access, binding) => ({
        binding,
        visibility: COMPUTE_STAGE,
        buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
      })),
    })
    this.layouts.set(key, layout)
    return layout
  }

  private pipeline(name: string, code: string, layout: GPUBindGroupLayout): Promise<GPUComputePipeline> {
    const known = this.pipelines.get(code)
    if (known !== undefined) return known
    const module = this.device.createShaderModule({ label: name, code })
    const created = this.device
      .createComputePipelineAsync({
        label: name,
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      })
      .catch((cause: unknown) => {
        this.assertOpen()
        throw new StepscopeError(
          {
            code: 'internal',
            message: `${this.adapter} refused the kernel ${name}: ${cause instanceof Error ? cause.message : cause}`,
            nextStep: 'Report this with the browser and the graphics card; meanwhile the CPU backend works.',
          },
          { cause },
        )
      })
    this.pipelines.set(code, created)
    return created
  }

  private assertOpen(): void {
    if (this.failure !== null) throw this.failure
  }
}

function asGpuBuffer(buffer: BackendBuffer): GpuBuffer {
  if (buffer instanceof GpuBuffer) return buffer
  throw new TypeError('the buffer belongs to another backend')
}

function adapterClass({ features }: GPUDevice, info: GPUAdapterInfo): AdapterClass {
  return {
    kind: 'webgpu',
    software: isSoftware(info),
    subgroupSize: info.subgroupMaxSize,
    subgroups: features.has('subgroups') && info.subgroupMinSize === info.subgroupMaxSize,
  }
}

/** An error outside allocation and loading: nothing that follows can be trusted. */
function uncaptured(error: GPUError): StepscopeError {
  // Node has the error classes only in Dawn's own globals, so the name has to do.
  if (error.constructor.name === 'GPUOutOfMemoryError') return noRoom(0, 'readback', error)
  return new StepscopeError(
    {
      code: 'internal',
      message: 'The graphics device refused a command, which is a mistake in Stepscope',
      // A mistake of ours: whoever reports it needs the device's own words.
      found: error.message,
      nextStep: 'Take the CPU backend, and report this with the browser and the graphics card.',
    },
    { cause: error },
  )
}

/** @param cause the browser's own words, which are for its makers */
function deviceLost(cause: unknown): StepscopeError {
  return new StepscopeError(
    {
      code: 'device-lost',
      message: 'The graphics device was lost: its driver or process stopped, or another page took its memory',
      nextStep: 'The models can be loaded again. If it happens again, take the CPU backend or a smaller model.',
    },
    { cause },
  )
}

function closed(): StepscopeError {
  return new StepscopeError({
    code: 'device-lost',
    message: 'This backend was closed.',
    nextStep: 'Load the models again.',
  })
}
