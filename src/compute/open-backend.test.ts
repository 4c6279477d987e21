import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { openBackend } from './open-backend.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** What a Node process of its own gets; it has to end by itself after dispose. */
function openInNode(choice: string, environment: NodeJS.ProcessEnv): string {
  const module = new URL('open-backend.ts', import.meta.url).href
  const script = `
    const { openBackend } = await import(${JSON.stringify(module)})
    try {
      const { backend, note } = await openBackend({ choice: ${JSON.stringify(choice)} })
      const buffer = await backend.createBuffer(64, 'test')
      await backend.submit(() => {}, [{ buffer, offset: 0, bytes: 4 }])
      console.log(backend.kind, note)
      backend.dispose()
    } catch (error) {
      console.log(error.details.code, error.details.nextStep)
    }`
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  }).trim()
}

test('finds the Vulkan driver by itself, and lets the process end', () => {
  const { VK_ICD_FILENAMES: _, VK_DRIVER_FILES: __, XDG_RUNTIME_DIR: ___, ...bare } = process.env
  expect(openInNode('auto', bare)).toBe('webgpu null')
})

test('auto takes the CPU where there is no adapter, and says why', () => {
  const none = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' }
  expect(openInNode('auto', none)).toBe('cpu WebGPU found no graphics adapter. Running on the CPU instead.')
  expect(openInNode('webgpu', none)).toMatch(/^no-adapter Install a Vulkan driver/)
})

test('the CPU is taken without looking for an adapter', async () => {
  const { backend, note } = await openBackend({ choice: 'cpu' })
  expect([backend.kind, backend.software, note]).toEqual(['cpu', true, null])
  backend.dispose()
})

test('in a browser the adapter comes from the navigator', async () => {
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => null } })
  const { backend, note } = await openBackend({ choice: 'auto' })
  expect([backend.kind, note]).toEqual(['cpu', 'WebGPU found no graphics adapter. Running on the CPU instead.'])
  backend.dispose()
  await expect(openBackend({ choice: 'webgpu' })).rejects.toMatchObject({
    details: { code: 'no-adapter', nextStep: expect.stringContaining('hardware acceleration') },
  })
})
