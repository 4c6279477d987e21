import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { splitLines } from '../core/testing/text-lines.ts'
import type { TensorEntry } from '../engine/checkpoint/safetensors.ts'
import { readSafetensorsHeader, readTensor } from '../engine/checkpoint/safetensors.ts'
import type { SearchEvent } from '../search/events.ts'
import { STRATEGY_IDS } from '../search/settings.ts'
import { treeOf } from '../search/testing/collect.ts'
import { recount } from '../search/testing/recount.ts'
import { openCheckpointDirectory } from './checkpoint-directory.ts'
import { COMMANDS } from './run-cli.ts'
import type { Ran } from './testing/run-command.ts'
import { runCommand as run } from './testing/run-command.ts'

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const PROBLEMS = path('public/datasets/countdown4-problems.jsonl')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-cli-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A command as a person runs it. */
function spawn(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path('bin/stepscope.mjs'), ...args], { cwd: tmpdir() }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

const eventsOf = ({ out }: Ran): SearchEvent[] => splitLines(out).map((line) => JSON.parse(line) as SearchEvent)
const cpu = ['--backend', 'cpu'] as const
const wasm = ['--backend', 'wasm', '--threads', '1'] as const

describe('stepscope', () => {
  it('shows help everywhere', async () => {
    const all = await run('--help')
    expect(all).toMatchObject({ code: 0, err: '' })
    expect(COMMANDS).toHaveLength(13)
    for (const { name: command } of COMMANDS) {
      expect(all.out).toContain(`  ${command}`)
      const help = await run(command, '--help')
      expect(help).toMatchObject({ code: 0, err: '' })
      expect(help.out).toContain(`Usage: stepscope ${command}`)
      // Answers are graded and traces written anew without a model.
      expect(help.out.includes('--backend auto|webgpu|wasm|cpu')).toBe(command !== 'grade' && command !== 'convert')
      expect((await run('help', command)).out).toBe(help.out)
      expect(Math.max(...help.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
    }
    expect(await run()).toMatchObject({ code: 2, out: '' })
  })

  it.each([
    [['fly'], 2, 'There is no command fly'],
    [['search'], 2, '--problem is missing'],
    [['search', '--problem', '3 5 7 2 > 24', '--wings'], 2, '--wings'],
    [['search', '--problem', '3 5 7 2 > 24', 'more'], 2, 'more'],
    [['search', '--problem', '3 5 7 2 > 24', '--n', '10'], 2, 'n = 10 is not divisible by m = 4'],
    [['search', '--problem', '3 5 7 2 > 24', '--n', 'many'], 2, '--n'],
    [['search', '--problem', '3 5 7 2 > 24', '--strategy', 'magic'], 2, 'Strategy magic'],
    [['search', '--problem', '3 5 7 2 > 24', '--seed', '-1'], 2, '--seed'],
    [['search', '--problem', '3 5 7 2 > 24', '--backend', 'abacus'], 2, 'auto, webgpu, wasm, cpu'],
    [['search', '--problem', '3 5 7 2 > 24', '--step', ''], 2, '--step is empty'],
    [['search', '--problem', '3 5 > 24'], 1, 'too few numbers'],
    [['search', '--problem', '3 5 7 2 > 24', '--task', 'chess'], 1, 'found chess'],
    [['search', '--problem', '3 5 7 2 > 24', '--policy', '/nowhere'], 1, 'no directory /nowhere'],
    [['eval', '--problems', PROBLEMS, '--generate', '3'], 2, 'Give either --problems or --generate'],
    [['eval', '--generate', '3'], 2, '--difficulty is missing'],
    [['eval', '--problems', '/nowhere.jsonl'], 1, '/nowhere.jsonl: The file cannot be read'],
    [['eval', '--problems', PROBLEMS, '--strategies', 'beam,,beam'], 2, 'empty name'],
    [['eval', '--problems', PROBLEMS, '--strategies', 'beam,lookahead:n=6'], 2, 'n = 6 is not divisible by m = 4'],
    [
      ['eval', '--problems', PROBLEMS, '--out', '/nowhere/eval.json'],
      1,
      '/nowhere/eval.json: The file cannot be written',
    ],
    [['eval', '--problems', PROBLEMS, '--out', tmpdir()], 1, 'it is a folder'],
    [['score'], 2, '--input is missing'],
    [['logits', '--model', 'x'], 2, '--ids is missing'],
  ] as const)('refuses %j', async (args, code, message) => {
    const refused = await run(...args)
    expect(refused).toMatchObject({ code, out: '' })
    expect(refused.err).toContain(message)
    expect(refused.err).not.toContain('    at ')
  })

  it('runs as a program: results on stdout, the rest on stderr, an exit code', async () => {
    const args = ['search', '--problem', '3 5 7 2 > 24', '--strategy', 'greedy-decoding', ...cpu]
    const [tree, help, wrong] = await Promise.all([spawn(...args), spawn('--help'), spawn('search', '--nothing')])
    expect(tree).toMatchObject({ code: 0, err: '' })
    expect(tree.out).toContain('3 5 7 2 > 24\n└─ ●')
    expect(tree.out).toContain('★')
    expect(tree.out).toContain('on cpu (CPU')
    expect(help.code).toBe(0)
    expect(wrong).toMatchObject({ code: 2, out: '' })
    expect(wrong.err).toContain('--nothing')
  })
})

describe('stepscope search', () => {
  const args = (strategy: string) => [
    'search',
    '--problem',
    '4 3 6 8 > 40',
    '--strategy',
    strategy,
    '--n',
    '8',
    '--json',
  ]

  it.each(STRATEGY_IDS)('%s: the same seed gives the same events, and the ledger is the tree', async (strategy) => {
    const backend = strategy === 'beam' ? cpu : wasm
    const first = await run(...args(strategy), '--seed', '7', ...backend)
    // The bundled model is a PRM.
    const err = strategy.endsWith('-orm') ? expect.stringContaining('The reward model is a PRM') : ''
    expect(first).toMatchObject({ code: 0, err })
    const again = await run(...args(strategy), '--seed', '7', ...backend)
    expect(again.out).toBe(first.out)
    const events = eventsOf(first)
    const tree = treeOf(events)
    const { started, finished } = tree
    if (!started || !finished) throw new Error('the run has no start or no end')
    const { policy, reward } = finished.ledger
    expect(policy.executed).toBe(policy.unique + policy.merged + policy.overrun)
    expect(policy.overrun).toBeLessThanOrEqual(0.05 * policy.executed)
    const { unique, merged, rewardUnique } = recount(events)
    expect(policy).toMatchObject({ unique, merged })
    expect(reward).toMatchObject({ unique: rewardUnique, executed: rewardUnique })
    expect(policy.asked).toBeGreaterThan(policy.executed)
  })

  it('continues given steps, and remarks on problems out of range', async () => {
    const given = await run(...args('greedy-tree'), '--step', '8*6=48 : 4 3 48', ...cpu)
    const [, proposed] = eventsOf(given)
    expect(proposed).toMatchObject({ type: 'proposed', given: true, text: '8*6=48 : 4 3 48\n' })
    const five = await run('search', '--problem', '1 2 3 4 5 > 24', '--strategy', 'greedy-decoding', ...cpu)
    expect(five.code).toBe(0)
    expect(five.err).toContain('5 numbers (trained on 3 or 4)')
  })
})

describe('stepscope eval', () => {
  it('gives the same file however many problems run at once, and agrees with search', async () => {
    const out = (name: string) => join(folder, name)
    const strategies = 'greedy-decoding,greedy-tree,lookahead:n=4'
    const args = ['eval', '--problems', PROBLEMS, '--strategies', strategies, '--seed', '7', '--limit', '3', ...cpu]
    const one = await run(...args, '--concurrency', '1', '--out', out('one.json'))
    const all = await run(...args, '--out', out('all.json'))
    expect([one.code, all.code]).toEqual([0, 0])
    const text = readFileSync(out('one.json'), 'utf8')
    expect(readFileSync(out('all.json'), 'utf8')).toBe(text)

    const { results, table, models } = JSON.parse(text)
    expect(models).toMatchObject({ policy: { weights: 'f32', choices: { burst: '2 steps' } }, reward: {} })
    const dataset = splitLines(readFileSync(PROBLEMS, 'utf8'))
      .slice(0, 3)
      .map((line) => JSON.parse(line))
    expect(results.map(({ strategy }: { strategy: string }) => strategy)).toEqual(
      strategies.split(',').flatMap((name) => [name, name, name]),
    )
    for (const [index, { numbers, target, greedy_response, greedy_correct }] of dataset.entries()) {
      expect(results[index]).toMatchObject({
        problem: { numbers, target },
        response: greedy_response,
        correct: greedy_correct,
      })
    }
    expect(table).toHaveLength(3)
    expect(table[0]).toMatchObject({ strategy: 'greedy-decoding', problems: 3, rewardTokens: 0 })
    expect(table[0].interval).toHaveLength(2)
    expect(all.out).toMatch(/^strategy +correct +accuracy +95% interval/)

    const second = results[4]
    const { numbers, target } = second.problem
    const problem = `${numbers.join(' ')} > ${target}`
    const alone = await run(
      ...['search', '--problem', problem, '--strategy', 'greedy-tree', '--seed', String(second.seed), '--json', ...cpu],
    )
    expect(eventsOf(alone).at(-1)).toMatchObject({ response: second.response, ledger: second.ledger })
  })

  it('names file and line of a bad problem', async () => {
    const file = join(folder, 'bad.jsonl')
    writeFileSync(file, '{"numbers":[3,5,7,2],"target":24}\n\n{"numbers":[3,5],"target":24}\n')
    const bad = await run('eval', '--problems', file, ...cpu)
    expect(bad).toMatchObject({ code: 1, out: '' })
    expect(bad.err).toContain(`${file}, line 3, numbers: The problem has too few numbers`)
    writeFileSync(file, '{"numbers":[3,5,7,2],"target":24\n')
    expect((await run('eval', '--problems', file, ...cpu)).err).toContain(`${file}, line 1: The line is not JSON`)
    writeFileSync(file, '')
    expect((await run('eval', '--problems', file, ...cpu)).err).toContain('holds no problems')
  })
})

describe('stepscope score', () => {
  it('gives the scores of the reference for every step, on stdout or in a file', async () => {
    const expected: { prompt: string; greedy_response: string; prm_step_scores: number[] }[] = JSON.parse(
      readFileSync(path('tests/fixtures/expected.json'), 'utf8'),
    )
    const input = join(folder, 'score.jsonl')
    const lines = expected.map(({ prompt, greedy_response }, id) => ({
      id,
      problem: prompt.slice(2, -1),
      steps: splitLines(greedy_response).map((step) => step.trimEnd()),
    }))
    writeFileSync(input, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const scored = await run('score', '--task', 'countdown', '--input', input, ...cpu)
    expect(scored).toMatchObject({ code: 0, err: '' })
    const results = splitLines(scored.out).map((line) => JSON.parse(line))
    for (const [index, { prm_step_scores }] of expected.entries()) {
      const { scores, ...rest } = results[index]
      expect(rest).toEqual(lines[index])
      expect(scores).toHaveLength(prm_step_scores.length)
      for (const [step, score] of prm_step_scores.entries()) expect(scores[step]).toBeCloseTo(score, 3.7)
    }
    const out = join(folder, 'scored.jsonl')
    expect(await run('score', '--input', input, '--out', out, ...cpu)).toMatchObject({ code: 0, out: '' })
    expect(readFileSync(out, 'utf8')).toBe(scored.out)
  })

  it('names file, line and field of what cannot be scored', async () => {
    const input = join(folder, 'wrong.jsonl')
    writeFileSync(input, '{"problem":"3 5 7 2 > 24","steps":["3*5=15 : 7 2 15","a\\nb"]}\n')
    expect((await run('score', '--input', input, ...cpu)).err).toContain(`${input}, line 1, steps[1]: `)
    writeFileSync(input, '{"steps":[]}\n')
    expect((await run('score', '--input', input, ...cpu)).err).toContain(`${input}, line 1, problem: `)
    writeFileSync(input, '{"problem":"3 5 7 2 > 24","steps":[]}\n{"problem":"3 5 7 2 > 24","steps":["three"]}\n')
    expect((await run('score', '--input', input, ...cpu)).err).toContain(`${input}, line 2: The text cannot be written`)
  })
})

describe('stepscope logits', () => {
  it('writes the reference’s logits', async () => {
    const model = path('tests/fixtures/forward/llama-gqa-tied')
    const fixture = await openCheckpointDirectory(model)
    const reference = await readSafetensorsHeader(fixture, 'expected.safetensors')
    const entry = (entries: readonly TensorEntry[], name: string): TensorEntry => {
      const found = entries.find((candidate) => candidate.name === name)
      if (!found) throw new Error(`no tensor ${name}`)
      return found
    }
    const { file, start, end, shape } = entry(reference, 'input_ids')
    const ids = [...new Int32Array((await fixture.read(file, start, end)).buffer)]
    const [rows = 0, length = 0] = shape
    const idsFile = join(folder, 'ids.json')
    writeFileSync(
      idsFile,
      JSON.stringify(Array.from({ length: rows }, (_, row) => ids.slice(row * length, (row + 1) * length))),
    )
    const out = join(folder, 'logits.safetensors')
    expect(await run('logits', '--model', model, '--ids', idsFile, '--out', out, ...cpu)).toMatchObject({
      code: 0,
      out: '',
      err: '',
    })
    const written = await openCheckpointDirectory(folder)
    const header = await readSafetensorsHeader(written, 'logits.safetensors')
    expect(header.map(({ name, shape }) => ({ name, shape }))).toEqual([{ name: 'logits', shape: [3, 48, 97] }])
    const logits = await readTensor(written, entry(header, 'logits'))
    const expected = await readTensor(fixture, entry(reference, 'logits'))
    let worst = 0
    for (const [index, value] of expected.entries()) worst = Math.max(worst, Math.abs(value - (logits[index] ?? 0)))
    expect(worst).toBeLessThan(2e-4)
  })

  it('refuses ids that are no rows of equal length in the vocabulary', async () => {
    const idsFile = join(folder, 'wrong.json')
    const refused = async (ids: unknown): Promise<string> => {
      writeFileSync(idsFile, JSON.stringify(ids))
      const model = path('public/checkpoints/countdown-policy')
      return (await run('logits', '--model', model, '--ids', idsFile, '--out', join(folder, 'none'), ...cpu)).err
    }
    expect(await refused([])).toContain('no rows of token ids')
    expect(await refused([[1, 2], [1.5]])).toContain('Row 1 is no row of token ids')
    expect(await refused([[1, 2], [1]])).toContain('Row 1 has another length than row 0')
    expect(await refused([[1, 2, 23]])).toContain('expected ids from 0 to 22, found 23')
  })
})

describe('stepscope engine', () => {
  it('runs in WebAssembly with so many threads and the arithmetic that is asked for', async () => {
    const { out, err } = await run('engine', '--backend', 'wasm', '--threads', '1', '--arithmetic', 'strict', '--json')
    expect(err).toBe('')
    const { backend, adapter, models } = JSON.parse(out) as {
      backend: string
      adapter: string
      models: { info: { choices: object } }[]
    }
    expect([backend, adapter]).toEqual(['wasm', 'CPU (WebAssembly SIMD, 1 thread, strict)'])
    for (const { info } of models) expect(info.choices).toMatchObject({ arithmetic: 'strict' })
  })

  it('says what the models run on, and every byte that they hold', async () => {
    const text = await run('engine', '--backend', 'cpu')
    expect(text).toMatchObject({ code: 0, err: '' })
    for (const line of [
      /^adapter +CPU \(TypeScript\)$/m,
      /^weights +f32$/m,
      /^burst +2 steps$/m,
      /^in all +[\d,]+$/m,
    ]) {
      expect(text.out).toMatch(line)
    }
    const { out } = await run('engine', '--backend', 'cpu', '--json')
    const facts = JSON.parse(out) as {
      readonly limits: Record<string, number>
      readonly models: readonly { role: string; info: object; bytes: Record<string, number> }[]
    }
    expect(facts).toMatchObject({ backend: 'cpu', adapter: 'CPU (TypeScript)', software: true })
    expect(facts.limits.maxStorageBuffers).toBeGreaterThanOrEqual(10)
    expect(facts.models.map(({ role }) => role)).toEqual(['policy', 'prm'])
    const sums = facts.models.map(({ bytes }) => Object.values(bytes).reduce((sum, part) => sum + part, 0))
    expect([...text.out.matchAll(/^in all +([\d,]+)$/gm)].map(([, sum]) => Number(sum?.replaceAll(',', '')))).toEqual(
      sums,
    )
    for (const { info, bytes } of facts.models) {
      expect(info).toMatchObject({ weights: 'f32', choices: { burst: '2 steps' } })
      // 0.8 million float32 parameters, as stored in the page's test.
      expect(bytes.weights).toBeGreaterThan(3_200_000)
    }
  })
})
