import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endedStep } from '../core/step-text.ts'
import { splitLines } from '../core/testing/text-lines.ts'
import { readRows } from '../formats/json-lines.ts'
import { OMEGA_FORMAT } from '../formats/omega-file.ts'
import { ROLLOUT_FORMAT } from '../formats/rollout-file.ts'
import { PREFERENCE_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from '../formats/trl.ts'
import { countdown } from '../tasks/countdown/countdown.ts'
import { runCommand as run } from './testing/run-command.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/stepscope.mjs', import.meta.url))
const PROBLEMS = fileURLToPath(new URL('../../public/datasets/countdown4-problems.jsonl', import.meta.url))
const wasm = ['--backend', 'wasm', '--threads', '1'] as const

let folder = ''
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')

/** Three responses to each of six problems. */
const SIX = ['rollout', '--generate', '6', '--difficulty', '4-numbers', '--n', '3', '--seed', '7', ...wasm]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-rollout-'))
  expect(await run(...SIX, '--out', at('six.jsonl'))).toMatchObject({ code: 0, err: '' })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('stepscope rollout', () => {
  it('writes what the task says of every response, the same however many problems run at once', async () => {
    const one = await run(...SIX, '--concurrency', '1', '--out', at('one.jsonl'))
    expect(one.out).toMatch(
      /^responses +18 to 6 problems, \d+ right\npass@1 +0\.\d+ \(95% interval 0\.\d+–0\.\d+\)\npass@3/,
    )
    expect(one.out).toMatch(/drawn tokens\/s, [\d.]+ responses\/s\npolicy +countdown-policy on wasm/)
    expect(read('one.jsonl')).toBe(read('six.jsonl'))
    const rows = readRows(ROLLOUT_FORMAT, read('six.jsonl'), 'six.jsonl')
    expect(rows.map(({ index, sample }) => `${index}:${sample}`)).toEqual(
      [0, 1, 2, 3, 4, 5].flatMap((index) => [0, 1, 2].map((sample) => `${index}:${sample}`)),
    )
    for (const { problem, prompt, steps, verdict, source } of rows) {
      const parsed = countdown.parse(problem)
      expect(countdown.generator.split(parsed)).toBe('train')
      expect(prompt).toBe(countdown.notation.prompt(parsed))
      const { correct } = countdown.verify(
        parsed,
        steps.map(({ text }) => text),
      )
      expect(verdict.correct).toBe(correct)
      expect(source).toMatchObject({ policy: 'countdown-policy', seed: 7, n: 3 })
    }
  })

  it('continues a torn file to the same file', async () => {
    const whole = read('six.jsonl')
    const fourth = splitLines(whole).slice(0, 4).join('').length
    // Within a line, after a group that is not complete, after a whole group, and nothing at all.
    for (const length of [fourth + 100, fourth, splitLines(whole).slice(0, 9).join('').length, 0, whole.length]) {
      writeFileSync(at('torn.jsonl'), whole.slice(0, length))
      const resumed = await run(...SIX, '--resume', '--out', at('torn.jsonl'))
      expect(resumed).toMatchObject({ code: 0, err: '' })
      expect(read('torn.jsonl')).toBe(whole)
      expect(resumed.out).toContain('18 to 6 problems')
    }
    rmSync(at('torn.jsonl'))
    expect(await run(...SIX, '--resume', '--out', at('torn.jsonl'))).toMatchObject({ code: 0 })
    expect(read('torn.jsonl')).toBe(whole)
  })

  it('continues what was killed', async () => {
    const args = ['rollout', '--generate', '12', '--difficulty', '4-numbers', '--n', '4', '--concurrency', '2', ...wasm]
    const killed = spawn(process.execPath, [PROGRAM, ...args, '--out', at('killed.jsonl')])
    const ended = new Promise((resolve) => killed.once('exit', (_, signal) => resolve(signal)))
    while (!existsSync(at('killed.jsonl')) || statSync(at('killed.jsonl')).size === 0) await sleep(10)
    killed.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    expect(splitLines(read('killed.jsonl')).length).toBeLessThan(12 * 4)
    expect(await run(...args, '--resume', '--out', at('killed.jsonl'))).toMatchObject({ code: 0 })
    await run(...args, '--out', at('uninterrupted.jsonl'))
    expect(read('killed.jsonl')).toBe(read('uninterrupted.jsonl'))
  })

  it('reads problems of a file, of one split where it is told to, and draws to the end of the sequence', async () => {
    const args = [
      'rollout',
      '--problems',
      PROBLEMS,
      '--n',
      '1',
      '--split',
      'held-out',
      '--limit',
      '2',
      '--to-eos',
      ...wasm,
    ]
    expect(await run(...args, '--temperature', '0', '--out', at('held.jsonl'))).toMatchObject({ code: 0 })
    const rows = readRows(ROLLOUT_FORMAT, read('held.jsonl'), 'held.jsonl')
    expect(rows).toHaveLength(2)
    const dataset = splitLines(readFileSync(PROBLEMS, 'utf8')).map((line) => JSON.parse(line))
    for (const { problem, steps, end } of rows) {
      expect(countdown.generator.split(countdown.parse(problem))).toBe('held-out')
      expect(end).toBe('eos')
      const entry = dataset.find((candidate) => countdown.format(candidate) === problem)
      expect(steps.map(({ text }) => text).join('')).toBe(entry.greedy_response)
    }
  })

  it.each([
    [['rollout', '--out', 'x'], 2, 'Give either --problems or --generate'],
    [['rollout', '--problems', PROBLEMS, '--generate', '3', '--out', 'x'], 2, 'Give either --problems or --generate'],
    [['rollout', '--generate', '3', '--out', 'x'], 2, '--difficulty is missing'],
    [['rollout', '--generate', '3', '--difficulty', 'easy', '--out', 'x'], 2, 'no such difficulty (expected 3-numbers'],
    [['rollout', '--generate', '0', '--difficulty', '3-numbers', '--out', 'x'], 2, '--generate must be a whole number'],
    [['rollout', '--problems', PROBLEMS, '--split', 'test', '--out', 'x'], 2, '--split must be one of train, held-out'],
    [['rollout', '--problems', PROBLEMS, '--temperature', 'hot', '--out', 'x'], 2, '--temperature'],
    [['rollout', '--problems', '/nowhere.jsonl', '--out', 'x'], 1, '/nowhere.jsonl: The file cannot be read'],
    [['label', '--input', 'x', '--method', 'guess', '--out', 'x'], 2, '--method must be one of monte-carlo, omega'],
    [['label', '--input', 'x', '--method', 'omega', '--soft', '--hard', '--out', 'x'], 2, 'either --soft or --hard'],
    [['label', '--input', 'x', '--method', 'exact', '--choose', 'uncertainty', '--out', 'x'], 2, 'exact with --steps'],
    [['label', '--input', 'x', '--method', 'pairs', '--choose', 'random', '--out', 'x'], 2, '--choose is for --method'],
    [['label', '--input', '/nowhere.jsonl', '--method', 'exact', '--out', 'x'], 1, 'cannot be read'],
    [['label', '--input', PROBLEMS, '--method', 'exact', '--out', 'x'], 1, 'countdown4-problems.jsonl, line 1, '],
  ] as const)('refuses %j', async (args, code, message) => {
    const refused = await run(...args)
    expect(refused).toMatchObject({ code, out: '' })
    expect(refused.err).toContain(message)
    expect(refused.err).not.toContain('    at ')
    expect(existsSync('x')).toBe(false)
  })

  it.each(['random', 'uncertainty'])('labels so many steps and none behind a wrong one, by %s', async (choose) => {
    const chosen = ['label', '--input', at('six.jsonl'), '--method', 'exact', '--steps', '11', '--choose', choose]
    for (const name of ['first', 'again']) {
      const made = await run(...chosen, '--seed', '3', ...wasm, '--out', at(`${choose}-${name}.jsonl`))
      expect(made).toMatchObject({ code: 0, out: expect.stringContaining('; 11 labels') })
    }
    expect(read(`${choose}-again.jsonl`)).toBe(read(`${choose}-first.jsonl`))
    const rows = readRows(STEPWISE_FORMAT, read(`${choose}-first.jsonl`), 'chosen.jsonl')
    for (const { labels } of rows) expect(labels.slice(0, -1)).not.toContain(false)
  })

  it('takes a reward model apart', async () => {
    const { out, err } = await run('judge', '--input', at('six.jsonl'), '--take-apart', ...wasm)
    expect(err).toBe('')
    expect(out).toContain('Wrong steps with the highest scores:')
    expect(out).toMatch(/^swap-numbers +6 /m)
    expect(out).toContain('does not have the texts of: pad')
  })

  it('touches no file that it may not continue', async () => {
    const whole = read('six.jsonl')
    const out = ['--out', at('six.jsonl')]
    expect((await run(...SIX, ...out)).err).toContain('The file is there already. Continue it with --resume')
    const other = SIX.map((word) => (word === '7' ? '8' : word))
    expect((await run(...other, '--resume', ...out)).err).toContain(
      'line 1, source.seed: The file was made with other settings and cannot be continued with these (expected 8, found 7)',
    )
    const problems = ['rollout', '--problems', PROBLEMS, '--n', '3', '--seed', '7', ...wasm]
    expect((await run(...problems, '--resume', ...out)).err).toContain(
      'line 1, problem: The file was begun with other problems',
    )
    expect(read('six.jsonl')).toBe(whole)
  })
})

describe('stepscope label', () => {
  const label = (method: string, out: string, ...rest: string[]) =>
    run('label', '--input', at('six.jsonl'), '--method', method, '--out', at(out), ...rest, ...wasm)

  it('exact: the task’s label of every step', async () => {
    expect(await label('exact', 'exact.jsonl')).toMatchObject({ code: 0, err: '' })
    const rows = readRows(STEPWISE_FORMAT, read('exact.jsonl'), 'exact.jsonl')
    const rollouts = readRows(ROLLOUT_FORMAT, read('six.jsonl'), 'six.jsonl')
    expect(rows).toHaveLength(18)
    for (const [index, { prompt, completions, labels }] of rows.entries()) {
      const problem = countdown.parse(prompt)
      expect(completions.map((step) => endedStep(step))).toEqual(rollouts[index]?.steps.map(({ text }) => text))
      expect(labels).toEqual(
        completions.map((_, step) => countdown.label(problem, completions.slice(0, step + 1)).label === 1),
      )
    }
  })

  it('monte-carlo: fractions that vanish where nothing right can follow; a torn file is continued to the same', async () => {
    const args = ['--k', '4', '--seed', '3']
    const done = await label('monte-carlo', 'soft.jsonl', ...args)
    expect(done.out).toMatch(/^rows +18 of 6 problems; \d+ labels, 0\.\d+ on average, \d+ above 0\ntokens/)
    const whole = read('soft.jsonl')
    const rows = readRows(STEPWISE_FORMAT, whole, 'soft.jsonl')
    for (const { prompt, completions, labels } of rows) {
      const problem = countdown.parse(prompt)
      for (const [step, value] of labels.entries()) {
        expect(Number(value) * 4).toBe(Math.round(Number(value) * 4))
        if (countdown.label(problem, completions.slice(0, step + 1)).label === 0) expect(value).toBe(0)
      }
    }
    writeFileSync(at('soft.jsonl'), whole.slice(0, Math.floor(whole.length * 0.6)))
    expect(await label('monte-carlo', 'soft.jsonl', ...args, '--resume', '--concurrency', '1')).toMatchObject({
      code: 0,
    })
    expect(read('soft.jsonl')).toBe(whole)
    expect((await label('monte-carlo', 'soft.jsonl', '--k', '8', '--resume')).err).toContain('source.k: ')

    await label('monte-carlo', 'hard.jsonl', ...args, '--hard', '--limit', '2')
    const hard = readRows(STEPWISE_FORMAT, read('hard.jsonl'), 'hard.jsonl')
    expect(hard.map(({ labels }) => labels)).toEqual(
      rows.slice(0, 6).map(({ labels }) => labels.map((value) => Number(value) > 0)),
    )
  })

  it('omega: rows from node to node, or the trees', async () => {
    const args = ['--k', '4', '--searches', '2']
    expect(await label('omega', 'omega.jsonl', ...args)).toMatchObject({ code: 0 })
    expect(await label('omega', 'trees.jsonl', ...args, '--tree')).toMatchObject({ code: 0 })
    const rows = readRows(STEPWISE_FORMAT, read('omega.jsonl'), 'omega.jsonl')
    const trees = readRows(OMEGA_FORMAT, read('trees.jsonl'), 'trees.jsonl')
    expect(trees).toHaveLength(6)
    expect(trees.every(({ text }) => text.startsWith('Q '))).toBe(true)
    const leaves = (nodes: (typeof trees)[number]['children']): number =>
      nodes.reduce((sum, { children }) => sum + (children.length === 0 ? 1 : leaves(children)), 0)
    expect(leaves(trees.flatMap(({ children }) => children))).toBe(rows.length)
    const whole = read('omega.jsonl')
    writeFileSync(at('omega.jsonl'), whole.slice(0, Math.floor(whole.length * 0.5)))
    expect(await label('omega', 'omega.jsonl', ...args, '--resume')).toMatchObject({ code: 0 })
    expect(read('omega.jsonl')).toBe(whole)
  })

  it('pairs and outcome: by the verdict, or by the reward model’s margin', async () => {
    expect(await label('outcome', 'outcome.jsonl')).toMatchObject({ code: 0 })
    const outcomes = readRows(UNPAIRED_FORMAT, read('outcome.jsonl'), 'outcome.jsonl')
    const right = new Map(outcomes.map((row) => [row.prompt + row.completion, row.label]))
    expect(await label('pairs', 'pairs.jsonl', '--max-pairs', '2')).toMatchObject({ code: 0 })
    for (const { prompt, chosen, rejected } of readRows(PREFERENCE_FORMAT, read('pairs.jsonl'), 'pairs.jsonl')) {
      expect([right.get(prompt + chosen), right.get(prompt + rejected)]).toEqual([true, false])
    }
    const byModel = await label('pairs', 'margin.jsonl', '--by', 'prm')
    expect(byModel.out).toContain('model    countdown-prm on wasm')
    const preferred = readRows(PREFERENCE_FORMAT, read('margin.jsonl'), 'margin.jsonl')
    expect(preferred.length).toBeGreaterThan(0)
    const texts = preferred.flatMap(({ prompt, chosen, rejected }) =>
      [chosen, rejected].map((text) => ({ problem: prompt.slice(2, -1), steps: splitLines(text) })),
    )
    writeFileSync(at('margins.jsonl'), texts.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const scored = await run('score', '--input', at('margins.jsonl'), ...wasm)
    const paths = splitLines(scored.out).map((line): number => JSON.parse(line).scores.at(-1))
    for (const pair of preferred.keys()) {
      expect((paths[2 * pair] ?? 0) - (paths[2 * pair + 1] ?? 0)).toBeGreaterThanOrEqual(0.2 - 1e-4)
    }
  })
})

describe('stepscope judge', () => {
  it('tells how a reward model’s scores fit exact labels, and what it picks', async () => {
    const result = await run('judge', '--input', at('six.jsonl'), '--json', ...wasm)
    expect(result).toMatchObject({ code: 0, err: '' })
    const judged = JSON.parse(result.out)
    const rows = readRows(ROLLOUT_FORMAT, read('six.jsonl'), 'six.jsonl')
    expect(judged).toMatchObject({ model: 'countdown-prm', problems: 6, n: 3 })
    expect(judged.steps.count).toBe(rows.flatMap(({ steps }) => steps.filter(({ text }) => text !== '')).length)
    expect(judged.steps.auc).toBeGreaterThan(0.8)
    expect(judged.steps.within).toMatchObject({
      auc: expect.any(Number),
      interval: [expect.any(Number), expect.any(Number)],
    })
    expect(judged.steps.within.problems).toBeLessThanOrEqual(6)
    const right = rows.filter(({ verdict }) => verdict.correct).length
    expect(judged.rates.reduce((sum: number, { successes }: { successes: number }) => sum + successes, 0)).toBe(right)
    const text = await run('judge', '--input', at('six.jsonl'), '--limit', '2', ...wasm)
    expect(text.out).toMatch(
      /^steps +\d+, 0\.\d+ of them right\nAUC +\S+\nAUC within +\S[\s\S]*best-of-3 +\d\.\d+ \(95% interval/,
    )
  })

  it('reads a language model as an implicit reward model: of one that never learned, all scores are ½', async () => {
    const policy = fileURLToPath(new URL('../../public/checkpoints/countdown-policy', import.meta.url))
    const result = await run(
      'judge',
      '--input',
      at('six.jsonl'),
      '--prm',
      policy,
      '--prm-reference',
      policy,
      '--json',
      ...wasm,
    )
    expect(result).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(result.out).steps.auc).toBe(0.5)
    expect(await run('judge', '--input', at('six.jsonl'), '--prm-reference', policy, ...wasm)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--prm-reference needs the model that was trained from it'),
    })
  })
})
