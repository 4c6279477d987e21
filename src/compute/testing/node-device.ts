import type { Backend } from '../backend.ts'
import { createNodeGpu } from '../webgpu/node-adapter.ts'
import { createWebGpuBackend } from '../webgpu/webgpu-backend.ts'

/** A WebGPU backend and the device under it, with which tests do what drivers do. */
export async function openWithDevice(): Promise<{ backend: Backend; device: GPUDevice; info: GPUAdapterInfo }> {
  const gpu = await createNodeGpu()
  const adapter = await gpu?.requestAdapter()
  if (!adapter) throw new Error('no adapter')
  let device: GPUDevice | undefined
  const spy = {
    info: adapter.info,
    limits: adapter.limits,
    features: adapter.features,
    requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
      device = await adapter.requestDevice(descriptor)
      return device
    },
  } as GPUAdapter
  const backend = await createWebGpuBackend(spy, { owner: gpu })
  if (device === undefined) throw new Error('no device')
  return { backend, device, info: adapter.info }
}
