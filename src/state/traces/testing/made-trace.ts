import type { Trace } from '../traces-state.ts'

/** A right response to a Countdown problem, the `index`th of the set `s`, of which nothing else is known. */
export function madeTrace(index: number, given: Partial<Trace> = {}): Trace {
  return {
    key: `s/${index}`,
    set: 's',
    index,
    id: null,
    problem: '3 5 8 > 23',
    steps: ['3*5=15 : 8 15', '15+8=23 : 23', 'A 23'],
    labels: null,
    firstError: null,
    answer: null,
    correct: null,
    subset: null,
    generator: null,
    scores: null,
    origin: { format: 'text', line: 1, index: 0 },
    asked: { task: 'countdown', problem: '3 5 8 > 23' },
    exact: null,
    ...given,
  }
}
