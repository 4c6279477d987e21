/** `npm run bench -- NAME [ARGUMENT…]`: runs one benchmark, or all against peers; the last line of each is JSON. */
const benchmarks: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<unknown> }>>> = {
  beam: () => import('./beam/beam.ts'),
  roofline: () => import('./roofline/roofline.ts'),
  decode: () => import('./decode/decode.ts'),
  'half-billion': () => import('./half-billion/half-billion.ts'),
  'tree-decode': () => import('./tree-decode/tree-decode.ts'),
  'prm-scoring': () => import('./prm-scoring/prm-scoring.ts'),
  prefill: () => import('./prefill/prefill.ts'),
  tree: () => import('./tree/tree.ts'),
}

/** What runs where no name is given: the engine beside its peers. */
const AGAINST_PEERS = ['tree-decode', 'prm-scoring', 'prefill']

const [name, ...args] = process.argv.slice(2)
if (name !== undefined && benchmarks[name] === undefined) {
  console.error(
    `usage: npm run bench [-- NAME [ARGUMENT…]], where NAME is one of: ${Object.keys(benchmarks).join(', ')}`,
  )
  process.exit(2)
}
if (name === undefined) console.error(`${AGAINST_PEERS.join(', ')}: expect an hour`)
for (const one of name === undefined ? AGAINST_PEERS : [name]) {
  const { run } = (await benchmarks[one]?.()) ?? {}
  console.log(JSON.stringify(await run?.(args)))
}
process.exit(0)
