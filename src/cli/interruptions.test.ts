import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LONG } from '../compute/testing/node-backends.ts'
import { runCommand as run } from './testing/run-command.ts'
import { startProgram } from './testing/start-program.ts'

const cpu = ['--backend', 'cpu'] as const
const EVAL = [
  ...['eval', '--generate', '8', '--difficulty', '3-numbers', '--strategies', 'greedy-decoding,greedy-tree'],
  ...['--concurrency', '2', ...cpu],
]
let folder = ''
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')
const size = (name: string): number => (existsSync(at(name)) ? statSync(at(name)).size : 0)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-interruptions-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('an interrupted command', () => {
  it('eval: keeps its results beside the file, says so, and goes on to the same file', async () => {
    expect(await run(...EVAL, '--out', at('whole.json'))).toMatchObject({ code: 0 })
    expect(existsSync(at('whole.json.unfinished.jsonl'))).toBe(false)
    const started = startProgram(...EVAL, '--out', at('eval.json'))
    while (size('eval.json.unfinished.jsonl') === 0 && !started.hasEnded()) await sleep(5)
    const { status, err } = await started.end('SIGINT')
    expect([status, err]).toEqual([
      130,
      expect.stringMatching(
        /^stepscope: Interrupted\. .*eval\.json\.unfinished\.jsonl holds \d+ of 16 results: go on .*--resume\.\n$/,
      ),
    ])
    expect(existsSync(at('eval.json'))).toBe(false)

    const kept = read('eval.json.unfinished.jsonl')
    const begun = await run(...EVAL, '--out', at('eval.json'))
    expect([begun.code, begun.err]).toEqual([2, expect.stringContaining('begun here and is not finished')])
    const other = await run(...EVAL, '--out', at('eval.json'), '--resume', '--seed', '1')
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('line 1, source.seed: ')])
    expect(read('eval.json.unfinished.jsonl')).toBe(kept)

    expect(await run(...EVAL, '--out', at('eval.json'), '--resume')).toMatchObject({ code: 0, err: '' })
    expect(read('eval.json')).toBe(read('whole.json'))
    expect(existsSync(at('eval.json.unfinished.jsonl'))).toBe(false)
    expect(await run(...EVAL, '--resume')).toMatchObject({ code: 2, err: expect.stringContaining('needs --out') })
  })

  it('rollout: ends with 143 where it is told to end, and says how to go on', async () => {
    const args = ['rollout', '--generate', '60', '--difficulty', '4-numbers', '--n', '4', '--concurrency', '2', ...cpu]
    const started = startProgram(...args, '--out', at('rollouts.jsonl'))
    while (size('rollouts.jsonl') === 0 && !started.hasEnded()) await sleep(5)
    const { status, err } = await started.end('SIGTERM')
    const lines = read('rollouts.jsonl').split('\n').length - 1
    expect([status, err]).toEqual([
      143,
      expect.stringContaining(`rollouts.jsonl holds the responses to ${lines / 4} of 60 problems: go on`),
    ])
  })

  it('train: names the save that there is', async () => {
    writeFileSync(
      at('recipe.json'),
      JSON.stringify({
        ...{ model: 'countdown-policy', steps: 500, batch: 2, saveEvery: 3, evaluateProblems: 0, passTokens: 256 },
        data: { source: 'generated', problems: 12 },
      }),
    )
    const args = ['train', '--objective', 'sft', '--config', at('recipe.json'), '--out', at('run'), ...cpu]
    const started = startProgram(...args)
    while (!existsSync(at('run/run/save-00000003.json')) && !started.hasEnded()) await sleep(5)
    const { status, err } = await started.end('SIGINT')
    const saves = readdirSync(at('run/run')).flatMap((name) => /^save-(\d+)\.json$/.exec(name)?.[1] ?? [])
    const last = Math.max(...saves.map(Number))
    expect([status, err]).toEqual([130, expect.stringContaining(`run/run holds the save of step ${last}: go on by`)])
  })

  if (LONG)
    it('score: ends in two seconds though it is busy in a loop that looks at no signal', async () => {
      const line = JSON.stringify({ problem: '3 5 7 2 > 24', steps: ['3'.repeat(300_000)] })
      writeFileSync(at('busy.jsonl'), `${line}\n`.repeat(100))
      const started = startProgram('score', '--input', at('busy.jsonl'), '--out', at('busy-scores.jsonl'), ...cpu)
      // It is created when the work begins.
      while (!existsSync(at('busy-scores.jsonl')) && !started.hasEnded()) await sleep(5)
      const { status, err, milliseconds } = await started.end('SIGTERM')
      expect([status, err]).toEqual([143, expect.stringMatching(/^stepscope: Interrupted\. [^\n]*\n$/)])
      // More where the machine is busy with other tests.
      expect(milliseconds).toBeLessThan(6000)
      expect(read('busy-scores.jsonl')).toBe('')
    })

  it('search: says that nothing new was saved', async () => {
    const started = startProgram('search', '--problem', '3 5 7 2 > 24', '--n', '256', '--json', ...cpu)
    while (started.written() === '' && !started.hasEnded()) await sleep(5)
    const { status, err, milliseconds } = await started.end('SIGINT')
    expect([status, err]).toEqual([130, 'stepscope: Interrupted. Nothing new was saved: run the command again.\n'])
    // Two seconds; more where the machine is busy with other tests.
    expect(milliseconds).toBeLessThan(8000)
  })
})
