// npm test: everything that says whether this tree is right, from a bare machine if need be. Ends with the line
// "N passed, N failed": unit and engine tests, journeys in the browser, and each check as one; above it what each part proved.
//   npm test -- --only=unit|e2e|check [arguments for vitest or playwright]
//   npm run test:long: instead, the proofs that take minutes (*.long.test.ts, *.long.spec.ts, fuzzing), with the same closing line
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ensureBuild, ensureNode, ensurePackages, root } from './prepare.mjs'
import { readProcesses, StallWatch, unfinishedFiles, withSecondRun } from './stalled-workers.mjs'
import { advice, ensureSystem } from './system.mjs'
import { closingLines, journeyParts, unitParts } from './test-report.mjs'

const PARTS = ['check', 'unit', 'e2e']
/** Mutants of every format that is read, where `long` is asked for. */
const FUZZ_SEEDS = ['1', '2', '3']
/** How often the workers of Vitest are looked at. */
const LOOK_MS = 15_000

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

/** What each part proved, in the order of the run. */
const parts = []
const failures = []
const count = (part) => {
  parts.push(part)
  if (part.failed > 0) failures.push(`${part.name}: ${part.failed} failed`)
}
const secondsSince = (start) => (performance.now() - start) / 1000

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

/** Each check counts as one. */
async function runChecks(checks) {
  const start = performance.now()
  const part = { name: 'checks', passed: 0, failed: 0 }
  for (const [title, ...args] of checks) {
    if (await runNode(title, args)) part.passed += 1
    else {
      part.failed += 1
      failures.push(`${title}: failed`)
    }
  }
  parts.push({ ...part, seconds: secondsSince(start) })
}

/** A runner's report; null where the runner stopped before it. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** What a runner did: its report, whether it ended well, and the files that ran a second time. */
async function runOnce(title, args, reportFile, env) {
  rmSync(reportFile, { force: true })
  const ok = await runNode(title, args, env)
  return { ok, report: readReport(reportFile), again: [] }
}

/** Runs Vitest, and once more each file whose worker stands still, which is ended. */
async function runUnits(title, args, reportFile, env) {
  const watch = new StallWatch()
  let ended = 0
  const look = setInterval(() => {
    for (const id of watch.look(readProcesses(), running?.pid ?? 0, performance.now() / 1000)) {
      console.error(`\nThe worker ${id} has stood still for minutes: it is ended, and its file runs again.`)
      process.kill(id, 'SIGKILL')
      ended += 1
    }
  }, LOOK_MS)
  const first = await runOnce(title, args, reportFile, env)
  clearInterval(look)
  const again = ended > 0 && first.report ? unfinishedFiles(first.report) : []
  if (again.length === 0) return first
  const second = await runOnce(`${title}: what stood still, again`, [...args, ...again], reportFile, env)
  if (second.report === null) return { ...second, report: first.report }
  const report = withSecondRun(first.report, second.report)
  return { ok: second.ok && !report.testResults.some(({ status }) => status === 'failed'), report, again }
}

/** Runs a test runner and counts from its report; a bad end without a failed test (an import, a crash) counts as one. */
async function suite(title, args, reportFile, partsOf, { run = runOnce, env = {} } = {}) {
  const start = performance.now()
  const { ok, report, again } = await run(title, args, reportFile, env)
  const found = report ? partsOf(report) : []
  const last = found.at(-1)
  if (last && again.length > 0) last.flaky = again.map((file) => relative(root, file))
  const told = ok || found.some(({ failed }) => failed > 0)
  const all = told ? found : [...found, { name: title, passed: 0, failed: 1 }]
  // The runner's time stands in its last row.
  for (const [index, part] of all.entries()) {
    count(index === all.length - 1 ? { ...part, seconds: secondsSince(start) } : part)
  }
}

mkdirSync(join(root, '.cache'), { recursive: true })
// Reports of this run alone, so that two runs in one folder do not read each other's.
const unitReport = join(root, `.cache/vitest-${process.pid}.json`)
const e2eReport = join(root, `.cache/playwright-${process.pid}.json`)

if (includes('check') && !long) {
  await runChecks([
    ['types', join(root, 'scripts/typecheck.mjs')],
    ['lint and format', bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'],
    ['lockfile', join(root, 'scripts/check-lockfile.mjs')],
    ['import directions', join(root, 'scripts/check-imports.mjs')],
    ['unused files, exports and packages', bin('knip/bin/knip.js'), '--no-progress'],
  ])
}

if (includes('check') && long) {
  const program = ['--import', './scripts/register.mjs', join(root, 'scripts/fuzz/main.ts')]
  await runChecks(FUZZ_SEEDS.map((seed) => [`fuzz, seed ${seed}`, ...program, '--seed', seed]))
}

if (includes('unit')) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`]
  const args = [bin('vitest/vitest.mjs'), 'run', ...reporters, ...rest]
  await suite('unit and engine tests', args, unitReport, unitParts, { run: runUnits })
}

if (includes('e2e')) {
  console.log('\n— build')
  const start = performance.now()
  const built = ensureBuild({ faults: long })
  count({ name: 'build', passed: built ? 1 : 0, failed: built ? 0 : 1, seconds: secondsSince(start) })
  if (built) {
    await suite('journeys in the browser', [bin('@playwright/test/cli.js'), 'test', ...rest], e2eReport, journeyParts, {
      env: { STEPSCOPE_E2E_REPORT: e2eReport },
    })
  }
}

rmSync(unitReport, { force: true })
rmSync(e2eReport, { force: true })
console.log('')
for (const failure of failures) console.log(failure)
for (const line of closingLines(parts)) console.log(line)
process.exitCode = failures.length === 0 ? 0 : 1
