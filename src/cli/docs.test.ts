import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSweepFile } from '../formats/sweep.ts'
import { defaultRecipe, readRecipe } from '../formats/training-recipe.ts'
import { unusedFields } from '../formats/used-fields.ts'
import { OBJECTIVE_IDS } from '../objectives/registry.ts'
import { searchesOf } from '../sweep/plan.ts'
import { COMMANDS } from './run-cli.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const DOCS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
/** Files of the repository as docs name them, whole or by a pattern's beginning. */
const PATH = /`((?:src|docs|public|e2e|bench|scripts|tests|bin)\/[\w./*-]+)`/g
const LINK = /\]\((?!https?:)([^)#\s]+)(?:#([^)\s]+))?\)/g

function isThere(path: string): boolean {
  const [start = '', ...more] = path.split('*')
  if (more.length === 0) return existsSync(join(ROOT, path))
  const folder = join(ROOT, start.slice(0, start.lastIndexOf('/')))
  return existsSync(folder) && readdirSync(folder).some((name) => join(folder, name).startsWith(join(ROOT, start)))
}

/** As GitHub makes a heading's address. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe.each(DOCS)('%s', (doc) => {
  const text = read(doc)

  it('names files that there are', () => {
    const named = [...text.matchAll(PATH)].map(([, path = '']) => path)
    const missing = named.filter((path) => !isThere(path))
    expect(missing).toEqual([])
  })

  it('links to files and headings that there are', () => {
    const wrong = [...text.matchAll(LINK)].filter(([, path = '', anchor]) => {
      const target = normalize(join(dirname(doc), path))
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && !anchors(read(target)).includes(anchor)
    })
    expect(wrong.map(([link]) => link)).toEqual([])
  })

  it('calls commands with options that they have', () => {
    const calls = text.replaceAll(/\\\n\s*/g, '').matchAll(/stepscope (?:-- )?([a-z]+)((?: [^\n`]*)?)/g)
    const wrong = [...calls].flatMap(([call, name = '', rest = '']) => {
      const command = COMMANDS.find((one) => one.name === name)
      if (!command) return []
      const options = [...rest.matchAll(/--([a-z][a-z-]*)/g)].map(([, option = '']) => option)
      return options.some((option) => option !== 'help' && !(option in command.options)) ? [call] : []
    })
    expect(wrong).toEqual([])
  })
})

it('docs/command-line.md has a section for every command, and names no option that none has', () => {
  const text = read('docs/command-line.md')
  const sections = anchors(text)
  expect(COMMANDS.map(({ name }) => name).filter((name) => !sections.includes(name))).toEqual([])
  const options = new Set(COMMANDS.flatMap(({ options }) => Object.keys(options)))
  const named = [...text.matchAll(/`--([a-z][a-z-]*)/g)].map(([, option = '']) => option)
  expect(named.filter((option) => option !== 'help' && !options.has(option))).toEqual([])
})

it('docs/training.md names every objective and every field of a recipe', () => {
  const text = read('docs/training.md')
  const words = new Set(text.match(/[\w-]+/g))
  const full = { ...defaultRecipe('grpo', 'm'), method: { kind: 'low-rank', rank: 8, alpha: 16, targets: ['q_proj'] } }
  const fields = Object.entries(full).flatMap(([name, value]) =>
    typeof value === 'object' ? [name, ...Object.keys(value)] : [name],
  )
  const expected = [...OBJECTIVE_IDS, ...fields, 'reference', 'rewardModel', 'file']
  expect(expected.filter((name) => !words.has(name))).toEqual([])
})

const isSweep = (name: string): boolean => name.startsWith('scaling-')
const RECIPES = readdirSync(join(ROOT, 'docs/recipes'))

it.each(RECIPES.filter((name) => !isSweep(name)))(
  'docs/recipes/%s is read, and every field of it is of use',
  (name) => {
    expect(unusedFields(readRecipe(JSON.parse(read(`docs/recipes/${name}`)), name))).toEqual([])
  },
)

it.each(RECIPES.filter(isSweep))('docs/recipes/%s is the config of a sweep', (name) => {
  expect(searchesOf(readSweepFile(read(`docs/recipes/${name}`), name)).length).toBeGreaterThan(1)
})

it('docs/decisions/0015-kinds-of-faults.md names tests that there are', () => {
  const text = read('docs/decisions/0015-kinds-of-faults.md')
  const named = [...text.matchAll(/`([\w./-]+\.(?:test|spec)\.(?:ts|mjs))`((?:,? “[^”]+”)+)/g)].flatMap(
    ([, file = '', titles = '']) => [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  )
  expect(named.length).toBeGreaterThan(80)
  expect(named.filter(({ file, title }) => !existsSync(join(ROOT, file)) || !read(file).includes(title))).toEqual([])
})
