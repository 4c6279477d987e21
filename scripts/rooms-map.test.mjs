import { describe, expect, it, test } from 'vitest'
import { ROOMS } from './rooms.mjs'
import { drawRooms, withMap } from './rooms-map.mjs'

const arrows = new Map([
  ['search', new Map([['core', 'code']])],
  [
    'formats',
    new Map([
      ['core', 'code'],
      ['search', 'code'],
    ]),
  ],
  ['viz-layout', new Map([['search', 'types']])],
])

describe('the map of rooms', () => {
  const lines = drawRooms(arrows).split('\n')

  it('has a graph without the arrows that follow from others', () => {
    expect(lines.filter((line) => line.includes('-->')).map((line) => line.trim())).toEqual([
      'search --> core',
      'formats --> search',
      'viz-layout --> search',
    ])
  })

  it('has a line for each room: what lives there, what it imports, what else it may', () => {
    expect(lines.filter((line) => line.startsWith('| ') && !line.startsWith('| Room'))).toHaveLength(ROOMS.length)
    expect(lines.find((line) => line.startsWith('| formats'))).toMatch(
      /^\| formats: `src\/formats\/` \| [^|]+ \| core, search \| tasks, objectives/,
    )
    expect(lines.find((line) => line.startsWith('| viz-layout'))).toContain('| *search* | core |')
    for (const { says } of ROOMS) expect(says).toMatch(/^[^|\n]+[^.]$/)
  })
})

test('a map takes the place of the one before, and nothing else', () => {
  const begin = '<!-- rooms: drawn by `npm run rooms` -->'
  const text = `# Title\n${begin}\nold\n<!-- end of rooms -->\nrest\n`
  const once = withMap(text, 'new $1')
  expect(once).toBe(`# Title\n${begin}\nnew $1\n<!-- end of rooms -->\nrest\n`)
  expect(withMap(once, 'new $1')).toBe(once)
  expect(() => withMap('# Title\n', 'new')).toThrow('has no line <!-- rooms')
})
