// Finds workers of Vitest that stand still: a software driver can wait for ever inside a call, where no timeout of JavaScript is
// heard, and the whole run would wait with it. Linux alone, where that driver is.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Longer than a test may take (vitest.config.ts), so that a test that waits in JavaScript is ended, and named, by Vitest. */
const LIMIT_SECONDS = 240
/** A process that lives collects garbage at the least. */
const LEAST_SECONDS = 0.5
const TICKS_A_SECOND = 100

/** A process. @typedef {{ parent: number, seconds: number, worker: boolean }} Process `seconds` of the processor, so far */

/** All processes of this machine by number. @returns {Map<number, Process>} */
export function readProcesses() {
  const processes = new Map()
  if (!existsSync('/proc/self/stat')) return processes
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // After the program's name, which may hold anything: state, parent, … and at 11 and 12 user and system time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const worker = readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('vitest/dist/workers/forks')
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
      processes.set(Number(name), { parent: Number(fields[1]), seconds, worker })
    } catch {
      // It has ended meanwhile.
    }
  }
  return processes
}

/** Looks at the workers of a runner from time to time. */
export class StallWatch {
  /** By worker: its seconds when it last moved, and when that was. */
  seen = new Map()

  /**
   * @param {Map<number, Process>} processes @param {number} runner number of Vitest's own process
   * @param {number} now seconds
   * @returns {number[]} workers that, with all that they started, have done nothing for the limit
   */
  look(processes, runner, now) {
    const stalled = []
    for (const [id, { parent, worker }] of processes) {
      if (parent !== runner || !worker) continue
      const seconds = secondsOfTree(processes, id)
      const before = this.seen.get(id)
      if (before === undefined || Math.abs(seconds - before.seconds) > LEAST_SECONDS)
        this.seen.set(id, { seconds, now })
      else if (now - before.now > LIMIT_SECONDS) stalled.push(id)
    }
    return stalled
  }
}

function secondsOfTree(processes, root) {
  let sum = processes.get(root)?.seconds ?? 0
  for (const [id, { parent }] of processes) if (parent === root) sum += secondsOfTree(processes, id)
  return sum
}

/**
 * What of a Vitest report was not run, because its worker was ended.
 * @returns {string[]} files with a test that waits for its turn, or with none known
 */
export function unfinishedFiles({ testResults }) {
  const unfinished = ({ assertionResults }) =>
    assertionResults.length === 0 || assertionResults.some(({ status }) => status === 'pending')
  return testResults.filter(unfinished).map(({ name }) => name)
}

/** A report with the results of a second run in place of the first one's. */
export function withSecondRun(first, second) {
  const again = new Set(second.testResults.map(({ name }) => name))
  return { ...first, testResults: [...first.testResults.filter(({ name }) => !again.has(name)), ...second.testResults] }
}
