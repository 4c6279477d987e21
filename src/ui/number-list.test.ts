import { describe, expect, it } from 'vitest'
import { readNumberList } from './number-list.ts'

const limits = { min: 1, max: 64, most: 3 }

describe('a typed list of numbers', () => {
  it('is read in order, each number once', () => {
    expect(readNumberList('4, 1;2 4', limits)).toEqual({ values: [1, 2, 4] })
  })

  it('says what is wrong with it', () => {
    expect(readNumberList(' , ', limits)).toEqual({ wrong: 'Type at least one number.' })
    expect(readNumberList('1, 65', limits)).toEqual({ wrong: '“65” is not a whole number from 1 to 64.' })
    expect(readNumberList('1, 2.5', limits)).toEqual({ wrong: '“2.5” is not a whole number from 1 to 64.' })
    expect(readNumberList('1 2 3 4', limits)).toEqual({ wrong: 'At most 3 numbers.' })
  })
})
