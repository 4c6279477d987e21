import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BackendKind } from '../../core/backends.ts'
import type { Backend } from '../backend.ts'
import { openBackend } from '../open-backend.ts'

/**
 * Declares the same tests for the references, WebAssembly and WebGPU, or for some of them; where there is no adapter, WebGPU's
 * fail. Each test must leave as many live bytes as it found.
 */
export function onEachBackend(
  name: string,
  declare: (backend: () => Backend) => void,
  kinds: readonly BackendKind[] = ['cpu', 'wasm', 'webgpu'],
): void {
  describe.each(kinds)(`${name} on %s`, (choice) => {
    let backend: Backend
    let before: number
    beforeAll(async () => {
      ;({ backend } = await openBackend({ choice }))
    })
    beforeEach(() => {
      before = liveBytes(backend)
    })
    afterEach(() => {
      expect(liveBytes(backend)).toBe(before)
    })
    afterAll(() => {
      backend.dispose()
      expect(backend.memory.liveBytes).toBe(0)
    })
    test('names its adapter', ({ annotate }) => annotate(backend.adapter))
    declare(() => backend)
  })
}

/** Readback buffers are the backend's own and stay until it closes. */
function liveBytes({ memory }: Backend): number {
  return memory.liveBytes - (memory.liveByPurpose().staging ?? 0)
}
