import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
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

const NOWHERE = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' }

test('finds the Vulkan driver by itself, and lets the process end', () => {
  const { VK_ICD_FILENAMES: _, VK_DRIVER_FILES: __, XDG_RUNTIME_DIR: ___, ...bare } = process.env
  expect(openInNode('webgpu', bare)).toBe('webgpu null')
  expect(openInNode('webgpu', NOWHERE)).toMatch(/^no-adapter Install a Vulkan driver/)
})

test('without a graphics card auto takes WebAssembly in Node, says why, and lets the process end', () => {
  expect(openInNode('auto', NOWHERE)).toMatch(/^wasm (This machine shows no graphics card|WebGPU found no graphics)/)
})

test('the references are taken without looking for an adapter', async () => {
  const { backend, note } = await openBackend({ choice: 'cpu' })
  expect([backend.kind, backend.software, note]).toEqual(['cpu', true, null])
  backend.dispose()
})

/** A browser whose WebGPU gives this adapter, and that has none of the machine's own. */
function browserWith(info: Partial<GPUAdapterInfo> | null) {
  const adapter = info && { info: { vendor: '', architecture: '', device: '', description: '', ...info } }
  const requestAdapter = vi.fn(async () => adapter)
  vi.stubGlobal('navigator', { gpu: { requestAdapter } })
  return requestAdapter
}

const NO_ADAPTER = 'WebGPU found no graphics adapter.'

describe('in a browser', () => {
  test.each([
    ['no adapter', null, NO_ADAPTER],
    [
      'SwiftShader',
      { architecture: 'swiftshader' },
      'The graphics adapter is software (SwiftShader), which is slower.',
    ],
    ['WARP', { description: 'Microsoft Basic Render Driver' }, expect.stringContaining('Basic Render')],
    ['an adapter that calls itself a fallback', { isFallbackAdapter: true }, expect.stringContaining('software')],
  ])('auto takes WebAssembly where there is %s', async (_, info, reason) => {
    browserWith(info)
    const { backend, note } = await openBackend({ choice: 'auto', wasm: { threads: 1 } })
    expect([backend.kind, note]).toEqual(['wasm', reason])
    backend.dispose()
  })

  test('strict arithmetic keeps auto from looking for a graphics card', async () => {
    const requestAdapter = browserWith({ vendor: 'nvidia' })
    const { backend, note } = await openBackend({ choice: 'auto', wasm: { threads: 1, arithmetic: 'strict' } })
    expect([backend.kind, note]).toEqual(['wasm', expect.stringContaining('Strict arithmetic')])
    expect(backend.features).toContain('strict')
    expect(requestAdapter).not.toHaveBeenCalled()
    backend.dispose()
  })

  test('auto takes the references where WebAssembly has no SIMD, with all reasons', async () => {
    browserWith(null)
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
    const { backend, note } = await openBackend({ choice: 'auto' })
    expect([backend.kind, note]).toEqual(['cpu', `${NO_ADAPTER} There is no WebAssembly SIMD here.`])
    backend.dispose()
    await expect(openBackend({ choice: 'wasm' })).rejects.toMatchObject({ details: { code: 'no-adapter' } })
  })

  test('WebGPU that is asked for is had, or the error says what helps', async () => {
    browserWith(null)
    await expect(openBackend({ choice: 'webgpu' })).rejects.toMatchObject({
      details: { code: 'no-adapter', nextStep: expect.stringContaining('hardware acceleration') },
    })
  })
})

test('a page that is not isolated says that it has one thread, and why', async () => {
  // No part of Node, as a browser has none.
  vi.stubGlobal('process', undefined)
  vi.stubGlobal('crossOriginIsolated', false)
  const { backend, note } = await openBackend({ choice: 'wasm' })
  vi.unstubAllGlobals()
  expect(backend.adapter).toContain('1 thread,')
  expect(note).toContain('not isolated')
  backend.dispose()
})
