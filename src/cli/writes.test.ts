import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/stepscope.mjs', import.meta.url))
const POLICY = 'countdown-policy'
const cpu = ['--backend', 'cpu'] as const
const TWELVE = ['rollout', '--generate', '12', '--difficulty', '3-numbers', '--n', '2', '--seed', '3', ...cpu]

let folder = ''
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')
const lines = (name: string): string[] => read(name).split('\n').slice(0, -1)

interface Ended {
  readonly code: number | null
  readonly err: string
}

/**
 * Runs the program where no file may become larger than so many KiB: the system writes a part and then refuses, as it
 * does on a full disk. `to`: a file that gets standard output.
 */
function runFull(kibibytes: number, args: readonly string[], to = '/dev/null'): Promise<Ended> {
  const child = spawn('bash', [
    '-c',
    `ulimit -f ${kibibytes}; exec "$@" > "${to}"`,
    'bash',
    process.execPath,
    PROGRAM,
    ...args,
  ])
  let err = ''
  child.stderr.on('data', (data) => {
    err += data
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, err })))
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-writes-'))
  expect(await run(...TWELVE, '--out', at('whole.jsonl'))).toMatchObject({ code: 0 })
  expect(
    await run('label', '--input', at('whole.jsonl'), '--method', 'exact', '--out', at('labels.jsonl')),
  ).toMatchObject({
    code: 0,
  })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('a write that the disk does not take whole', () => {
  it('ends rollout and label with exit 1 and a file of whole groups, which --resume finishes to the same bytes', async () => {
    const label = ['label', '--input', at('whole.jsonl'), '--method', 'exact']
    const cases = [
      { args: TWELVE, out: 'rollouts.jsonl', whole: 'whole.jsonl', kibibytes: 16, group: 2 },
      { args: label, out: 'own-labels.jsonl', whole: 'labels.jsonl', kibibytes: 2, group: 2 },
    ]
    for (const { args, out, whole, kibibytes, group } of cases) {
      const { code, err } = await runFull(kibibytes, [...args, '--out', at(out)])
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/: The file cannot be written: .*--resume: what it holds is whole/),
      ])
      expect(err).toContain(out)
      expect(err).not.toMatch(/\n +at /)
      expect(read(whole).startsWith(read(out))).toBe(true)
      expect(lines(out).length).toBeGreaterThan(0)
      expect(lines(out).length % group).toBe(0)
      expect(await run(...args, '--resume', '--out', at(out))).toMatchObject({ code: 0 })
      expect(read(out)).toBe(read(whole))
    }
  })

  it('ends every other command with exit 1, and leaves what was there', async () => {
    writeFileSync(at('steps.jsonl'), `${'{"problem":"3 5 7 2 > 24","steps":["3*5=15 : 7 2 15"]}\n'.repeat(40)}`)
    writeFileSync(at('ids.json'), JSON.stringify([Array(100).fill(1)]))
    const others = [
      ['eval', '--generate', '3', '--difficulty', '3-numbers', '--strategies', 'greedy-decoding'],
      ['logits', '--model', `public/checkpoints/${POLICY}`, '--ids', at('ids.json')],
      ['reference', '--case', 'tests/fixtures/train/sft'],
    ]
    for (const args of others) {
      writeFileSync(at('there'), 'what was there')
      const { code, err } = await runFull(1, [...args, ...cpu, '--out', at('there')])
      expect([args[0], code, err]).toEqual([args[0], 1, expect.stringContaining('there: The file cannot be written')])
      expect(read('there')).toBe('what was there')
    }
    // What it had scored before stays, whole: it grows in its place.
    const scored = await runFull(1, ['score', '--input', at('steps.jsonl'), '--out', at('full.jsonl'), ...cpu])
    expect([scored.code, scored.err]).toEqual([1, expect.stringContaining('full.jsonl: The file cannot be written')])
    expect(lines('full.jsonl').length).toBeGreaterThan(0)
    for (const line of read('full.jsonl').trimEnd().split('\n')) expect(JSON.parse(line).scores).toHaveLength(1)

    const recipe = {
      objective: 'sft',
      model: POLICY,
      steps: 1,
      batch: 2,
      data: { source: 'generated', problems: 4 },
      evaluateProblems: 1,
    }
    writeFileSync(at('recipe.json'), JSON.stringify(recipe))
    const trained = await runFull(64, [
      'train',
      '--objective',
      'sft',
      '--config',
      at('recipe.json'),
      '--out',
      at('run'),
      ...cpu,
    ])
    expect([trained.code, trained.err]).toEqual([1, expect.stringContaining('The file cannot be written')])
    expect(trained.err).not.toMatch(/\n +at /)
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.part'))).toEqual([])
  })

  it('is removed once the file is written again, unless its process still writes', async () => {
    // No process has so large an id.
    writeFileSync(at('left.jsonl.999999999.part'), 'torn')
    writeFileSync(at(`left.jsonl.${process.ppid}.part`), 'under way')
    writeFileSync(at('left.jsonl.old.part'), 'of somebody else')
    const label = ['label', '--input', at('whole.jsonl'), '--method', 'exact', '--out', at('left.jsonl')]
    expect(await run(...label)).toMatchObject({ code: 0 })
    const left = readdirSync(folder).filter((name) => name.startsWith('left.jsonl'))
    const others = [`left.jsonl.${process.ppid}.part`, 'left.jsonl.old.part']
    expect(left.toSorted()).toEqual(['left.jsonl', ...others].toSorted())
    for (const name of others) rmSync(at(name))
  })

  it('counts for standard output, too', async () => {
    const events = ['search', '--problem', '3 5 7 2 > 24', '--json', ...cpu]
    for (const [kibibytes, to] of [
      [1, at('events.jsonl')],
      [1024, '/dev/full'],
    ] as const) {
      const { code, err } = await runFull(kibibytes, events, to)
      expect([code, err]).toEqual([1, expect.stringContaining('standard output: It cannot be written')])
    }
  })
})

describe('a file that is continued', () => {
  const resume = (name: string, ...args: readonly string[]) => run(...TWELVE, ...args, '--resume', '--out', at(name))

  it.each([
    ['lacks a group', (all: string[]) => [...all.slice(0, 4), ...all.slice(6)], 5],
    ['lacks its first group', (all: string[]) => all.slice(2), 1],
    ['has a group twice', (all: string[]) => [...all.slice(0, 6), ...all.slice(4)], 7],
    ['has groups in another order', (all: string[]) => [...all.slice(2, 4), ...all.slice(0, 2)], 1],
    ['lacks a line within a group', (all: string[]) => [...all.slice(0, 5), ...all.slice(6)], 6],
    ['has a line twice', (all: string[]) => [...all.slice(0, 3), ...all.slice(2)], 4],
    [
      'has lines of problems that nobody asked for',
      (all: string[]) => [(all[0] ?? '').replace('"index":0', '"index":40')],
      1,
    ],
    [
      'has more groups than there are problems',
      (all: string[]) => [...all, ...all.slice(-2).map((line) => line.replace('"index":11', '"index":12'))],
      25,
    ],
  ])('is refused where it %s, and stays as it is', async (_, change, line) => {
    const text = change(lines('whole.jsonl'))
      .map((one) => `${one}\n`)
      .join('')
    writeFileSync(at('changed.jsonl'), text)
    const { code, err } = await resume('changed.jsonl')
    expect([code, err]).toEqual([1, expect.stringContaining(`changed.jsonl, line ${line}: A line is missing`)])
    expect(read('changed.jsonl')).toBe(text)
  })

  it('may lack groups that gave no labels, but none of their lines and no order', async () => {
    const args = ['label', '--input', at('whole.jsonl'), '--method', 'exact', '--resume', '--out', at('gaps.jsonl')]
    const all = lines('labels.jsonl')
    writeFileSync(at('gaps.jsonl'), [...all.slice(0, 2), ...all.slice(4)].map((one) => `${one}\n`).join(''))
    expect(await run(...args)).toMatchObject({ code: 0 })
    writeFileSync(at('gaps.jsonl'), [...all.slice(4, 6), ...all.slice(0, 2)].map((one) => `${one}\n`).join(''))
    expect(await run(...args)).toMatchObject({ code: 1, err: expect.stringContaining('gaps.jsonl, line 3: ') })
  })
})

describe('stepscope score', () => {
  const row = (steps: readonly string[]): string => `${JSON.stringify({ problem: '3 5 7 2 > 24', steps })}\n`
  const good = row(['3*5=15 : 7 2 15'])

  it('keeps the lines before one that fails, and names it', async () => {
    writeFileSync(at('steps.jsonl'), `${good.repeat(9)}${row(['1'.repeat(400)])}${good}`)
    const { code, err } = await run('score', '--input', at('steps.jsonl'), '--out', at('scores.jsonl'), ...cpu)
    expect([code, err]).toEqual([1, expect.stringContaining('steps.jsonl, line 10: ')])
    expect(lines('scores.jsonl')).toHaveLength(9)
    for (const line of lines('scores.jsonl')) expect(JSON.parse(line).scores).toEqual([expect.any(Number)])
  })

  it('refuses an empty file, and never writes over what it reads', async () => {
    writeFileSync(at('empty.jsonl'), '\n')
    const empty = await run('score', '--input', at('empty.jsonl'), ...cpu)
    expect([empty.code, empty.err]).toEqual([1, expect.stringContaining('empty.jsonl: The file holds no responses')])
    writeFileSync(at('own.jsonl'), good)
    symlinkSync(at('own.jsonl'), at('link.jsonl'))
    for (const name of ['own.jsonl', 'link.jsonl', '../own.jsonl']) {
      const out = name.startsWith('..') ? join(folder, 'x', '..', 'own.jsonl') : at(name)
      const { code, err } = await run('score', '--input', at('own.jsonl'), '--out', out, ...cpu)
      expect([code, err]).toEqual([2, expect.stringContaining('would overwrite the file that they are made from')])
    }
    expect(read('own.jsonl')).toBe(good)
    const label = await run('label', '--input', at('whole.jsonl'), '--method', 'exact', '--out', at('whole.jsonl'))
    expect([label.code, label.err]).toEqual([2, expect.stringContaining('would overwrite')])
  })
})
