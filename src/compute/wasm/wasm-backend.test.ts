import { afterEach, describe, expect, test } from 'vitest'
import type { Backend, BackendBuffer, Kernel } from '../backend.ts'
import { multiplyKernel } from '../kernels/multiply/multiply.ts'
import { someFloats } from '../testing/run-kernel.ts'
import { i32 } from './assembler/scalars.ts'
import type { WasmBackendOptions } from './wasm-backend.ts'
import { createWasmBackend } from './wasm-backend.ts'
import type { WasmContext } from './wasm-kernel.ts'

const BINDINGS = { units: ['u32', 'read'], output: ['u32', 'read_write'] } as const

/** A kernel of units that are worth a thread each. */
function ofUnits(key: string, emit: (context: WasmContext<typeof BINDINGS>) => void): Kernel<typeof BINDINGS> {
  return {
    name: 'test',
    bindings: BINDINGS,
    wgsl: () => '',
    workgroups: () => [1, 1, 1],
    wasm: () => ({ key, cost: 1e6, scratchBytes: 64, units: ({ at }) => i32.load(at.units), emit }),
    reference: () => () => {},
  }
}

/** Each unit counts itself, slowly enough for all threads to take some, and notes its thread by its scratch space. */
const counting = ofUnits('counting', ({ f, at, first, end, scratch }) => {
  f.for(first, end, (unit) => {
    const place = f.local('i32', i32.add(at.output, i32.shl(unit, 3)))
    f.for(0, 20_000, () => f.store('i32', place, i32.add(i32.load(place, 4), 1), 4))
    f.store('i32', place, scratch)
  })
})

let opened: Backend[] = []
async function open(options: WasmBackendOptions = {}) {
  const backend = await createWasmBackend(options)
  opened.push(backend)
  return backend
}
afterEach(() => {
  for (const backend of opened) backend.dispose()
  opened = []
})

async function words(backend: Backend, data: Uint32Array): Promise<BackendBuffer> {
  const buffer = await backend.createBuffer(data.byteLength, 'test')
  backend.write(buffer, 0, data)
  return buffer
}

async function runUnits(backend: Backend, kernel: Kernel<typeof BINDINGS>, units: number) {
  const buffers = {
    units: await words(backend, Uint32Array.of(units)),
    output: await words(backend, new Uint32Array(2 * units)),
  }
  const bound = await backend.bind(kernel, buffers)
  const reads = [{ buffer: buffers.output, offset: 0, bytes: 8 * units }]
  const [bytes] = await backend.submit((recorder) => recorder.dispatch(bound, 1), reads)
  return new Uint32Array(bytes as ArrayBuffer)
}

describe('the WebAssembly backend', () => {
  test.each([{ threads: 1 }, { threads: 2 }, { threads: 5 }, { shared: false }])(
    'does each unit once, %o',
    async (options) => {
      const backend = await open(options)
      const found = await runUnits(backend, counting, 500)
      const counts = found.filter((_, index) => index % 2 === 1)
      expect(counts).toHaveLength(500)
      expect(counts.every((count) => count === 20_000)).toBe(true)
      const threads = new Set(found.filter((_, index) => index % 2 === 0))
      expect(threads.size).toBeLessThanOrEqual(options.threads ?? 1)
    },
  )

  test('threads take part, again after they slept and with kernels that came later', async () => {
    const backend = await open({ threads: 2 })
    expect(backend.adapter).toBe('CPU (WebAssembly SIMD, 2 threads, strict)')
    const taken = async (kernel: Kernel<typeof BINDINGS>) => {
      // On a busy machine the other thread may come late.
      for (let tries = 0; tries < 50; tries++) {
        const found = await runUnits(backend, kernel, 500)
        if (new Set(found.filter((_, index) => index % 2 === 0)).size === 2) return true
      }
      return false
    }
    expect(await taken(counting)).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const later = ofUnits('later', ({ f, at, first, end, scratch }) => {
      f.for(first, end, (unit) => {
        f.for(0, 20_000, () => f.store('i32', at.units, i32.load(at.units)))
        f.store('i32', i32.add(at.output, i32.shl(unit, 3)), scratch)
      })
    })
    expect(await taken(later)).toBe(true)
  })

  test.each([{ shared: false }, {}])('keeps data and references while the memory grows, %o', async (options) => {
    const backend = await open(options)
    const kernel = multiplyKernel(4)
    const reference = { ...kernel, name: 'reference' }
    delete reference.wasm
    const values = someFloats(4000, 1)
    const buffers = {
      rows: await words(backend, Uint32Array.of(1000, 0, 0, 0)),
      input: await words(backend, new Uint32Array(values.buffer)),
      output: await words(backend, new Uint32Array(someFloats(4000, 2).buffer)),
    }
    const kernels = [await backend.bind(reference, buffers), await backend.bind(kernel, buffers)]
    const read = async () => {
      const reads = [{ buffer: buffers.output, offset: 0, bytes: 16000 }]
      const [bytes] = await backend.submit((recorder) => {
        for (const bound of kernels) recorder.dispatch(bound, 1000)
      }, reads)
      return [...new Float32Array(bytes as ArrayBuffer)]
    }
    let expected = someFloats(4000, 2)
    for (let round = 0; round < 3; round++) {
      for (let times = 0; times < 2; times++) expected = expected.map((x, i) => x * (values[i] as number))
      expect(await read()).toEqual([...expected])
      const large = await backend.createBuffer(2 ** (25 + round), 'test')
      const [zeros] = await backend.submit(() => {}, [{ buffer: large, offset: 2 ** 24, bytes: 64 }])
      expect([...new Uint32Array(zeros as ArrayBuffer)]).toEqual(Array.from({ length: 16 }, () => 0))
    }
  })

  test('gives back what is freed, as zeros, and refuses what does not fit', async () => {
    const backend = await open({ mostBytes: 2 ** 26 })
    for (let round = 0; round < 50; round++) {
      const some = await Promise.all([2e6, 1e6, 30e6].map((bytes) => backend.createBuffer(bytes, 'test')))
      const last = some.at(-1) as BackendBuffer
      const [bytes] = await backend.submit(() => {}, [{ buffer: last, offset: 0, bytes: 4000 }])
      expect(new Uint32Array(bytes as ArrayBuffer).every((word) => word === 0)).toBe(true)
      backend.write(last, 0, new Uint32Array(1000).fill(7))
      for (const buffer of round % 2 ? some : some.reverse()) buffer.destroy()
    }
    expect(backend.memory.liveBytes).toBe(0)
    await expect(backend.createBuffer(2 ** 27, 'weights')).rejects.toMatchObject({ details: { code: 'out-of-memory' } })
    expect((await backend.createBuffer(1e6, 'weights')).bytes).toBe(1e6)
  })

  test('a thread that fails, or does not go on, loses the device and hangs nobody', async () => {
    const failing = (how: 'traps' | 'hangs') =>
      ofUnits(how, ({ f, first, end, scratch, at }) => {
        f.for(first, end, () => {
          // Thread 0 waits for the other to come, and goes on.
          f.for(0, 200_000, () => f.store('i32', at.output, 0))
          f.if(i32.ne(scratch, i32.load(0, 336)), () => {
            if (how === 'traps') f.drop(i32.divU(1, i32.load(at.output)))
            else f.loop((again) => f.branch(again))
          })
        })
      })
    for (const how of ['traps', 'hangs'] as const) {
      const backend = await open({ threads: 2, patienceMs: 300 })
      const kernel = failing(how)
      const tries = async () => {
        for (let round = 0; round < 50; round++) await runUnits(backend, kernel, 500)
      }
      await expect(tries()).rejects.toMatchObject({ details: { code: 'device-lost' } })
      expect((await backend.lost).details.code).toBe('device-lost')
      await expect(backend.submit(() => {})).rejects.toMatchObject({ details: { code: 'device-lost' } })
    }
  })

  test('takes no work once it is closed', async () => {
    const backend = await open()
    backend.dispose()
    await expect(backend.createBuffer(16, 'test')).rejects.toMatchObject({ details: { code: 'device-lost' } })
  })
})
