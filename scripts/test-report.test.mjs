import { expect, test } from 'vitest'
import { closingLines, journeyParts, minutes, unitParts } from './test-report.mjs'

const result = (status, ...ancestorTitles) => ({ status, ancestorTitles })

test('tests that run once for each backend are counted by backend, and a file that could not be loaded as a failure', () => {
  const parts = unitParts({
    testResults: [
      {
        status: 'failed',
        assertionResults: [
          result('passed', 'matmul on cpu'),
          result('passed', 'matmul on webgpu', 'int8 weights'),
          result('passed', 'matmul on webgpu'),
          result('failed', 'matmul on wasm'),
          result('skipped', 'matmul on wasm'),
        ],
      },
      { status: 'passed', assertionResults: [result('passed'), result('passed', 'a file on disk')] },
      { status: 'failed', assertionResults: [] },
    ],
  })
  expect(parts).toEqual([
    { name: 'unit tests', passed: 2, failed: 1 },
    { name: 'kernels, engine and training (1 on cpu, 2 on webgpu)', passed: 3, failed: 1 },
  ])
})

test('the engine’s checks in the browser are no journeys', () => {
  const specs = (...statuses) => statuses.map((status) => ({ title: `is ${status}`, line: 4, tests: [{ status }] }))
  const parts = journeyParts({
    suites: [
      {
        file: 'engine.spec.ts',
        specs: specs('expected'),
        suites: [{ file: 'engine.spec.ts', specs: specs('expected', 'unexpected') }],
      },
      { file: 'engine-panel.spec.ts', specs: specs('flaky', 'skipped') },
    ],
  })
  expect(parts).toEqual([
    { name: 'engine in the browser', passed: 2, failed: 1, flaky: [] },
    { name: 'journeys in the browser', passed: 1, failed: 0, flaky: ['engine-panel.spec.ts:4 is flaky'] },
  ])
})

test('the last line is the sum', () => {
  const parts = [
    { name: 'checks', passed: 5, failed: 0, seconds: 14.4 },
    { name: 'unit tests', passed: 1200, failed: 2 },
  ]
  expect(closingLines(parts)).toEqual([
    '    5 passed  checks, 0:14 min',
    ' 1200 passed, 2 failed  unit tests',
    '1205 passed, 2 failed',
  ])
  expect(minutes(419.6)).toBe('7:00')
})

test('what passed at its second try alone is counted as passed, and named', () => {
  const flaky = ['tasks.spec.ts:36 a question', 'runs.spec.ts:9 a run']
  expect(closingLines([{ name: 'journeys in the browser', passed: 98, failed: 1, flaky, seconds: 61 }])).toEqual([
    '2 flaky, passed at a second try alone:',
    '  tasks.spec.ts:36 a question',
    '  runs.spec.ts:9 a run',
    '   98 passed, 1 failed, 2 flaky  journeys in the browser, 1:01 min',
    '98 passed, 1 failed',
  ])
})
