import { describe, expect, it } from 'vitest'
import { hashNumbers, hashText } from './hash.ts'

describe('hashNumbers', () => {
  it('does not depend on the order', () => {
    expect(hashNumbers([3, 5, 7, 2])).toBe(hashNumbers([2, 7, 5, 3]))
  })
  it('tells multisets apart', () => {
    const hashes = new Set([hashNumbers([1, 2]), hashNumbers([1, 1, 2]), hashNumbers([1, 2, 2]), hashNumbers([1, 3])])
    expect(hashes.size).toBe(4)
  })
  it('spreads evenly over two halves', () => {
    let even = 0
    for (let a = 1; a <= 13; a++)
      for (let b = a; b <= 13; b++) for (let c = b; c <= 13; c++) even += hashNumbers([a, b, c]) % 2
    expect(Math.abs(even - 227.5)).toBeLessThan(45)
  })
})

describe('hashText', () => {
  it('tells texts apart, their order and their ends included', () => {
    const texts = ['', 'a', 'aa', 'ab', 'ba', 'ab\n', 'A', '\u0000', '3+4=7 : 2 7\n', '4+3=7 : 2 7\n']
    expect(new Set(texts.map(hashText)).size).toBe(texts.length)
    expect(hashText('3+4=7')).toBe(hashText('3+4=7'))
  })
})
