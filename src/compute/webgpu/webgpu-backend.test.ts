import { expect, test } from 'vitest'
import type { Kernel } from '../backend.ts'
import { openWithDevice } from '../testing/node-device.ts'
import { runKernel } from '../testing/run-kernel.ts'

function copyKernel(code: string): Kernel<{ x: readonly ['u32', 'read']; y: readonly ['u32', 'read_write'] }> {
  return {
    name: 'copy',
    bindings: { x: ['u32', 'read'], y: ['u32', 'read_write'] },
    wgsl: () => `
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { ${code} }`,
    workgroups: (rows) => [rows, 1, 1],
    reference: () => () => {},
  }
}

test('runs a kernel and names its adapter', async () => {
  const { backend, info } = await openWithDevice()
  process.stdout.write(`webgpu: ${backend.adapter}\n`)
  expect(backend.adapter).toBe(info.description)
  expect(backend.limits.maxStorageBuffers).toBeGreaterThanOrEqual(10)
  const inputs = { x: Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8), y: new Uint32Array(8) }
  const { y } = await runKernel(backend, copyKernel('y[id.x] = x[id.x] + 1u;'), inputs, 2)
  expect([...y]).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  backend.dispose()
  expect(backend.memory.liveBytes).toBe(0)
})

test('several readbacks under way at once get their own bytes; later ones reuse the staging buffers', async () => {
  const { backend } = await openWithDevice()
  const buffer = await backend.createBuffer(64, 'test')
  const read = async (value: number) => {
    backend.write(buffer, 0, Uint32Array.of(value))
    const [bytes] = await backend.submit(() => {}, [{ buffer, offset: 0, bytes: 4 }])
    return new Uint32Array(bytes ?? new ArrayBuffer(0))[0]
  }
  expect(await Promise.all([1, 2, 3].map(read))).toEqual([1, 2, 3])
  const staging = backend.memory.liveByPurpose().staging
  for (const value of [4, 5, 6]) expect(await read(value)).toBe(value)
  expect(backend.memory.liveByPurpose().staging).toBe(staging)
  backend.dispose()
})

test('a lost device is told once, and everything after says so', async () => {
  const { backend, device } = await openWithDevice()
  const buffer = await backend.createBuffer(64, 'test')
  device.destroy()
  const lost = await backend.lost
  expect(lost.details).toMatchObject({ code: 'device-lost', nextStep: expect.stringContaining('again') })
  const read = backend.submit(() => {}, [{ buffer, offset: 0, bytes: 4 }])
  await expect(read).rejects.toBe(lost)
  await expect(backend.createBuffer(16, 'test')).rejects.toBe(lost)
  backend.dispose()
  expect(backend.memory.liveBytes).toBe(0)
})

test('a readback that is under way when the device goes fails with the same error', async () => {
  const { backend, device } = await openWithDevice()
  const buffer = await backend.createBuffer(64, 'test')
  const read = backend.submit(() => {}, [{ buffer, offset: 0, bytes: 4 }])
  device.destroy()
  await expect(read).rejects.toMatchObject({ details: { code: 'device-lost' } })
  backend.dispose()
})

test('no room for a buffer is an error with a next step, and the backend goes on', async () => {
  const { backend, device } = await openWithDevice()
  await expect(backend.createBuffer(2 ** 40, 'weights')).rejects.toMatchObject({
    details: { code: 'out-of-memory', found: `${2 ** 40} bytes` },
  })
  // Drivers answer through the error scope; this one is made to.
  const popErrorScope = device.popErrorScope.bind(device)
  device.popErrorScope = async () => {
    await popErrorScope()
    return { message: 'VK_ERROR_OUT_OF_DEVICE_MEMORY' } as GPUError
  }
  await expect(backend.createBuffer(4096, 'weights')).rejects.toMatchObject({
    details: { code: 'out-of-memory', message: 'The device has no room for another 4096 bytes of weights.' },
  })
  device.popErrorScope = popErrorScope
  expect(backend.memory.liveBytes).toBe(0)
  const buffer = await backend.createBuffer(4096, 'weights')
  expect(backend.memory.liveByPurpose()).toEqual({ weights: 4096 })
  buffer.destroy()
  buffer.destroy()
  expect(backend.memory.liveBytes).toBe(0)
  backend.dispose()
})

test('a kernel that does not compile is named', async () => {
  const { backend } = await openWithDevice()
  const inputs = { x: new Uint32Array(4), y: new Uint32Array(4) }
  await expect(runKernel(backend, copyKernel('y[id.x] = nonsense;'), inputs, 1)).rejects.toMatchObject({
    details: { code: 'internal', found: expect.stringContaining('nonsense') },
  })
  backend.dispose()
})

test('more workgroups than a dimension has are refused instead of dropped', async () => {
  const { backend } = await openWithDevice()
  const inputs = { x: new Uint32Array(4), y: new Uint32Array(4) }
  await expect(runKernel(backend, copyKernel(''), inputs, 65536)).rejects.toThrow('65536×1×1 workgroups')
  backend.dispose()
})
