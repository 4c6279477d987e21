/** Where the engine's kernels can run: WebGPU shaders, WebAssembly SIMD, or the plain TypeScript references. */
export const BACKEND_KINDS = ['webgpu', 'wasm', 'cpu'] as const
export type BackendKind = (typeof BACKEND_KINDS)[number]

/** Backends by the names that people read. */
export const BACKEND_NAMES: Readonly<Record<BackendKind, string>> = {
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
  cpu: 'TypeScript',
}

/** What can be asked for; `auto` takes the best that is there. */
export const BACKEND_CHOICES = ['auto', ...BACKEND_KINDS] as const
export type BackendChoice = (typeof BACKEND_CHOICES)[number]

/**
 * How WebAssembly adds products up. `strict`: multiply, then add, each rounded: the same bits on every machine. `fused`: both in
 * one rounding, faster, on processors that can.
 */
export const ARITHMETICS = ['strict', 'fused'] as const
export type Arithmetic = (typeof ARITHMETICS)[number]

/** `auto` leaves it to the backend; `strict` keeps `auto` from graphics cards, too, whose bits are their own. */
export const ARITHMETIC_CHOICES = ['auto', ...ARITHMETICS] as const
export type ArithmeticChoice = (typeof ARITHMETIC_CHOICES)[number]
