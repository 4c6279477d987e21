import { ModuleBuilder } from '/work/wt/wattn/src/compute/wasm/assembler/module-builder.ts'
import { f32x4, v128 } from '/work/wt/wattn/src/compute/wasm/assembler/vectors.ts'
import { exponential, logarithm } from '/work/wt/wattn/src/compute/wasm/exponential.ts'
const strict = (a: any, b: any, c: any) => f32x4.add(f32x4.mul(a, b), c)
for (const [n, fn] of [['exp', exponential], ['log', logarithm]] as const) {
  const builder = new ModuleBuilder({ shared: false })
  builder.function({ parameters: ['i32'], result: null, exported: 'main' }, (f, [bytes]) => {
    f.for(0, bytes, (at) => f.store('v128', at, fn(f, strict, v128.load(at, 0)), 16384), 16)
    return null
  })
  const memory = new WebAssembly.Memory({ initial: 64 })
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 } as any)
  const main = new WebAssembly.Instance(new WebAssembly.Module(builder.bytes()), { env: { memory, table } }).exports.main as any
  const fl = new Float32Array(memory.buffer); for (let i = 0; i < 4096; i++) fl[i] = 0.5 + Math.random() * 3
  for (let i = 0; i < 2000; i++) main(16384)
  let best = 1e9
  for (let r = 0; r < 20; r++) { const t = performance.now(); for (let i = 0; i < 500; i++) main(16384); best = Math.min(best, performance.now() - t) }
  console.log(n, (best * 1e6 / 500 / 1024).toFixed(2), 'ns per 4')
}
const t = performance.now(); let s = 0; for (let i = 0; i < 4096 * 100; i++) s += Math.exp(-i * 1e-5); console.log('Math.exp', (performance.now() - t) * 1e6 / 409600 * 4, 'ns per 4', s)
