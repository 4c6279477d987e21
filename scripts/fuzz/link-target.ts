import type { ErrorDetails } from '../../src/core/errors.ts'
import { StepscopeError } from '../../src/core/errors.ts'
import type { LinkState } from '../../src/formats/permalink.ts'
import { readPermalink, writePermalink } from '../../src/formats/permalink.ts'
import { DEFAULT_CONFIG } from '../../src/search/settings.ts'
import type { Target } from './target.ts'
import { text } from './target.ts'

const DEFAULTS: LinkState = {
  task: 'countdown',
  problem: '4 3 6 8 > 40',
  gold: '',
  system: null,
  policy: 'countdown-policy',
  reward: 'countdown-prm',
  strategy: 'beam',
  config: DEFAULT_CONFIG,
  seed: 7,
  prefix: [],
  event: null,
  node: null,
  chain: 'off',
  compare: [
    { strategy: 'greedy-tree', config: {} },
    { strategy: 'beam', config: {} },
  ],
  arithmetic: 'auto',
  recipe: null,
  sweep: null,
}

const SAMPLE = new URLSearchParams({
  problem: '3 5 7 2 > 24',
  strategy: 'lookahead',
  n: '8',
  lookahead: '2',
  temperature: '0.7',
  topP: '0.95',
  aggregation: 'min',
  seed: '3',
  prefix: '["3*5=15 : 7 2 15\\n","15+7=22 : 2 22\\n"]',
  event: '12',
  node: '3',
  compare: 'lookahead:n=4:lookahead=2,beam',
  recipe: '{"objective":"sft","model":"countdown-policy","steps":33,"optimizer":{"learningRate":0.001}}',
})

/** A link is never refused: what cannot be used has a message that names its field, and the default is taken. */
export const linkTarget: Target = {
  name: 'permalink',
  kind: 'link',
  sample: () => new TextEncoder().encode(SAMPLE.toString()),
  read: async (bytes) => {
    const found = readPermalink(text(bytes), DEFAULTS)
    for (const details of found.problems) if (isBare(details)) throw new StepscopeError(details)
    return found
  },
  silent: (bytes, found) => {
    const { state, problems } = found as ReturnType<typeof readPermalink>
    const named = new Set(problems.map(({ place }) => place?.field?.split('.')[0]))
    const { config, seed, prefix } = state
    const again = readPermalink(writePermalink(state, DEFAULTS), DEFAULTS)
    if (again.problems.length > 0 || JSON.stringify(again.state) !== JSON.stringify(state))
      return 'it does not come back'
    for (const value of [config.n, config.m, config.maxRounds, config.maxStepTokens]) {
      if (!Number.isSafeInteger(value) || value < 1) return 'a count is none'
    }
    if (!(config.temperature >= 0 && Number.isFinite(config.temperature))) return 'temperature is no number from 0'
    if (!(config.topP > 0 && config.topP <= 1)) return 'topP is out of range'
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) return 'seed is out of range'
    if (!prefix.every((step) => /^[^\n\r]*\S[^\n\r]*\n+$/.test(step))) return 'a given step is no line'
    for (const [name, value] of new URLSearchParams(text(bytes).replace(/^#/, ''))) {
      const plain = name === 'seed' || name === 'n' || name === 'event'
      const kept = name === 'seed' ? seed : name === 'n' ? config.n : state.event
      if (plain && !named.has(name) && String(kept) !== String(Number(value))) return `${name} is another`
    }
    return null
  },
}

/** What stands as a message without a place, or is the program's own fault. */
function isBare({ code, place }: ErrorDetails): boolean {
  return code === 'internal' || place?.file !== 'link' || !place.field
}
