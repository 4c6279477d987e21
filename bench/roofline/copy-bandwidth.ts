import type { Backend, Kernel } from '../../src/compute/backend.ts'
import { declareBindings } from '../../src/compute/kernels/declare-bindings.ts'
import { COPY_DST, COPY_SRC } from '../../src/compute/webgpu/usage.ts'

const BINDINGS = { source: ['f32', 'read'], copied: ['f32', 'read_write'] } as const
/** Two of these fit no cache. */
const BYTES = 2 ** 26
const LANES = 64
const WORKGROUPS = 1024
const REPETITIONS = 6
const COPIES = 4

/** Bytes per second, read and written ones both counted. */
export interface CopyBandwidth {
  /** A kernel of ours that copies vec4f. */
  readonly kernel: number
  /** The device's own copyBufferToBuffer; null on the CPU backend, which has none. */
  readonly buffers: number | null
}

/** Copies 64 MiB several times, best of several submits, in both ways. */
export async function measureCopyBandwidth(backend: Backend): Promise<CopyBandwidth> {
  const source = await backend.createBuffer(BYTES, 'benchmark')
  const target = await backend.createBuffer(BYTES, 'benchmark')
  try {
    backend.write(source, 0, new Float32Array(BYTES / 4).fill(1))
    const bound = await backend.bind(COPY_KERNEL, { source, copied: target })
    const kernel = await bestBandwidth(() =>
      backend.submit(
        (recorder) => {
          for (let i = 0; i < COPIES; i++) recorder.dispatch(bound, 1)
        },
        [{ buffer: target, offset: 0, bytes: 16 }],
      ),
    )
    return { kernel, buffers: backend.kind === 'webgpu' ? await copyBufferBandwidth() : null }
  } finally {
    source.destroy()
    target.destroy()
  }
}

async function bestBandwidth(copy: () => Promise<unknown>): Promise<number> {
  let best = 0
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const start = performance.now()
    await copy()
    best = Math.max(best, (1000 * COPIES * 2 * BYTES) / (performance.now() - start))
  }
  return best
}

/** On a device of its own: the engine's backend copies buffers only into its readback. */
async function copyBufferBandwidth(): Promise<number> {
  const gpu = await findGpu()
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new Error('the adapter that was there is gone')
  const device = await adapter.requestDevice()
  const usage = COPY_SRC | COPY_DST
  const source = device.createBuffer({ size: BYTES, usage })
  const target = device.createBuffer({ size: BYTES, usage })
  device.queue.writeBuffer(source, 0, new Float32Array(BYTES / 4).fill(1))
  const best = await bestBandwidth(() => {
    const encoder = device.createCommandEncoder()
    for (let i = 0; i < COPIES; i++) encoder.copyBufferToBuffer(source, 0, target, 0, BYTES)
    device.queue.submit([encoder.finish()])
    return device.queue.onSubmittedWorkDone()
  })
  device.destroy()
  return best
}

async function findGpu(): Promise<GPU> {
  if (typeof navigator !== 'undefined' && navigator.gpu !== undefined) return navigator.gpu
  const path = '../../src/compute/webgpu/node-adapter.ts'
  const node = (await import(/* @vite-ignore */ path)) as { createNodeGpu(): Promise<GPU> }
  return node.createNodeGpu()
}

const COPY_KERNEL: Kernel<typeof BINDINGS> = {
  name: 'copy-bandwidth',
  bindings: BINDINGS,
  wgsl: () => `
${declareBindings(BINDINGS, { source: 'vec4f', copied: 'vec4f' })}

@compute @workgroup_size(${LANES})
fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var i = id.x; i < ${BYTES / 16}u; i += ${LANES * WORKGROUPS}u) { copied[i] = source[i]; }
}
`,
  workgroups: () => [WORKGROUPS, 1, 1],
  reference:
    ({ source, copied }) =>
    () =>
      copied.set(source),
}
