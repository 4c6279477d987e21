import { expect, test } from 'vitest'
import type { ProbeResult } from './probes.ts'
import { PROBE_KINDS, probesOf, summarizeProbes } from './probes.ts'

const STEPS = ['Take 12 and 5.', '12 - 5 = 7', 'So it is 7.']

test('a probe of each kind, and the same one for the same seed', () => {
  const tools = { paraphrase: (steps: readonly string[], index: number) => `In short: ${steps[index]}` }
  const found = probesOf(STEPS, 3, tools)
  expect(found.map(({ kind }) => kind)).toEqual([...PROBE_KINDS])
  expect(probesOf(STEPS, 3, tools)).toEqual(found)
  for (const { kind, steps, at, before } of found) {
    switch (kind) {
      case 'swap-numbers':
        expect(at).toBe(before)
        expect(steps[at]).not.toBe(STEPS[before])
        expect(digits(steps[at])).toEqual(digits(STEPS[before]))
        break
      case 'delete-step':
        expect(steps).toEqual(STEPS.toSpliced(at, 1))
        expect(steps[at]).toBe(STEPS[before])
        break
      case 'repeat-step':
        expect([steps[at - 1], steps[at]]).toEqual([STEPS[before], STEPS[before]])
        break
      case 'paraphrase':
        expect(steps[at]).toBe(`In short: ${STEPS[before]}`)
        break
      case 'pad':
        expect(steps.toSpliced(at - 1, 1)).toEqual(STEPS)
        expect(steps[at]).toBe(STEPS[before])
    }
  }
})

const digits = (text: string | undefined) => [...(text?.match(/\d+/g) ?? [])].sort()

test('numbers are exchanged so that the step is wrong, where the task can tell', () => {
  // 12 - 5 = 7: exchanging 5 and 7 leaves it right.
  const isRight = ([text = '']: readonly string[]) => text === '12 - 5 = 7' || text === '12 - 7 = 5'
  for (let seed = 0; seed < 20; seed++) {
    const swap = probesOf(['12 - 5 = 7'], seed, { isRight }).find(({ kind }) => kind === 'swap-numbers')
    expect(swap?.expects).toBe('lower')
    expect(['5 - 12 = 7', '7 - 5 = 12']).toContain(swap?.steps[0])
  }
})

test('what cannot be done is left out', () => {
  // One step without numbers: nothing to exchange, leave out or say otherwise.
  expect(probesOf(['So.'], 1).map(({ kind }) => kind)).toEqual(['repeat-step', 'pad'])
  expect(probesOf([], 1)).toEqual([])
})

test('what a kind means gives way to what the task says', () => {
  const said = probesOf(STEPS, 1, { isRight: () => false })
  expect(said.every(({ expects }) => expects === 'lower')).toBe(true)
  expect(probesOf(STEPS, 1).map(({ expects }) => expects)).toEqual(['lower', 'lower', 'same', 'same'])
})

test('a table by hand', () => {
  const result = (expects: ProbeResult['expects'], before: number, after: number): ProbeResult => ({
    kind: 'swap-numbers',
    expects,
    before,
    after,
    lowestBefore: before,
    lowestAfter: Math.min(after, 0.3),
  })
  const [found] = summarizeProbes(
    [result('lower', 0.9, 0.5), result('lower', 0.8, 0.1), result('same', 0.9, 0.4), result('same', 0.2, 0.1)],
    0.5,
  )
  expect(found).toMatchObject({ kind: 'swap-numbers', count: 4 })
  expect(found?.change).toBeCloseTo((-0.4 - 0.7 - 0.5 - 0.1) / 4, 12)
  // 0.3 − 0.9, 0.1 − 0.8, 0.3 − 0.9, 0.1 − 0.2.
  expect(found?.lowestChange).toBeCloseTo((-0.6 - 0.7 - 0.6 - 0.1) / 4, 12)
  // 0.5 is at the threshold, so still right; 0.2 was called wrong before.
  expect(found?.fooled).toMatchObject({ hits: 1, count: 2 })
  expect(found?.alarmed).toMatchObject({ hits: 1, count: 1 })
})
