import { describe, expect, it, test } from 'vitest'
import { cosineAndSine, exp, log, log1p, wholePower } from './portable-maths.ts'

/** Largest distance from the platform's own function, in units of the last place. */
function apart(own: (x: number) => number, platform: (x: number) => number, from: number, to: number): number {
  let most = 0
  for (let i = 0; i <= 20_000; i++) {
    const x = from + ((to - from) * i) / 20_000
    const wanted = platform(x)
    const unit = 2 ** (Math.max(-1022, Math.floor(Math.log2(Math.abs(wanted)))) - 52)
    most = Math.max(most, Math.abs(own(x) - wanted) / unit)
  }
  return most
}

describe('within two units of the platform', () => {
  test.each([
    [
      'exp',
      exp,
      Math.exp,
      [
        [-745, 709],
        [-1, 1],
        [-1e-5, 1e-5],
      ],
    ],
    [
      'log',
      log,
      Math.log,
      [
        [1e-300, 1e300],
        [0.3, 3],
        [1, 1e5],
      ],
    ],
    [
      'log1p',
      log1p,
      Math.log1p,
      [
        [-0.9, 5],
        [1e-12, 1e-9],
      ],
    ],
    [
      'sine',
      (x: number) => cosineAndSine(x)[1],
      Math.sin,
      [
        [0.01, 3],
        [1000, 9000],
        [1e5, 1e6],
      ],
    ],
    [
      'cosine',
      (x: number) => cosineAndSine(x)[0],
      Math.cos,
      [
        [-1.5, 1.5],
        [1000, 9000],
        [1e5, 1e6],
      ],
    ],
  ] as const)('%s', (_, own, platform, ranges) => {
    for (const [from, to] of ranges) expect(apart(own, platform, from, to)).toBeLessThanOrEqual(2)
  })
})

it('knows the ends', () => {
  const { NaN: none, NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number
  expect([0, -0, NEGATIVE_INFINITY, -800, 710, POSITIVE_INFINITY, none].map(exp)).toEqual([
    1,
    1,
    0,
    0,
    POSITIVE_INFINITY,
    POSITIVE_INFINITY,
    none,
  ])
  expect([1, 0, -1, POSITIVE_INFINITY, none, 5e-324].map(log)).toEqual([
    0,
    NEGATIVE_INFINITY,
    none,
    POSITIVE_INFINITY,
    none,
    -744.4400719213812,
  ])
  expect([0, -1, -2, POSITIVE_INFINITY, 1e-20].map(log1p)).toEqual([
    0,
    NEGATIVE_INFINITY,
    none,
    POSITIVE_INFINITY,
    1e-20,
  ])
  expect(cosineAndSine(0)).toEqual([1, 0])
  expect(() => cosineAndSine(2e6)).toThrow('2000000 radians')
})

it('multiplies as often as it is told', () => {
  expect([0, 1, 2, 10, 63].map((n) => wholePower(2, n))).toEqual([1, 2, 4, 1024, 2 ** 63])
  expect(wholePower(0.999, 1000)).toBeCloseTo(0.999 ** 1000, 14)
})

it('has the same bits on every machine', () => {
  const found = [
    exp(0.7),
    exp(-13.1),
    log(0.3),
    log(1234.5),
    log1p(0.01),
    ...cosineAndSine(777.7),
    wholePower(0.95, 77),
  ]
  expect(found).toEqual([
    2.0137527074704766, 0.0000020452306245234897, -1.2039728043259361, 7.118421308785234, 0.009950330853168083,
    0.1551884746441545, -0.987884880609892, 0.01926271979590451,
  ])
})
