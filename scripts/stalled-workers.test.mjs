import process from 'node:process'
import { expect, test } from 'vitest'
import { readProcesses, StallWatch, unfinishedFiles, withSecondRun } from './stalled-workers.mjs'

const RUNNER = 10
const worker = (seconds, parent = RUNNER) => ({ parent, seconds, worker: true })

test('a worker stands still that has used no processor time for more than four minutes, nor has what it started', () => {
  const watch = new StallWatch()
  const at = (now, processes) => watch.look(new Map(processes), RUNNER, now)
  const processes = (busy, child) => [
    [11, worker(5)],
    [12, worker(busy)],
    // It waits for a program of its own.
    [13, worker(2)],
    [14, { parent: 13, seconds: child, worker: false }],
    // No worker, and a worker of another run.
    [15, { parent: RUNNER, seconds: 1, worker: false }],
    [16, worker(5, 99)],
  ]
  expect(at(0, processes(5, 1))).toEqual([])
  expect(at(200, processes(6, 9))).toEqual([])
  expect(at(240, processes(6, 9))).toEqual([])
  expect(at(241, processes(6, 9))).toEqual([11])
  expect(at(441, processes(6, 20))).toEqual([11, 12])
})

test.runIf(process.platform === 'linux')('the processes of this machine: this one is a child that has worked', () => {
  const own = readProcesses().get(process.pid)
  expect(own?.parent).toBe(process.ppid)
  expect(own?.seconds).toBeGreaterThan(0)
  expect(own?.worker).toBe(true)
})

test('files whose worker was ended run again, and their second results count', () => {
  const file = (name, ...statuses) => ({ name, assertionResults: statuses.map((status) => ({ status })) })
  const first = { testResults: [file('a', 'passed', 'skipped'), file('b', 'pending', 'pending'), file('c')] }
  expect(unfinishedFiles(first)).toEqual(['b', 'c'])
  const second = { testResults: [file('b', 'passed', 'failed'), file('c', 'passed')] }
  expect(withSecondRun(first, second)).toEqual({
    testResults: [file('a', 'passed', 'skipped'), file('b', 'passed', 'failed'), file('c', 'passed')],
  })
})
