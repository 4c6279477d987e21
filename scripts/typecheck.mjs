// Type-checks the three projects: pure rooms without the DOM library, the page and workers, and what runs in Node.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

const check = (project) =>
  new Promise((done) => {
    const child = spawn(process.execPath, [tsc, '-p', project, ...process.argv.slice(2)], { cwd: root })
    let text = ''
    const collect = (chunk) => {
      text += chunk
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('close', (code) => done({ project, text, ok: code === 0 }))
  })

const results = await Promise.all(['tsconfig.core.json', 'tsconfig.dom.json', 'tsconfig.node.json'].map(check))
for (const { project, text, ok } of results) if (!ok) console.error(`${project}\n${text}`)
const failed = results.filter(({ ok }) => !ok).length
console.log(
  failed === 0
    ? `Types: ${results.length} projects agree`
    : `Types: ${failed} of ${results.length} projects have errors`,
)
process.exitCode = failed === 0 ? 0 : 1
