/** `npm run bench -- NAME [ARGUMENT…]`: runs one benchmark; its last line on stdout is JSON. */
const benchmarks: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<unknown> }>>> = {
  beam: () => import('./beam/beam.ts'),
  roofline: () => import('./roofline/roofline.ts'),
  decode: () => import('./decode/decode.ts'),
  'half-billion': () => import('./half-billion/half-billion.ts'),
  tree: () => import('./tree/tree.ts'),
}

const [name, ...args] = process.argv.slice(2)
const load = name === undefined ? undefined : benchmarks[name]
if (load === undefined) {
  console.error(`usage: npm run bench -- NAME, where NAME is one of: ${Object.keys(benchmarks).join(', ')}`)
  process.exit(2)
}
const { run } = await load()
console.log(JSON.stringify(await run(args)))
process.exit(0)
