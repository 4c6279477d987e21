import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { readRows } from './json-lines.ts'
import { OMEGA_FORMAT } from './omega-file.ts'
import type { LinkState } from './permalink.ts'
import { readPermalink } from './permalink.ts'
import { ROLLOUT_FORMAT } from './rollout-file.ts'
import { readRunFile } from './run-file.ts'
import { defaultRecipe, readRecipe } from './training-recipe.ts'
import { PREFERENCE_FORMAT, SFT_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from './trl.ts'

const EARLIER = 'tests/fixtures/earlier'
const read = (file: string): string => readFileSync(file, 'utf8')

/** A run is read with the settings that came after it, at their defaults, and with its strategy's name of today. */
function withLaterSettings(key: string, value: unknown): unknown {
  if (key === 'strategy' && value === 'best-of-n') return 'best-of-n-prm'
  return key === 'config' ? { ...DEFAULT_CONFIG, ...(value as object) } : value
}

/** Written by version 0.1.0, before files were checked for sense. */
describe('files of the version before', () => {
  const runs = readdirSync(`${EARLIER}/runs`).map((name) => `${EARLIER}/runs/${name}`)

  it.each([...runs, 'public/runs/first-visit.json'])('run file %s opens with all it holds', (file) => {
    const text = read(file)
    expect(readRunFile(text, file)).toEqual(JSON.parse(text, withLaterSettings))
  })

  const { defaults, links } = JSON.parse(read(`${EARLIER}/links.json`)) as {
    defaults: LinkState
    links: { hash: string; change: Partial<LinkState> }[]
  }
  it('best of n that answered by votes opens as the vote that it was', () => {
    const file = `${EARLIER}/runs/best-of-n.stepscope.json`
    const text = read(file).replaceAll('"answerBy":"score"', '"answerBy":"weighted-vote"')
    const voted = text.replaceAll('"answerBy": "score"', '"answerBy": "weighted-vote"')
    const { setup, events } = readRunFile(voted, file)
    expect([setup.strategy, events[0]?.type === 'started' && events[0].setup.strategy]).toEqual(
      Array(2).fill('weighted-vote-prm'),
    )
    expect(events).toHaveLength(readRunFile(read(file), file).events.length)
    const compared = 'compare=best-of-n:answerBy=weighted-vote,best-of-n'
    expect(readPermalink(`strategy=best-of-n&answerBy=majority&${compared}`, defaults)).toMatchObject({
      state: { strategy: 'sampling', compare: [{ strategy: 'weighted-vote-prm' }, { strategy: 'best-of-n-prm' }] },
      problems: [],
    })
  })

  it.each(links)('link $hash', ({ hash, change }) => {
    const { state, problems } = readPermalink(hash, defaults)
    expect(problems).toEqual([])
    // Settings that there were not yet stand beside those that there were.
    expect(state).toMatchObject({ ...defaults, ...change })
  })

  it.each([
    ['rollouts', ROLLOUT_FORMAT, 4],
    ['sft', SFT_FORMAT, 4],
    ['pairs', PREFERENCE_FORMAT, 2],
    ['outcome', UNPAIRED_FORMAT, 4],
    ['monte-carlo', STEPWISE_FORMAT, 4],
    ['exact', STEPWISE_FORMAT, 4],
    ['omega-tree', OMEGA_FORMAT, 2],
  ] as const)('rows of %s are read with all that the format has', (name, format, rows) => {
    const file = `${EARLIER}/data/${name}.jsonl`
    const lines = read(file).trimEnd().split('\n')
    const found = readRows<unknown>(format, read(file), file)
    expect(found).toHaveLength(rows)
    // Other columns are passed over.
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject(found)
    for (const row of found as Record<string, unknown>[]) {
      const named = [...format.example.matchAll(/"(\w+)":/g)].map(([, field]) => field ?? '')
      expect(Object.keys(row)).toEqual(expect.arrayContaining(named))
    }
  })

  it('a recipe says what it said, and what it left out is the default', () => {
    const file = `${EARLIER}/data/recipe.json`
    const given = JSON.parse(read(file)) as object
    const recipe = readRecipe(given, file)
    expect(recipe).toMatchObject(given)
    expect(recipe).toMatchObject({ method: { kind: 'low-rank', rank: 1, alpha: 16 } })
    const { seed, optimizer } = defaultRecipe('sft', 'countdown-policy')
    expect(recipe).toMatchObject({ seed, optimizer })
  })
})
