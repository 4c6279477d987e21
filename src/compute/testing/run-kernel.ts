import type { Backend, BackendBuffer, Bindings, Kernel, Views } from '../backend.ts'
import { ROW_WORDS } from '../kernels/rows.ts'

/** Runs a kernel once on copies of the inputs. @returns all bindings' contents afterwards */
export async function runKernel<B extends Bindings>(
  backend: Backend,
  kernel: Kernel<B>,
  inputs: Views<B>,
  rows: number,
): Promise<Views<B>> {
  const names = Object.keys(kernel.bindings) as (keyof B & string)[]
  const buffers = {} as { [K in keyof B]: BackendBuffer }
  try {
    for (const name of names) {
      buffers[name] = await backend.createBuffer(inputs[name].byteLength, 'test')
      backend.write(buffers[name], 0, inputs[name])
    }
    const bound = await backend.bind(kernel, buffers)
    const reads = names.map((name) => ({ buffer: buffers[name], offset: 0, bytes: inputs[name].byteLength }))
    const results = await backend.submit((recorder) => recorder.dispatch(bound, rows), reads)
    return Object.fromEntries(
      names.map((name, index) => {
        const bytes = results[index] as ArrayBuffer
        return [name, kernel.bindings[name]?.[0] === 'f32' ? new Float32Array(bytes) : new Uint32Array(bytes)]
      }),
    ) as Views<B>
  } finally {
    for (const name of names) buffers[name]?.destroy()
  }
}

/** A rows buffer from (token, position, table, slot) of each row; capacity for a few more, which say nonsense. */
export function makeRows(rows: readonly (readonly [number, number, number, number])[]): Uint32Array {
  const nonsense = Array.from({ length: 2 * ROW_WORDS }, () => 0)
  return Uint32Array.of(rows.length, 0, 0, 0, ...rows.flat(), ...nonsense)
}

/** Repeatable numbers in [−size, size), rounded to float32. */
export function someFloats(length: number, seed: number, size = 1): Float32Array {
  let state = seed + 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return ((state / 2 ** 32) * 2 - 1) * size
  })
}

/** Largest |found − expected| relative to the largest |expected|. NaN counts as infinitely far. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY
  let most = 0
  let size = Number.MIN_VALUE
  for (let i = 0; i < found.length; i++) {
    const apart = Math.abs((found[i] as number) - (expected[i] as number))
    most = Math.max(most, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart)
    size = Math.max(size, Math.abs(expected[i] as number))
  }
  return most / size
}
