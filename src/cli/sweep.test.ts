import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readResults } from '../formats/sweep.ts'
import type { SweepConfig } from '../sweep/config.ts'
import { runCommand as run } from './testing/run-command.ts'
import { startProgram } from './testing/start-program.ts'

let folder = ''
const at = (...names: string[]): string => join(folder, ...names)
const read = (...names: string[]): string => readFileSync(at(...names), 'utf8')
const size = (...names: string[]): number => (existsSync(at(...names)) ? statSync(at(...names)).size : 0)

const config: SweepConfig = {
  version: 1,
  task: 'countdown',
  problems: { source: 'generated', difficulty: '3-numbers', count: 6, seed: 3, split: 'held-out' },
  lines: [
    { strategy: 'greedy-decoding', config: {} },
    { strategy: 'sampling', config: {} },
    { strategy: 'best-of-n-prm', config: {} },
    { strategy: 'beam', config: { m: 2 } },
  ],
  budgets: [1, 4],
  vary: { answerBy: ['score', 'majority'] },
  models: [{ policy: 'countdown-policy', reward: 'countdown-prm' }],
  seeds: [3],
}
const wasm = ['--backend', 'wasm', '--threads', '1'] as const
const command = (name: string, out: string): string[] => [
  ...['sweep', '--config', at(name), '--out', at(out)],
  ...['--concurrency', '2', ...wasm],
]
/** All but what depends on the clock, and on where it was interrupted. */
const said = (text: string): unknown[] =>
  readResults(text, 'results.jsonl').map(({ seconds: _, executed: __, ...result }) => result)
const withoutTimes = (table: string): string => table.replaceAll(/"seconds": [\d.e+-]+/g, '')
const writeConfig = (name: string, change: Partial<SweepConfig> = {}): void =>
  writeFileSync(at(name), JSON.stringify({ ...config, ...change }))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-sweep-'))
  writeConfig('a.json')
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('stepscope sweep', () => {
  it('interrupted twice, and torn, says what an uninterrupted one says', async () => {
    const whole = await run(...command('a.json', 'whole'), '--search-and-learn')
    expect(whole).toMatchObject({ code: 0, out: expect.stringContaining('54 searches; ') })
    const { alone, executed, searches } = JSON.parse(read('whole', 'ledger.json'))
    expect(searches).toBe(54)
    expect(executed.policyTokens).toBeLessThan(alone.policyTokens)
    expect(read('whole', 'search-and-learn.jsonl').split('\n')[0]).toContain('"pred_naive@4":')

    for (let time = 0; time < 2; time++) {
      const before = size('cut', 'results.jsonl')
      const started = startProgram(...command('a.json', 'cut'), ...(time === 0 ? [] : ['--resume']))
      while (size('cut', 'results.jsonl') <= before && !started.hasEnded()) await sleep(5)
      const { status, err } = await started.end('SIGINT')
      expect([status, err]).toEqual([
        130,
        expect.stringMatching(/results\.jsonl holds \d+ of 54 results: go on .*--resume/),
      ])
      appendFileSync(at('cut', 'results.jsonl'), '{"key": "torn')
    }
    expect(said(read('cut', 'results.jsonl').replace('{"key": "torn', '')).length).toBeLessThan(54)
    expect(await run(...command('a.json', 'cut'), '--resume')).toMatchObject({ code: 0 })
    expect(said(read('cut', 'results.jsonl'))).toEqual(said(read('whole', 'results.jsonl')))
    expect(withoutTimes(read('cut', 'table.json'))).toBe(withoutTimes(read('whole', 'table.json')))
  })

  it('says and counts what eval does, which shares nothing', async () => {
    const strategies = ['greedy-decoding', 'best-of-n-prm:n=4', 'sampling:n=4', 'beam:n=4:m=2:answerBy=majority']
    const set = ['--generate', '6', '--difficulty', '3-numbers', '--split', 'held-out', '--seed', '3']
    const ran = await run('eval', ...set, ...wasm, '--strategies', strategies.join(), '--out', at('eval.json'))
    expect(ran).toMatchObject({ code: 0 })
    const results = new Map(readResults(read('whole', 'results.jsonl'), 'r').map((result) => [result.key, result]))
    const evaluated = JSON.parse(read('eval.json')).results
    expect(evaluated).toHaveLength(24)
    for (const [index, { strategy, correct, ledger }] of evaluated.entries()) {
      const found = results.get(`${strategy}|0|3|${index % 6}`)
      expect([strategy, found?.correct, found?.policyTokens, found?.rewardTokens, found?.flops]).toEqual([
        ...[strategy, correct, ledger.policy.executed, ledger.reward.executed],
        { policy: ledger.policy.flops, reward: ledger.reward.flops },
      ])
    }
  })

  it('is whole when the results of its parts are put together', async () => {
    for (const part of ['1/2', '2/2']) {
      const ran = await run(...command('a.json', `part-${part[0]}`), '--part', part)
      expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('Estimated from 27 of 54 results: ') })
    }
    appendFileSync(at('part-1', 'results.jsonl'), read('part-2', 'results.jsonl'))
    const { code, err } = await run(...command('a.json', 'part-1'), '--resume')
    expect([code, err]).toEqual([0, expect.stringContaining('54 results; 54 are there')])
    expect(withoutTimes(read('part-1', 'table.json'))).toBe(withoutTimes(read('whole', 'table.json')))
    for (const part of ['0/2', '3/2', '1', '1/2/3']) {
      const { code, err } = await run(...command('a.json', 'none'), '--part', part)
      expect([code, err]).toEqual([2, expect.stringContaining('--part')])
    }
  })

  it('goes on with more budgets, and not with other problems or models', async () => {
    writeConfig('few.json', { budgets: [1] })
    const probe = await run(...command('few.json', 'grown'), '--probe', '2')
    expect(probe).toMatchObject({ code: 0, out: expect.stringContaining('Estimated from 10 of 30 results: ') })
    expect(await run(...command('few.json', 'grown'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('A sweep was begun here already'),
    })
    const other = async (name: string, change: Partial<SweepConfig>): Promise<string> => {
      writeConfig(name, change)
      const { code, err } = await run(...command(name, 'grown'), '--resume')
      expect(code).toBe(2)
      return err
    }
    const kept = read('grown', 'results.jsonl')
    const problems = { ...config.problems, seed: 4 } as SweepConfig['problems']
    expect(await other('b.json', { problems })).toContain('run.json, problems: The sweep was begun with other problems')
    const models = [{ policy: 'countdown-policy', reward: null }]
    expect(await other('c.json', { models, lines: config.lines.slice(0, 2) })).toContain('begun with other models')
    expect(read('grown', 'results.jsonl')).toBe(kept)

    expect(await run(...command('a.json', 'grown'), '--resume')).toMatchObject({ code: 0 })
    const sorted = (name: string) =>
      said(read(name, 'results.jsonl'))
        .map((one) => JSON.stringify(one))
        .toSorted()
    expect(sorted('grown')).toEqual(sorted('whole'))
  })

  it('names the line of results that is none, the field of a config, and the file of other problems', async () => {
    const good = read('whole', 'results.jsonl')
    writeFileSync(at('whole', 'results.jsonl'), good.replace('\n', '\n{"key": 3}\n'))
    const broken = await run(...command('a.json', 'whole'), '--resume')
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('results.jsonl, line 2, key')])
    writeFileSync(at('whole', 'results.jsonl'), good)

    writeFileSync(at('d.json'), JSON.stringify({ ...config, budgets: [0] }))
    const field = await run(...command('d.json', 'd'))
    expect([field.code, field.err]).toEqual([2, expect.stringContaining('d.json, budgets.0: ')])

    writeFileSync(at('problems.jsonl'), '{"numbers": [3, 5, 7], "target": 22}\n')
    writeConfig('e.json', { problems: { source: 'file', file: 'problems.jsonl', hash: 'a'.repeat(64) } })
    const file = await run(...command('e.json', 'e'))
    expect([file.code, file.err]).toEqual([2, expect.stringContaining('problems.jsonl, problems.hash: ')])
  })
})
