import { describe, expect, it } from 'vitest'
import { countdown } from './countdown/countdown.ts'
import { generateProblems, makeProblems } from './generate-problems.ts'

describe('the split', () => {
  it('holds out about one set of numbers in ten, whatever their order and the target', () => {
    const sets: number[][] = []
    for (let a = 1; a <= 13; a++) {
      for (let b = a; b <= 13; b++) for (let c = b; c <= 13; c++) for (let d = c; d <= 13; d++) sets.push([a, b, c, d])
    }
    const held = sets.filter((numbers) => countdown.generator.split({ numbers, target: 24 }) === 'held-out')
    expect(held.length / sets.length).toBeGreaterThan(0.07)
    expect(held.length / sets.length).toBeLessThan(0.13)
    for (const numbers of held.slice(0, 20)) {
      expect(countdown.generator.split({ numbers: numbers.toReversed(), target: 7 })).toBe('held-out')
    }
  })
})

describe('generateProblems', () => {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
  const set = { count: 40, difficulty: '4-numbers', seed: 7, split: 'train' } as const
  const few = {
    ...countdown,
    generator: {
      ...countdown.generator,
      generate: (seed: number) => ({ numbers: [1, 2, 3], target: 1 + (seed % 4) }),
      split: () => 'train' as const,
    },
  }
  const texts = (problems: readonly Parameters<typeof countdown.format>[0][]) => problems.map(countdown.format)

  it('repeats for a seed, and begins with the smaller set', () => {
    const problems = generateProblems(countdown, set)
    expect(generateProblems(countdown, { ...set, count: 15 })).toEqual(problems.slice(0, 15))
    expect(new Set(texts(problems)).size).toBe(40)
    expect(texts(generateProblems(countdown, { ...set, seed: 8 }))).not.toEqual(texts(problems))
    // Pins the generator: results elsewhere name only a seed.
    expect(texts(problems).slice(0, 3)).toEqual(['9 3 3 7 > 1', '5 6 2 4 > 3', '13 4 6 12 > 9'])
  })

  it('keeps to its split, and leaves out what it is told to', () => {
    const held = generateProblems(countdown, { ...set, split: 'held-out' })
    expect(held.every((problem) => countdown.generator.split(problem) === 'held-out')).toBe(true)
    expect(generateProblems(countdown, set).every((problem) => countdown.generator.split(problem) === 'train')).toBe(
      true,
    )
    const without = new Set(texts(held.slice(0, 10)))
    expect(texts(generateProblems(countdown, { ...set, split: 'held-out', without })).slice(0, 30)).toEqual(
      texts(held.slice(10)),
    )
  })

  it('has 500 held-out problems, and says when there are not so many', () => {
    for (const difficulty of ['3-numbers', '4-numbers']) {
      expect(generateProblems(countdown, { ...set, count: 500, difficulty, split: 'held-out' })).toHaveLength(500)
    }
    expect(() => generateProblems(countdown, { ...set, difficulty: '6-numbers' })).toThrow(
      'difficulty: Countdown has no such difficulty (expected 3-numbers, 4-numbers-easy',
    )
    expect(() => generateProblems(few, { ...set, count: 5 })).toThrow('at most 4, found 5')
  })

  it('makes the same set in turns with others, and stops when it is told to', async () => {
    expect(await makeProblems(countdown, set, pause)).toEqual(generateProblems(countdown, set))
    const controller = new AbortController()
    const making = makeProblems(countdown, { ...set, count: 1_000_000 }, pause, controller.signal)
    setTimeout(() => controller.abort(), 20)
    await expect(making).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('gives up soon where there are no more problems, however many are asked for', () => {
    expect(() => generateProblems(few, { ...set, count: 1_000_000 })).toThrow('at most 4, found 1000000')
  })

  it.each([1e9, -1, 0.5, Number.NaN])('refuses to make %d of them', (count) => {
    expect(() => generateProblems(countdown, { ...set, count })).toThrow(
      `generate: The number is out of range (expected a whole number from 0 to 1000000, found ${count})`,
    )
  })
})
