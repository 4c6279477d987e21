// npm test: everything that says whether this tree is right, from a bare machine if need be. Ends with the line
// "N passed, N failed": unit and engine tests, journeys in the browser, and each check as one.
//   npm test -- --only=unit|e2e|check [arguments for vitest or playwright]
//   npm run test:long: instead, the proofs that take minutes (*.long.test.ts, *.long.spec.ts), with the same closing line
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuild, ensureNode, ensurePackages, root } from './prepare.mjs'
import { advice, ensureSystem } from './system.mjs'

const PARTS = ['check', 'unit', 'e2e']

const options = process.argv.slice(2)
const only = options.find((option) => option.startsWith('--only='))?.slice('--only='.length)
const long = options.includes('--long')
const rest = options.filter((option) => !option.startsWith('--only=') && option !== '--long')
if (long) process.env.STEPSCOPE_LONG = '1'
else delete process.env.STEPSCOPE_LONG
if (only !== undefined && !PARTS.includes(only)) {
  console.error(`--only takes one of ${PARTS.join(', ')}; it was "${only}".`)
  process.exit(2)
}
if (rest.length > 0 && (only === undefined || only === 'check')) {
  console.error(
    `These arguments go to one test runner, so say which: --only=unit or --only=e2e. They were: ${rest.join(' ')}`,
  )
  process.exit(2)
}
const includes = (part) => only === undefined || only === part

ensureNode()
ensurePackages()
const needed = [includes('unit') && 'vulkan', includes('e2e') && 'chromium'].filter(Boolean)
const missing = ensureSystem(needed)
// The tests that need these parts then fail and say so; the others still count.
if (missing.length > 0) console.error(advice(missing))

const total = { passed: 0, failed: 0 }
const failures = []
const count = (name, passed, failed) => {
  total.passed += passed
  total.failed += failed
  if (failed > 0) failures.push(`${name}: ${failed} failed`)
}

let running
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    running?.kill(signal)
    process.exit(130)
  })
}

const bin = (path) => join(root, 'node_modules', path)

/** Runs a Node program with its output on ours. @returns whether it ended well */
function runNode(title, args, env = {}) {
  console.log(`\n— ${title}`)
  return new Promise((done) => {
    running = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
    running.on('close', (code) => done(code === 0))
  })
}

async function check(title, args) {
  const ok = await runNode(title, args)
  count(title, ok ? 1 : 0, ok ? 0 : 1)
}

function report(path, read) {
  try {
    return read(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // A runner that stopped before its report; its exit status counts.
    return { passed: 0, failed: 0 }
  }
}

/** Runs a test runner and counts from its report; a bad end without a failed test (an import, a crash) counts as one. */
async function suite(title, args, reportFile, read, env = {}) {
  rmSync(reportFile, { force: true })
  const ok = await runNode(title, args, env)
  const { passed, failed } = report(reportFile, read)
  count(title, passed, ok ? failed : Math.max(1, failed))
}

mkdirSync(join(root, '.cache'), { recursive: true })
// Reports of this run alone, so that two runs in one folder do not read each other's.
const unitReport = join(root, `.cache/vitest-${process.pid}.json`)
const e2eReport = join(root, `.cache/playwright-${process.pid}.json`)

if (includes('check') && !long) {
  await check('types', [join(root, 'scripts/typecheck.mjs')])
  await check('lint and format', [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'])
  await check('lockfile', [join(root, 'scripts/check-lockfile.mjs')])
  await check('import directions', [join(root, 'scripts/check-imports.mjs')])
  await check('unused files, exports and packages', [bin('knip/bin/knip.js'), '--no-progress'])
}

if (includes('unit')) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`]
  await suite(
    'unit and engine tests',
    [bin('vitest/vitest.mjs'), 'run', ...reporters, ...rest],
    unitReport,
    (result) => ({
      passed: result.numPassedTests,
      // A file that could not be loaded has no tests and still is a failure.
      failed:
        result.numFailedTests +
        result.testResults.filter(
          ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
        ).length,
    }),
  )
}

if (includes('e2e')) {
  console.log('\n— build')
  const built = ensureBuild({ faults: long })
  count('build', built ? 1 : 0, built ? 0 : 1)
  if (built) {
    await suite(
      'journeys in the browser',
      [bin('@playwright/test/cli.js'), 'test', ...rest],
      e2eReport,
      ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected }),
      { STEPSCOPE_E2E_REPORT: e2eReport },
    )
  }
}

rmSync(unitReport, { force: true })
rmSync(e2eReport, { force: true })
console.log('')
for (const failure of failures) console.log(failure)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
