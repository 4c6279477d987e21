import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ARITHMETIC_CHOICES } from '../core/backends.ts'
import { describeError } from '../core/errors.ts'
import { OBJECTIVE_IDS } from '../objectives/registry.ts'
import type { StrategyConfig } from '../search/settings.ts'
import { DEFAULT_CONFIG, SETTING_NAMES, STRATEGY_IDS, settingOf } from '../search/settings.ts'
import type { LinkState } from './permalink.ts'
import { CHAIN_SHOWN, readPermalink, writePermalink } from './permalink.ts'
import { defaultRecipe } from './training-recipe.ts'

const config: StrategyConfig = { ...DEFAULT_CONFIG, maxStepTokens: 32 }
const defaults: LinkState = {
  task: 'countdown',
  problem: '3 5 7 2 > 24',
  gold: '',
  system: null,
  policy: 'countdown-policy',
  reward: 'countdown-prm',
  strategy: 'beam',
  config,
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

/** Every setting, within its limits. */
const anyConfig = fc.record(
  Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const setting = settingOf(name)
      if (setting.kind === 'choice') return [name, fc.constantFrom(...setting.choices.map(({ id }) => id))]
      const { kind, min, max, minExcluded = false } = setting
      if (kind === 'integer') return [name, fc.integer({ min, max })]
      // Without a negative zero, which is written as 0.
      return [name, fc.double({ min, max, minExcluded, noNaN: true }).map((value) => value + 0)]
    }),
  ),
) as unknown as fc.Arbitrary<StrategyConfig>
const model = fc.string({ minLength: 1 })
const spec = fc
  .record({
    strategy: fc.constantFrom(...STRATEGY_IDS),
    config: fc.oneof(
      fc.constant({}),
      anyConfig.map(({ n, m, temperature }) => ({ n, m, temperature })),
    ),
  })
  .chain((bare) =>
    fc.record({ policy: model, reward: model }, { requiredKeys: [] }).map((models) => ({ ...bare, ...models })),
  )
const anyState: fc.Arbitrary<LinkState> = fc.record({
  task: fc.string(),
  problem: fc.string({ unit: 'grapheme' }),
  gold: fc.string({ unit: 'grapheme' }),
  system: fc.option(fc.string({ unit: 'grapheme' })),
  policy: fc.string(),
  reward: fc.string(),
  arithmetic: fc.constantFrom(...ARITHMETIC_CHOICES),
  strategy: fc.constantFrom(...STRATEGY_IDS),
  config: anyConfig,
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  prefix: fc.array(fc.stringMatching(/^[ -~é→]*[!-~é→][ -~é→]*\n{1,2}$/)),
  event: fc.option(fc.nat()),
  node: fc.option(fc.nat()),
  chain: fc.constantFrom(...CHAIN_SHOWN),
  compare: fc.oneof(fc.constant([]), fc.array(spec, { minLength: 2, maxLength: 4 })),
  recipe: fc.constantFrom(null, ...OBJECTIVE_IDS.map((objective) => ({ ...defaultRecipe(objective, 'm'), steps: 33 }))),
  sweep: fc.constantFrom<LinkState['sweep']>(null, {
    version: 1,
    task: 'countdown',
    problems: { source: 'generated', difficulty: '3-numbers', count: 5, seed: 1, split: 'held-out' },
    lines: [{ strategy: 'beam', config: { m: 2 } }],
    budgets: [1, 8],
    vary: { answerBy: ['score', 'majority'] },
    models: [{ policy: 'countdown-policy', reward: null }],
    seeds: [1],
  }),
})

describe('permalink', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(readPermalink(`#${writePermalink(state, defaults)}`, defaults)).toEqual({ state, problems: [] })
      }),
    )
  })

  it('holds only what differs from the defaults', () => {
    expect(writePermalink(defaults, defaults)).toBe('')
    expect(writePermalink({ ...defaults, strategy: 'greedy-tree' }, defaults)).toBe('strategy=greedy-tree')
    expect(
      writePermalink({ ...defaults, problem: '1 2 3 > 6', event: 12, config: { ...config, n: 8 } }, defaults),
    ).toBe('problem=1+2+3+%3E+6&event=12&n=8')
  })

  it('falls back with a message where a value cannot be used', () => {
    const { state, problems } = readPermalink(
      '#n=many&seed=-1&strategy=guess&aggregation=max&topP=2&compare=beam&prefix=x&event=two&color=red&m=2',
      defaults,
    )
    expect(state).toEqual({ ...defaults, config: { ...config, m: 2 } })
    expect(problems.map(({ place }) => place?.field)).toEqual([
      'strategy',
      'n',
      'aggregation',
      'topP',
      'color',
      'seed',
      'prefix',
      'event',
      'compare',
    ])
    expect(problems.find(({ place }) => place?.field === 'n')).toMatchObject({
      code: 'bad-setting',
      expected: 'a whole number from 1 to 1024',
      found: '"many"',
      nextStep: 'The default is used instead.',
    })
  })

  it('reads strategies with settings, as on the command line', () => {
    const { state } = readPermalink('compare=lookahead:n=4:lookahead=2,beam', defaults)
    expect(state.compare).toEqual([
      { strategy: 'lookahead', config: { n: 4, lookahead: 2 } },
      { strategy: 'beam', config: {} },
    ])
    const twice = readPermalink('compare=lookahead:n=4:n=8,beam', defaults)
    expect(twice.state.compare).toEqual(defaults.compare)
    expect(JSON.stringify(twice)).toMatch(/each setting once.*n=8/)
  })
})

/** Addresses that were cut, encoded again or written by hand; each is a fragment behind a screen's `?`. */
describe('a link from elsewhere', () => {
  const problem = '3 5 7 2 > 24'
  const solved = '%5B%223*5%3D15%20:%207%202%2015'
  const read = (link: string, change: Partial<LinkState> = {}) =>
    readPermalink(link, { ...defaults, problem: '4 3 6 8 > 40', ...change })

  it.each<[string, Partial<LinkState>]>([
    ['problem=3+5+7+2+%3E+24&strategy=beam&n=8&m=4&seed=3', { problem, seed: 3, config: { ...config, n: 8 } }],
    ['problem=3%205%207%202%20>%2024', { problem }],
    [`prefix=${solved}%22%5D&seed=3`, { prefix: ['3*5=15 : 7 2 15\n'], seed: 3 }],
    [`prefix=${solved}%5Cn%22%5D`, { prefix: ['3*5=15 : 7 2 15\n'] }],
    [`prefix=${solved}%5Cn15%2B7%3D22%5Cn%5Cn%22%5D`, { prefix: ['3*5=15 : 7 2 15\n15+7=22\n\n'] }],
    ['prefix=%5B%22A%2024%5Cn%22%5D', { prefix: ['A 24\n'] }],
    // What the settings cannot be together, and their limits, stand under the fields.
    ['n=6&m=4&strategy=beam', { config: { ...config, n: 6 } }],
    ['n=999999999&m=1', { config: { ...config, n: 999999999, m: 1 } }],
    ['policy=someone/elses-model&problem=4+6+2+%3E+20', { policy: 'someone/elses-model', problem: '4 6 2 > 20' }],
    ['event=100000&problem=4+6+2+%3E+20&seed=1', { event: 100000, problem: '4 6 2 > 20', seed: 1 }],
    ['node=7', { node: 7 }],
  ])('is understood: %s', (link, change) => {
    const { state, problems } = read(link)
    expect(problems).toEqual([])
    expect(state).toEqual({ ...defaults, problem: '4 3 6 8 > 40', ...change })
  })

  it.each([
    ['prefix=%5B%22%22%5D', 'prefix', /^A given step is empty/],
    ['prefix=%5B%22%5Cn%22%5D', 'prefix', /^A given step is empty/],
    ['prefix=%5B%22%20%20%22%5D', 'prefix', /^A given step is empty/],
    ['prefix=%5B%223*5%3D15', 'prefix', /^The value is not JSON: it breaks at column 9/],
    ['prefix=%5B1%5D', 'prefix', /^The value cannot be used/],
    ['seed=4294967296', 'seed', /^The value cannot be used/],
    ['seed=-1', 'seed', /^The value cannot be used/],
    ['seed=7.5', 'seed', /^The value cannot be used/],
    ['temperature=1e400', 'temperature', /^The value cannot be used/],
    ['temperature=0x1', 'temperature', /^The value cannot be used/],
    ['topP=0', 'topP', /^The value cannot be used/],
    ['n=', 'n', /^The value cannot be used/],
    ['compare=beam', 'compare', /^The value cannot be used/],
    ['compare=beam,beam,beam,beam,beam', 'compare', /^The value cannot be used/],
    ['compare=beam:n=4=5,beam', 'compare.n', /^The value cannot be used/],
    ['event=99999999999', 'event', /^The value cannot be used/],
    ['recipe=%7B%22objective%22%3A%22sft%22%2C%22model%22%3A%22countdown-po', 'recipe', /^The value is not JSON/],
    ['recipe=%7B%22objective%22%3A%22sft%22%2C%22model%22%3A%22m%22%2C%22steps%22%3A0%7D', 'recipe.steps', /./],
    ['recipe=null', 'recipe', /expected object/],
    ['recipe=[]', 'recipe', /expected object/],
    ['compare=beam:n=4:n=8,beam', 'compare', /./],
    ['compare=beam:policy=a:policy=b,beam', 'compare', /^The value cannot be used/],
    ['compare=beam:prm=,beam', 'compare', /^The value cannot be used/],
    ['compare=beam:policy=%25E0,beam', 'compare', /^The value cannot be used/],
    ['problem=3+5+7+2+%3E+24%', 'problem', /^The value is cut or changed/],
    ['problem=3+5+7+2+%3', 'problem', /^The value is cut or changed/],
    ['problem=%E0%A4%A', 'problem', /^The value is cut or changed/],
    ['problem=1+2+%3E+3&problem=3+5+7+2+%3E+24', 'problem', /^The name stands more than once/],
    ['/playground?problem=1', '/playground?problem', /^The link has a field this version does not know/],
  ])('falls back to the default, with a message that names the field: %s', (link, field, message) => {
    const { state, problems } = read(`#${link}`)
    expect(state).toEqual({ ...defaults, problem: '4 3 6 8 > 40' })
    expect(problems).toMatchObject([{ place: { file: 'link', field }, message: expect.stringMatching(message) }])
    expect(problems[0]?.nextStep).toMatch(/^The default is used|^It is left out/)
  })

  it('bounds the number of given steps, and how deep they lie', () => {
    const message = (link: string) =>
      read(link).problems.map(({ message: words, place }) => `${place?.field}: ${words}`)
    expect(message(`prefix=${'['.repeat(100_000)}`)).toEqual([
      expect.stringMatching(/^prefix: The value has too many lists and objects inside each other/),
    ])
    expect(message(`prefix=${JSON.stringify(new Array(1001).fill('A 1'))}`)).toEqual([
      'prefix: The value cannot be used',
    ])
  })

  it('has messages of a line, whatever it holds', () => {
    const long = 'x'.repeat(1_000_000)
    const lines = encodeURIComponent('a\r\nb\u2028c\u202e')
    const given = [long, lines].flatMap((value) => [
      `seed=${value}`,
      `prefix=${value}`,
      `strategy=${value}`,
      `${value}=1`,
      `recipe="${value}"`,
    ])
    for (const link of given) {
      const [details] = read(link).problems
      if (!details) throw new Error('it was understood')
      const message = describeError(details)
      expect(message.length).toBeLessThan(700)
      expect(message).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    }
  })
})
