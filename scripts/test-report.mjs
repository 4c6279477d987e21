// What `npm test` says at its end: how much each part proved, and how long it took.

/** Tests that run once for each backend stand in a describe of this name: `attention on webgpu` (on-each-backend.ts). */
const ON_BACKEND = / on (cpu|wasm|webgpu)$/
const ENGINE_IN_BROWSER = /(^|\/)engine\.spec\.ts$/

/**
 * A row of the closing table. `flaky` names the tests among `passed` that failed before.
 * @typedef {{ name: string, passed: number, failed: number, flaky?: string[], seconds?: number }} Part
 */

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
  const engine = { name: 'engine in the browser', passed: 0, failed: 0, flaky: [] }
  const journeys = { name: 'journeys in the browser', passed: 0, failed: 0, flaky: [] }
  const visit = (suite) => {
    const part = ENGINE_IN_BROWSER.test(suite.file) ? engine : journeys
    for (const { title, line, tests } of suite.specs ?? []) {
      for (const { status } of tests) {
        if (status === 'expected' || status === 'flaky') part.passed += 1
        else if (status === 'unexpected') part.failed += 1
        if (status === 'flaky') part.flaky.push(`${suite.file}:${line} ${title}`)
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

/**
 * The closing lines; the last one is `N passed, N failed`, with what passed at its second try alone before it.
 * @param {readonly Part[]} parts
 */
export function closingLines(parts) {
  const lines = parts.map(({ name, passed, failed, flaky = [], seconds }) => {
    const others = [failed > 0 && `, ${failed} failed`, flaky.length > 0 && `, ${flaky.length} flaky`]
    const count = `${String(passed).padStart(5)} passed${others.filter(Boolean).join('')}`
    return `${count}  ${name}${seconds === undefined ? '' : `, ${minutes(seconds)} min`}`
  })
  const flaky = parts.flatMap((part) => part.flaky ?? [])
  const named =
    flaky.length > 0
      ? [`${flaky.length} flaky, passed at a second try alone:`, ...flaky.map((test) => `  ${test}`)]
      : []
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0)
  return [...named, ...lines, `${sum('passed')} passed, ${sum('failed')} failed`]
}
