import { expect, it } from 'vitest'
import { formatAgo } from './format-ago.ts'

it('says how long ago in the largest whole unit', () => {
  expect([-5, 5, 60, 130, 3599, 7200, 200_000].map((seconds) => formatAgo(0, seconds * 1000))).toEqual([
    'just now',
    'just now',
    '1 minute ago',
    '2 minutes ago',
    '59 minutes ago',
    '2 hours ago',
    '2 days ago',
  ])
})
