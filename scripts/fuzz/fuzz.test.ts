import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../../src/core/errors.ts'
import { judgeFile, makeMutant } from './judge.ts'
import { runFileRule } from './run-file-rules.ts'
import { runFuzz } from './run-fuzz.ts'
import type { Target } from './target.ts'
import { text } from './target.ts'
import { TARGETS } from './targets.ts'

/** Time that says nothing of speed: only of what would never end. */
const NEVER = 25_000

describe('the fuzzer', () => {
  it('finds nothing in 100 mutants of all formats: npm run fuzz has more of them', async () => {
    const judged = await runFuzz({ seed: 20261126, first: 0, count: 100, timeout: NEVER, processes: 1 })
    expect(judged.filter(({ fault }) => fault !== null)).toEqual([])
    expect(judged.filter(({ refused }) => refused).length).toBeGreaterThan(50)
  })

  it('reads every file as it is before it is changed', async () => {
    for (const target of TARGETS) {
      const outcome = await judgeFile(target, target.sample(), 'unchanged')
      expect(outcome, target.name).toMatchObject({ fault: null, refused: false })
    }
  })

  it('makes the same mutants of the same seed', () => {
    for (let index = 0; index < 10; index++) expect(makeMutant(4, index)).toEqual(makeMutant(4, index))
    const differ = Array.from({ length: 10 }, (_, index) => makeMutant(4, index).how !== makeMutant(5, index).how)
    expect(differ.filter(Boolean).length).toBeGreaterThan(5)
  })

  it('tells what never ends, and what ends the process', async () => {
    const child = new URL('testing/bad-child.mjs', import.meta.url)
    const judged = await runFuzz({ seed: 1, first: 0, count: 4, timeout: 2000, processes: 1, child })
    expect(judged.map(({ fault }) => fault)).toEqual(['hang', 'crash', null, null])
  })

  it.each([
    ['internal error', () => Promise.reject(new TypeError('undefined is not a function'))],
    ['internal error', () => Promise.reject(new StepscopeError({ code: 'internal', message: 'x' }))],
    [
      'without place',
      () => Promise.reject(new StepscopeError({ code: 'bad-file', message: 'x', place: { file: 'a' } })),
    ],
    ['without place', () => Promise.reject(new StepscopeError({ code: 'bad-file', message: 'x', place: { line: 1 } }))],
    ['silent', () => Promise.resolve('read')],
    [null, () => Promise.reject(new StepscopeError({ code: 'bad-file', message: 'x', place: { file: 'a', line: 1 } }))],
  ])('tells %s from what is right', async (fault, read) => {
    const bytes = new Uint8Array([1])
    const target: Target = { name: 'any', kind: 'json', sample: () => bytes, read, silent: () => 'it is ruled out' }
    expect(await judgeFile(target, bytes, '')).toMatchObject({ fault })
  })

  it('rules out what formats.md does', () => {
    const sample = () => JSON.parse(text(TARGETS[0]?.sample() ?? new Uint8Array()))
    const changed = (change: (run: ReturnType<typeof sample>) => void) => {
      const run = sample()
      change(run)
      return runFileRule(run)
    }
    expect(runFileRule(sample())).toBeNull()
    expect(changed((run) => (run.events[3].ledger.policy.executed += 1))).toMatch(/ledger/)
    expect(changed((run) => (run.setup.seed += 1))).toMatch(/setup/)
    expect(changed((run) => (run.selected.node = 999))).toMatch(/selected/)
    expect(changed((run) => run.events.splice(1, 1))).toMatch(/events\[/)
    expect(changed((run) => delete run.models.policy.hash)).toMatch(/models/)
  })
})
