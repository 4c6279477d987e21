import { expect, it } from 'vitest'
import { formatMetric } from './format-metric.ts'

it('keeps three digits of small numbers', () => {
  expect([0.532, 0.00012, 0.0123456, -0.00099, 0, 12.345, 5e-6, 1e-9, -2.0234e-8].map(formatMetric)).toEqual([
    '0.532',
    '0.00012',
    '0.0123',
    '−0.00099',
    '0',
    '12.3',
    '0.000005',
    '1e−9',
    '−2.02e−8',
  ])
})
