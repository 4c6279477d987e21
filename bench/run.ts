/** `npm run bench -- NAME`: runs one benchmark; its last line on stdout is JSON. */
const benchmarks: Readonly<Record<string, () => Promise<{ run(): Promise<unknown> }>>> = {
  beam: () => import('./beam/beam.ts'),
}

const name = process.argv[2]
const load = name === undefined ? undefined : benchmarks[name]
if (load === undefined) {
  console.error(`usage: npm run bench -- NAME, where NAME is one of: ${Object.keys(benchmarks).join(', ')}`)
  process.exit(2)
}
const { run } = await load()
console.log(JSON.stringify(await run()))
process.exit(0)
