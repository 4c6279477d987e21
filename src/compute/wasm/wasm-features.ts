import { ModuleBuilder } from './assembler/module-builder.ts'
import type { Value } from './assembler/values.ts'
import { f32x4 } from './assembler/vectors.ts'
import type { Arithmetic } from './wasm-kernel.ts'

/** Whether this browser or Node runs the kernels at all: WebAssembly with SIMD, and with relaxed SIMD where fused. */
export function runsWasm(arithmetic: Arithmetic): boolean {
  if (typeof WebAssembly === 'undefined') return false
  const x = f32x4.const(1)
  const value: Value<'v128'> = arithmetic === 'fused' ? f32x4.relaxedMadd(x, x, x) : f32x4.mul(x, x)
  const builder = new ModuleBuilder({ shared: false })
  builder.function({ parameters: [], result: 'v128' }, () => value)
  return WebAssembly.validate(builder.bytes())
}
