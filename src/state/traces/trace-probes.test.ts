import { expect, test } from 'vitest'
import { madeTrace } from './testing/made-trace.ts'
import { probesOfTrace } from './trace-probes.ts'
import type { Trace } from './traces-state.ts'

test('the task says which changes are wrong, and how a step is said otherwise', () => {
  for (let seed = 0; seed < 10; seed++) {
    const found = new Map(probesOfTrace(madeTrace(0), seed).map((probe) => [probe.kind, probe]))
    expect(found.get('swap-numbers')?.expects).toBe('lower')
    expect(found.get('paraphrase')).toMatchObject({ expects: 'same' })
    expect(['5*3=15 : 8 15', '8+15=23 : 23']).toContain(
      found.get('paraphrase')?.steps[found.get('paraphrase')?.at ?? 0],
    )
    // The numbers of a step that is said twice are used up; what follows the answer does not count.
    const again = found.get('repeat-step')
    expect(again?.expects).toBe(again?.steps[again.at] === 'A 23' ? 'same' : 'lower')
  }
})

test('without a task, or with a problem that it cannot read, the kind says it', () => {
  const kinds = (asked: Trace['asked']) =>
    probesOfTrace(madeTrace(0, { asked }), 1).map(({ kind, expects }) => [kind, expects])
  const plain = [
    ['swap-numbers', 'lower'],
    ['delete-step', 'lower'],
    ['repeat-step', 'same'],
    ['pad', 'same'],
  ]
  expect(kinds(null)).toEqual(plain)
  expect(kinds({ task: 'countdown', problem: 'nonsense' })).toEqual(plain)
})
