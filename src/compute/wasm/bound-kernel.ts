import type { BackendBuffer, Bindings, BoundKernel, Kernel, Views } from '../backend.ts'
import { HOST } from './control-block.ts'
import type { LinkedKernel } from './linker.ts'
import type { WasmBuffer } from './wasm-buffer.ts'
import { asWasmBuffer } from './wasm-buffer.ts'

/** A kernel with its buffers: the words of its descriptor, and where they lie for the current submit. */
export class WasmBoundKernel implements BoundKernel {
  readonly name: string
  readonly words: Int32Array
  /** The submit that this kernel's descriptor was written for, and its address there. */
  submit = -1
  address = 0
  /** The reference, for a kernel without WebAssembly. */
  readonly host: (() => void) | null

  constructor(name: string, words: Int32Array, host: (() => void) | null) {
    this.name = name
    this.words = words
    this.host = host
  }
}

export function boundFunction<B extends Bindings>(
  kernel: Kernel<B>,
  linked: LinkedKernel,
  buffers: { readonly [K in keyof B]: BackendBuffer },
): WasmBoundKernel {
  const addresses = Object.keys(kernel.bindings).map(
    (name) => asWasmBuffer(buffers[name as keyof B] as BackendBuffer).address,
  )
  const words = Int32Array.of(linked.units, linked.run, ...addresses)
  return new WasmBoundKernel(kernel.name, words, null)
}

/** Runs the kernel's reference on views of the same memory; made anew where that has moved. */
export function boundReference<B extends Bindings>(
  kernel: Kernel<B>,
  buffers: { readonly [K in keyof B]: BackendBuffer },
): WasmBoundKernel {
  const bound = Object.entries(kernel.bindings).map(([name, [type]]): [string, string, WasmBuffer] => [
    name,
    type,
    asWasmBuffer(buffers[name as keyof B] as BackendBuffer),
  ])
  let run: (() => void) | null = null
  const host = () => {
    if (run === null || bound.some(([, , buffer]) => !buffer.stable)) {
      const views = bound.map(([name, type, buffer]) => [name, type === 'f32' ? buffer.f32 : buffer.u32])
      run = kernel.reference(Object.fromEntries(views) as Views<B>)
    }
    run()
  }
  return new WasmBoundKernel(kernel.name, Int32Array.of(HOST, 0), host)
}
