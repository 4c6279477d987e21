import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

const ROLLOUTS = readFileSync('tests/fixtures/earlier/data/rollouts.jsonl', 'utf8').trimEnd().split('\n')
const cpu = ['--backend', 'cpu'] as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-places-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('what cannot be worked on is named by file and line', () => {
  it('a prompt that the model of its task cannot read, behind blank lines', async () => {
    const made = join(folder, 'words.jsonl')
    const generated = ['--generate', '3', '--difficulty', '2-results', '--n', '1']
    await run('rollout', '--task', 'word-problems', ...generated, '--out', made, ...cpu)
    const rows = readFileSync(made, 'utf8').trimEnd().split('\n')
    const judged = await run('judge', '--input', made, ...cpu)
    expect([judged.code, judged.out]).toEqual([0, expect.stringContaining('words-prm')])
    const changed = rows.map((row, index) =>
      index === 2 ? row.replaceAll(/\b(cups|eggs|figs|keys|pens)\b/g, 'hats') : row,
    )
    const input = file('prompt.jsonl', `\n\n${changed.join('\n\n')}\n`)
    const refused = /prompt\.jsonl, line 7: The text cannot be written with the model's vocabulary \(found "hats"\)/
    const { code, err } = await run('judge', '--input', input, ...cpu)
    expect([code, err]).toEqual([1, expect.stringMatching(refused)])
    const labelled = await run('label', '--input', input, '--method', 'monte-carlo', '--out', join(folder, 'x'), ...cpu)
    expect([labelled.code, labelled.err]).toEqual([1, expect.stringMatching(refused)])
  })

  it('a response that is there twice; responses of two seeds are two', async () => {
    const [first = '', ...rest] = ROLLOUTS
    const twice = file('twice.jsonl', `${[first, ...rest, first].join('\n')}\n`)
    for (const args of [['judge'], ['label', '--method', 'exact', '--out', join(folder, 'twice')]]) {
      const { code, err } = await run(...args, '--input', twice, ...cpu)
      expect([code, err]).toEqual([
        1,
        expect.stringContaining(
          `twice.jsonl, line ${ROLLOUTS.length + 1}: The response is there twice: it is that of line 1`,
        ),
      ])
    }
    const other = first.replace(/"seed":\d+/, '"seed":4711')
    const input = file('two-seeds.jsonl', `${[first, ...rest, other].join('\n')}\n`)
    const both = await run('label', '--method', 'exact', '--out', join(folder, 'both'), '--input', input, ...cpu)
    expect([both.code, both.err]).toEqual([0, ''])
  })

  it('a problem that the task cannot read, behind blank lines', async () => {
    const rows = ROLLOUTS.map((line) => line.replace(/"problem":"[^"]+"/, '"problem":"3 > > 4"'))
    const input = file('problem.jsonl', `\n${rows.join('\n')}\n`)
    expect((await run('label', '--input', input, '--method', 'exact', '--out', join(folder, 'y'))).err).toMatch(
      /problem\.jsonl, line 2, problem: /,
    )
  })

  it('a step of 300,000 characters', async () => {
    const input = file('long.jsonl', `${JSON.stringify({ problem: '3 5 7 2 > 24', steps: ['3'.repeat(300_000)] })}\n`)
    const { code, err } = await run('score', '--input', input, ...cpu)
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/long\.jsonl, line 1: The text is longer than the model's context/),
    ])
  })

  it('a row of token ids, and a folder that a recipe names', async () => {
    const ids = file('ids.json', '[[1, 2], [1, -2]]')
    const model = ['--model', 'public/checkpoints/countdown-policy', '--out', join(folder, 'z')]
    expect((await run('logits', '--ids', ids, ...model, ...cpu)).err).toMatch(/ids\.json, \[1\]: Row 1 is no row/)
    const recipe = file('recipe.json', JSON.stringify({ objective: 'sft', model: 'nowhere' }))
    const trained = await run('train', '--objective', 'sft', '--config', recipe, '--out', join(folder, 'run'), ...cpu)
    expect(trained.err).toMatch(/recipe\.json, model: There is no directory .*nowhere/)
  })
})
