import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { pcg4d, toUnit } from '../core/random.ts'
import { EXIT } from './exit.ts'
import type { KillScenario } from './testing/kill-scenarios.ts'
import { killScenarios, leftParts } from './testing/kill-scenarios.ts'
import { runCommand as run } from './testing/run-command.ts'
import type { ProgramEnd } from './testing/start-program.ts'
import { startProgram } from './testing/start-program.ts'

// 100 kills at moments from a seed. What is saved stays saved, what is left behind is whole, and going on gives the bytes
// of a run that was not killed.

const KILLS = 100
const SEED = 12
const SIGNALS = ['SIGKILL', 'SIGINT', 'SIGTERM'] as const
/** Kills of one command before it may end. */
const IN_A_ROW = 2

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-kills-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A run that was not killed. */
interface Whole {
  readonly directory: string
  readonly out: string
  readonly milliseconds: number
}

it(`${KILLS} kills lose nothing that was saved and leave no file that is not whole`, async () => {
  const scenarios = await prepare()
  const wholes = new Map<string, Whole>()
  for (const scenario of scenarios) {
    const directory = newFolder(`whole-${wholes.size}`)
    const began = performance.now()
    const { code, out, err } = await startProgram(...scenario.args(directory)).ended
    expect([scenario.name, code], err).toEqual([scenario.name, 0])
    wholes.set(scenario.name, { directory, out, milliseconds: performance.now() - began })
  }

  const began = performance.now()
  const answers: { readonly name: string; readonly milliseconds: number }[] = []
  const killed = new Map<string, number>()
  let kills = 0
  for (let trial = 0; kills < KILLS; trial += 1) {
    const scenario = scenarios[trial % scenarios.length]
    const whole = scenario && wholes.get(scenario.name)
    if (!scenario || !whole) throw new Error('no scenario')
    const directory = newFolder(`trial-${trial}`)
    let saved = 0
    for (let attempt = 0; attempt < IN_A_ROW && kills < KILLS; attempt += 1) {
      const [word, second] = pcg4d(SEED, trial, attempt, 0)
      const signal = SIGNALS[second % SIGNALS.length] ?? 'SIGKILL'
      const started = startProgram(...commandOf(scenario, directory, saved > 0))
      await Promise.race([sleep(400 + toUnit(word) * whole.milliseconds * 0.9), started.ended])
      const end = await started.end(signal)
      if (end.code === 0) break
      if (end.signal === signal && signal !== 'SIGKILL' && end.err === '') {
        // Node itself had not begun.
        expect([end.out, await scenario.saved(directory, whole.directory)]).toEqual(['', saved])
        continue
      }
      kills += 1
      killed.set(signal, (killed.get(signal) ?? 0) + 1)
      const about = `${scenario.name}, trial ${trial}, kill ${attempt}, ${signal} (${end.err})`
      checkEnd(end, signal, about)
      if (signal !== 'SIGKILL') answers.push({ name: about, milliseconds: end.milliseconds })
      const now = await scenario.saved(directory, whole.directory).catch((error: Error) => {
        throw new Error(`${about}: ${error.message}`)
      })
      expect(now, about).toBeGreaterThanOrEqual(saved)
      // What is said to be kept is there; a thread that was cut off may have kept more.
      const [, told = '0'] = /(?:holds(?: the responses to| the labels of)?|save of step) (\d+)/.exec(end.err) ?? []
      expect(Number(told) * (scenario.rows ?? 1), about).toBeLessThanOrEqual(now)
      saved = now
      if (scenario.files.length === 0) expect(whole.out.startsWith(end.out), about).toBe(true)
    }
    const done = await run(...commandOf(scenario, directory, true))
    expect([scenario.name, done.code], done.err).toEqual([scenario.name, 0])
    if (scenario.files.length === 0) expect(done.out).toBe(whole.out)
    for (const file of scenario.files) {
      const same = readFileSync(join(directory, file)).equals(readFileSync(join(whole.directory, file)))
      expect([scenario.name, file, same]).toEqual([scenario.name, file, true])
    }
    expect(leftParts(directory)).toEqual([])
    rmSync(directory, { recursive: true })
  }
  const slowest = answers.reduce((most, answer) => (answer.milliseconds > most.milliseconds ? answer : most))
  const seconds = Math.round((performance.now() - began) / 1000)
  const counts = [...killed].map(([signal, count]) => `${count} by ${signal}`).join(', ')
  console.log(
    `${kills} kills in ${seconds} s: ${counts}; slowest answer ${Math.round(slowest.milliseconds)} ms: ${slowest.name}`,
  )
  // Two seconds; more only where the machine is busy with other work.
  expect(slowest.milliseconds).toBeLessThan(3000)
})

/** By its exit code, with a word and without a stack. */
function checkEnd({ status, signal, err }: ProgramEnd, sent: (typeof SIGNALS)[number], about: string): void {
  if (sent === 'SIGKILL') {
    expect(signal, about).toBe(sent)
    return
  }
  expect(status, about).toBe(EXIT.interrupted[sent])
  expect(err, about).toMatch(/^stepscope: Interrupted/m)
  expect(err, about).not.toMatch(/\n {4}at /)
}

/** The command, as a person gives it again: where something is there, with what goes on. */
function commandOf({ args, resume }: KillScenario, directory: string, again: boolean): string[] {
  return [...args(directory), ...(again ? resume : [])]
}

function newFolder(name: string): string {
  const directory = join(folder, name)
  mkdirSync(directory)
  return directory
}

async function prepare(): Promise<KillScenario[]> {
  const rollouts = join(folder, 'input.jsonl')
  const sample = ['rollout', '--generate', '20', '--difficulty', '3-numbers', '--n', '3', '--backend', 'cpu']
  expect(await run(...sample, '--out', rollouts)).toMatchObject({ code: 0 })
  const steps = join(folder, 'steps.jsonl')
  const rows = readFileSync(rollouts, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { problem: string; steps: { text: string }[] })
    .map(({ problem, steps: own }) => ({ problem, steps: own.map(({ text }) => text.trimEnd()) }))
  writeFileSync(steps, [...rows, ...rows, ...rows].map((row) => `${JSON.stringify(row)}\n`).join(''))
  const ids = join(folder, 'ids.json')
  writeFileSync(ids, JSON.stringify(Array.from({ length: 24 }, () => Array.from({ length: 200 }, (_, id) => id % 20))))
  return killScenarios({ rollouts, steps, ids })
}
