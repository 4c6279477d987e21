import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

interface Line {
  readonly strategy: string
  readonly correct: number
}

test('search with the bundled models of word problems gains what the README says, or half of it, on 60 problems', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'words-'))
  const out = join(folder, 'eval.json')
  const problems = [
    '--task',
    'word-problems',
    '--generate',
    '60',
    '--difficulty',
    '2-to-3-results',
    '--split',
    'held-out',
  ]
  const search = [
    '--strategies',
    'greedy-decoding,sampling,weighted-vote-orm,beam,best-of-n-prm',
    '--n',
    '16',
    '--m',
    '4',
  ]
  const { code, err } = await run('eval', ...problems, ...search, '--seed', '1', '--backend', 'wasm', '--out', out)
  expect([code, err]).toEqual([0, expect.anything()])
  const { table } = JSON.parse(readFileSync(out, 'utf8')) as { table: Line[] }
  rmSync(folder, { recursive: true })
  const right = (strategy: string) => table.find((line) => line.strategy.startsWith(strategy))?.correct ?? Number.NaN
  for (const strategy of ['beam', 'best-of-n-prm']) expect(right(strategy)).toBeGreaterThanOrEqual(right('greedy') + 4)
  expect(right('weighted-vote-orm')).toBeGreaterThan(right('sampling'))
})
