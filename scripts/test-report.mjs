// What `npm test` says at its end: how much each part proved, and how long it took.

/** Tests that run once for each backend stand in a describe of this name: `attention on webgpu` (on-each-backend.ts). */
const ON_BACKEND = / on (cpu|wasm|webgpu)$/
const ENGINE_IN_BROWSER = /(^|\/)engine\.spec\.ts$/

/** A row of the closing table. @typedef {{ name: string, passed: number, failed: number, seconds?: number }} Part */

/**
 * Tests of a Vitest report (--reporter=json): those of one implementation, and those that each backend must pass.
 * @returns {Part[]}
 */
export function unitParts({ testResults }) {
  const units = { name: 'unit tests', passed: 0, failed: 0 }
  const byBackend = { cpu: 0, wasm: 0, webgpu: 0 }
  const kernels = { name: '', passed: 0, failed: 0 }
  for (const { status, assertionResults } of testResults) {
    // A file that could not be loaded has no tests and still is a failure.
    if (status === 'failed' && assertionResults.length === 0) units.failed += 1
    for (const test of assertionResults) {
      const backend = ON_BACKEND.exec(test.ancestorTitles[0] ?? '')?.[1]
      const part = backend === undefined ? units : kernels
      if (test.status === 'passed') {
        part.passed += 1
        if (backend !== undefined) byBackend[backend] += 1
      } else if (test.status === 'failed') part.failed += 1
    }
  }
  const counts = Object.entries(byBackend).flatMap(([backend, count]) => (count > 0 ? [`${count} on ${backend}`] : []))
  kernels.name = `kernels, engine and training (${counts.join(', ')})`
  return [units, kernels].filter(({ passed, failed }) => passed + failed > 0)
}

/** Tests of a Playwright report: the engine without the app, and journeys of a person. @returns {Part[]} */
export function journeyParts({ suites }) {
  const engine = { name: 'engine in the browser', passed: 0, failed: 0 }
  const journeys = { name: 'journeys in the browser', passed: 0, failed: 0 }
  const visit = (suite) => {
    const part = ENGINE_IN_BROWSER.test(suite.file) ? engine : journeys
    for (const { tests } of suite.specs ?? []) {
      for (const { status } of tests) {
        if (status === 'expected' || status === 'flaky') part.passed += 1
        else if (status === 'unexpected') part.failed += 1
      }
    }
    for (const inner of suite.suites ?? []) visit(inner)
  }
  for (const suite of suites) visit(suite)
  return [engine, journeys].filter(({ passed, failed }) => passed + failed > 0)
}

/** For example `3:07`. */
export function minutes(seconds) {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** The closing lines; the last one is `N passed, N failed`. @param {readonly Part[]} parts */
export function closingLines(parts) {
  const lines = parts.map(({ name, passed, failed, seconds }) => {
    const count = `${String(passed).padStart(5)} passed${failed > 0 ? `, ${failed} failed` : ''}`
    return `${count}  ${name}${seconds === undefined ? '' : `, ${minutes(seconds)} min`}`
  })
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0)
  return [...lines, `${sum('passed')} passed, ${sum('failed')} failed`]
}
