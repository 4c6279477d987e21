import { describe, expect, it } from 'vitest'
import { formatRoute, parseRoute } from './route.ts'

describe('the address', () => {
  it('names a screen and carries a permalink', () => {
    expect(parseRoute('#/compare?n=16&m=4')).toEqual({ screen: 'compare', link: '#n=16&m=4' })
    expect(formatRoute({ screen: 'compare', link: '#n=16&m=4' })).toBe('#/compare?n=16&m=4')
    expect(formatRoute({ screen: 'runs', link: '' })).toBe('#/runs')
  })

  it('may have its question mark escaped', () => {
    const link = '#problem=4+6+2+%3E+20'
    expect(parseRoute('#/compare%3Fproblem=4+6+2+%3E+20')).toEqual({ screen: 'compare', link })
    expect(parseRoute('#/nowhere?problem=4+6+2+%3E+20')).toEqual({ screen: 'playground', link })
  })

  it('opens the playground for anything else', () => {
    expect(parseRoute('')).toEqual({ screen: 'playground', link: '' })
    expect(parseRoute('#/nowhere')).toEqual({ screen: 'playground', link: '' })
    expect(parseRoute('#problem=1')).toEqual({ screen: 'playground', link: '#problem=1' })
  })
})
