#!/usr/bin/env node
// The command line: src/cli/main.ts, bundled by itself where that is possible (scripts/bundle-cli.mjs), else as it is.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`stepscope needs Node 20.19 or newer; this is Node ${process.versions.node}.`)
  process.exit(1)
}
// Until main.ts listens: nothing has begun.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.on(signal, () => {
    console.error('stepscope: Interrupted before it began.')
    process.exit(code)
  })
}
let main = null
try {
  const { bundledCli } = await import('../scripts/bundle-cli.mjs')
  main = await bundledCli()
  if (main === null) await import('../scripts/register.mjs')
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error
  console.error(
    'stepscope: packages are missing. Run `npm ci --ignore-scripts` in its folder first (npm start does too).',
  )
  process.exit(1)
}
await import(main ?? '../src/cli/main.ts')
