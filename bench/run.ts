import { keepResults } from './report.ts'

/**
 * `npm run bench -- NAME [ARGUMENT…] [--keep PART]`: runs one benchmark, or all against peers; the last line of each is
 * JSON. Whole runs against peers are kept in bench/results, others where PART gives them a name of their own.
 */
const benchmarks: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<unknown> }>>> = {
  beam: () => import('./beam/beam.ts'),
  roofline: () => import('./roofline/roofline.ts'),
  decode: () => import('./decode/decode.ts'),
  'half-billion': () => import('./half-billion/half-billion.ts'),
  'tree-decode': () => import('./tree-decode/tree-decode.ts'),
  'prm-scoring': () => import('./prm-scoring/prm-scoring.ts'),
  prefill: () => import('./prefill/prefill.ts'),
  'train-step': () => import('./train-step/train-step.ts'),
  'first-visit': () => import('./first-visit/first-visit.ts'),
  tree: () => import('./tree/tree.ts'),
  lab: () => import('./lab/lab.ts'),
  rewards: () => import('./rewards/rewards.ts'),
  libraries: () => import('./libraries/libraries.ts'),
}

/** What runs where no name is given: the engine beside its peers. */
const AGAINST_PEERS = ['tree-decode', 'prm-scoring', 'prefill', 'train-step']

const [name, ...rest] = process.argv.slice(2)
const keepAt = rest.indexOf('--keep')
const part = keepAt === -1 ? null : (rest[keepAt + 1] ?? 'part')
const args = rest.filter((_, index) => keepAt === -1 || (index !== keepAt && index !== keepAt + 1))
if (name !== undefined && benchmarks[name] === undefined) {
  console.error(
    `usage: npm run bench [-- NAME [ARGUMENT…]], where NAME is one of: ${Object.keys(benchmarks).join(', ')}`,
  )
  process.exit(2)
}
if (name === undefined) console.error(`${AGAINST_PEERS.join(', ')}: expect an hour`)
for (const one of name === undefined ? AGAINST_PEERS : [name]) {
  const { run } = (await benchmarks[one]?.()) ?? {}
  const results = await run?.(args)
  if (part !== null) await keepResults(`${one}-${part}`, results)
  console.log(JSON.stringify(results))
}
process.exit(0)
