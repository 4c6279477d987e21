import { openBackend } from './src/compute/open-backend.ts'
import { attentionKernel } from './src/compute/kernels/attention/attention.ts'
import { pageAttentionKernel } from './src/compute/kernels/attention/page-attention.ts'
import { partialStride } from './src/compute/kernels/attention/attention-shape.ts'
import { pageStride } from './src/compute/kernels/page-pool.ts'
import { causalAttentionKernel } from './src/compute/kernels/causal-attention/causal-attention.ts'
import { causalAttentionBackwardKeysKernel } from './src/compute/kernels/causal-attention/causal-attention-backward-keys.ts'
import { causalAttentionBackwardQueriesKernel } from './src/compute/kernels/causal-attention/causal-attention-backward-queries.ts'
import { makeRows, someFloats } from './src/compute/testing/run-kernel.ts'
import { packedRows } from './src/compute/testing/packed-rows.ts'
const which = process.argv[2] ?? 'wasm'
const threads = Number(process.argv[3] ?? 1), arithmetic = process.argv[4] ?? 'strict'
async function open() {
  if (which === 'wasm') { const { createWasmBackend } = await import('./src/compute/wasm/wasm-backend.ts'); return createWasmBackend({ threads, arithmetic } as any) }
  return (await openBackend({ choice: which as any })).backend
}
const backend = await open()
console.log(backend.adapter)
async function time(label: string, kernel: any, inputs: any, rows: number, flops: number) {
  const buffers: any = {}
  for (const name of Object.keys(kernel.bindings)) { buffers[name] = await backend.createBuffer(inputs[name].byteLength, 'x'); backend.write(buffers[name], 0, inputs[name]) }
  const bound = await backend.bind(kernel, buffers)
  const out = Object.keys(kernel.bindings).at(-1)!
  const n = Math.max(1, Math.round((which === "cpu" ? 4e6 : 2e7) / flops))
  const run = async (n: number) => { await backend.submit((r) => { for (let i = 0; i < n; i++) r.dispatch(bound, rows) }, [{ buffer: buffers[out], offset: 0, bytes: 16 }]) }
  for (let i = 0; i < 15; i++) await run(n)
  let best = Infinity
  for (let i = 0; i < 80; i++) { const t = performance.now(); await run(n); best = Math.min(best, (performance.now() - t) / n) }
  console.log(label.padEnd(52), (best * 1000).toFixed(0).padStart(8), 'µs', (flops / best / 1e6).toFixed(1).padStart(6), 'GFLOP/s')
  for (const b of Object.values(buffers) as any[]) b.destroy()
}
const t = backend.tuning
for (const [heads, keyValueHeads, headDim, rowsN, length] of [[4, 4, 32, 1, 200], [4, 4, 32, 16, 200], [9, 3, 64, 1, 40], [9, 3, 64, 16, 40], [9, 3, 64, 16, 1000], [14, 2, 64, 16, 200], [2, 1, 128, 16, 200]] as const) {
  const headWidth = headDim, pps = Math.ceil(length / 16) + 1
  const shape = { heads, keyValueHeads, headDim, headWidth, window: null, pagesPerSequence: pps, lanes: t.attentionLanes, serialLanes: t.elementLanes }
  const pages = Math.floor(length / 16), total = pages + rowsN * 1 + 1
  const tables = new Uint32Array(pps * rowsN)
  for (let s = 0; s < rowsN; s++) { for (let p = 0; p < pages; p++) tables[s * pps + p] = p; tables[s * pps + pages] = pages + s }
  const rows = makeRows(Array.from({ length: rowsN }, (_, s) => [0, length - 1, s, 0] as const))
  const pool = someFloats(total * pageStride(shape), 2), queries = someFloats(rowsN * heads * headWidth, 1)
  const partials = new Float32Array(rowsN * pages * heads * partialStride(shape))
  const flops = 4 * rowsN * heads * length * headWidth
  const base = { rows, pageTables: tables, layer: new Uint32Array(4), queries, pool, output: new Float32Array(rowsN * heads * headWidth) }
  const label = `${rowsN} rows, ${heads} heads on ${keyValueHeads} of ${headDim}, ${length}`
  await time('attention, ' + label, attentionKernel(shape), { ...base, coverage: new Uint32Array(2 * rowsN), partials }, rowsN, flops)
  if (rowsN > 1) {
    const items = Uint32Array.of(pages, 0, 0, 0, ...Array.from({ length: pages }, (_, p) => [p, p * rowsN, rowsN, 0]).flat())
    const list = Uint32Array.from({ length: 2 * pages * rowsN }, (_, i) => { const e = i >> 1, p = Math.floor(e / rowsN), s = e % rowsN; return i & 1 ? s * pages + p : s })
    await time('  page-attention', pageAttentionKernel(shape), { rows, sequenceRows: Uint32Array.from({ length: rowsN }, (_, i) => i), items, list, layer: base.layer, queries, pool, partials }, pages, flops)
    await time('  attention, merging', attentionKernel(shape), { ...base, coverage: Uint32Array.from({ length: 2 * rowsN }, (_, i) => i & 1 ? (i >> 1) * pages : pages), partials }, rowsN, flops)
  }
}
for (const [heads, keyValueHeads, headDim, sequences, length] of [[4, 4, 32, 16, 48], [4, 4, 32, 8, 200], [9, 3, 64, 4, 128], [9, 3, 64, 1, 512]] as const) {
  const stride = (heads + 2 * keyValueHeads) * headDim
  const shape = { heads, keyValueHeads, headDim, headWidth: headDim, window: null, stride, lanes: t.elementLanes }
  const n = sequences * length
  const rows = packedRows(Array.from({ length: sequences }, () => length))
  const turned = someFloats(n * stride, 3), gradient = someFloats(n * heads * headDim, 4)
  const flops = 2 * sequences * length * (length + 1) / 2 * heads * headDim
  const z = (k: number) => new Float32Array(k)
  const label = `${sequences} × ${length}, ${heads} on ${keyValueHeads} of ${headDim}`
  const logSums = new Float32Array(n * heads).fill(6)
  await time('causal, ' + label, causalAttentionKernel(shape), { rows, turned, attended: z(n * heads * headDim), logSums: z(n * heads) }, n, 2 * flops)
  await time('  backward queries', causalAttentionBackwardQueriesKernel(shape), { rows, turned, attended: gradient, logSums, gradient, output: z(n * stride), deltas: z(n * heads) }, n, 3 * flops)
  await time('  backward keys', causalAttentionBackwardKeysKernel(shape), { rows, turned, logSums, gradient, deltas: z(n * heads), output: z(n * stride) }, n, 4 * flops)
}
backend.dispose()
process.exit(0)
