/** Where the engine's kernels can run: WebGPU shaders, WebAssembly SIMD, or the plain TypeScript references. */
export const BACKEND_KINDS = ['webgpu', 'wasm', 'cpu'] as const
export type BackendKind = (typeof BACKEND_KINDS)[number]

/** Backends by the names that people read. */
export const BACKEND_NAMES: Readonly<Record<BackendKind, string>> = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  cpu: 'TypeScript',
}
