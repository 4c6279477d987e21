import { describe, expect, it } from 'vitest'
import { checkSetup, describeRange, readMeaning, readSetting } from './check-setup.ts'
import {
  CONSTRAINTS,
  DEFAULT_CONFIG,
  SETTING_NAMES,
  STRATEGY_IDS,
  settingOf,
  strategyById,
  usesSetting,
} from './settings.ts'

it('defaults are accepted by every strategy', () => {
  for (const strategy of STRATEGY_IDS) {
    expect(() => checkSetup({ strategy, config: DEFAULT_CONFIG, seed: 0 })).not.toThrow()
  }
  expect(DEFAULT_CONFIG).toMatchObject({ n: 16, m: 4, lookahead: 1, aggregation: 'last', maxRounds: 40 })
})

describe.each(SETTING_NAMES)('setting %s', (name) => {
  const setting = settingOf(name)

  it('has a name, and a sentence', () => {
    expect(setting.name).not.toBe('')
    expect(setting.description).toMatch(/^[A-Z][^.]*\.$/)
  })

  it('is used by a strategy', () => {
    expect(STRATEGY_IDS.some((strategy) => usesSetting(strategy, name))).toBe(true)
  })

  it('is read as it is written, at its default and at its limits, and not beyond', () => {
    const read = (value: unknown) => readSetting(name, String(value))
    expect(read(setting.default)).toBe(setting.default)
    if (setting.kind === 'choice') {
      expect(setting.choices.map(({ id }) => read(id))).toEqual(setting.choices.map(({ id }) => id))
      expect(() => read('other')).toThrow(`expected ${describeRange(setting)}, found "other"`)
      return
    }
    const { min, max, minExcluded, maxByNature } = setting
    expect(read(max)).toBe(max)
    expect(() => read(max + 1)).toThrow(describeRange(setting))
    expect(() => read(min - 1)).toThrow(describeRange(setting))
    if (minExcluded) expect(() => read(min)).toThrow(`above ${min}`)
    else expect(read(min)).toBe(min)
    if (setting.kind === 'integer') expect(() => read(min + 0.5)).toThrow('a whole number')
    for (const text of ['', 'many', '0x10', '1e400', 'NaN', '1,5']) expect(() => read(text)).toThrow('cannot be used')
    // A link may ask for more than a search takes; the form tells that.
    if (maxByNature) expect(() => readMeaning(name, String(max + 1))).toThrow('cannot be used')
    else expect(readMeaning(name, String(max + 1))).toBe(max + 1)
    const config = { ...DEFAULT_CONFIG, [name]: max + 1 }
    expect(() => checkSetup({ strategy: 'beam', config, seed: 0 })).toThrow(describeRange(setting))
  })
})

/** Settings that break the constraint told at a field. */
const BROKEN: Readonly<Record<string, object>> = { n: { n: 10 }, minTokens: { minTokens: 9, maxTokens: 8 } }

it.each(CONSTRAINTS)('what $between cannot be together is told by those that use all of them', ({ between, field }) => {
  const config = { ...DEFAULT_CONFIG, ...BROKEN[field] }
  const refusing = STRATEGY_IDS.filter((strategy) => {
    try {
      checkSetup({ strategy, config, seed: 0 })
      return false
    } catch (error) {
      expect(String(error)).toContain(field)
      return true
    }
  })
  expect(refusing).toEqual(STRATEGY_IDS.filter((id) => between.every((name) => usesSetting(id, name))))
})

it.each(STRATEGY_IDS)('strategy %s has a name, a sentence and its own settings, each once', (id) => {
  const { name, description, settings } = strategyById(id)
  expect(name).not.toBe('')
  expect(description).toMatch(/^[A-Zn].*\.$/)
  expect(new Set(settings).size).toBe(settings.length)
})
