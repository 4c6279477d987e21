import { SETTING_NAMES, usesSetting } from '../../search/settings.ts'
import type { CompareRow } from '../../state/compare/compare-state.ts'

type Part = 'strategy' | 'settings' | 'policy' | 'reward model'

interface WhatDiffers {
  /** In which parts the rows are not all the same, in this order. */
  readonly parts: readonly Part[]
  /** What tells a row from the others besides its strategy, in words; by the rows' order. */
  readonly words: readonly string[]
}

type Asked = Pick<CompareRow, 'strategy' | 'config' | 'policy' | 'reward'>

/**
 * In what the columns of a comparison differ. Models are compared by the hash of their weights, as their runs say it; settings
 * are those that strategies of both rows use.
 * @param nameOf the name of a model for people, by its id
 */
export function whatDiffers(rows: readonly Asked[], nameOf: (id: string) => string): WhatDiffers {
  const vary = (value: (row: Asked) => unknown) => new Set(rows.map(value)).size > 1
  const settings = SETTING_NAMES.filter((name) => {
    const using = rows.filter(({ strategy }) => usesSetting(strategy, name))
    return new Set(using.map(({ config }) => config[name])).size > 1
  })
  const strategies = vary(({ strategy }) => strategy)
  const policies = vary(({ policy }) => policy.hash)
  // A strategy that asks no reward model says nothing of which there is.
  const scored = new Set(rows.flatMap(({ reward }) => (reward ? [reward.hash] : []))).size > 1
  const parts: readonly Part[] = [
    ...(strategies ? ['strategy' as const] : []),
    ...(settings.length > 0 ? ['settings' as const] : []),
    ...(policies ? ['policy' as const] : []),
    ...(scored ? ['reward model' as const] : []),
  ]
  const models = rows.flatMap(({ policy, reward }) => (reward ? [policy, reward] : [policy]))
  /** Other weights of the same name are told by their hash. */
  const modelWords = ({ id, hash }: CompareRow['policy']): string =>
    models.some((other) => other.hash !== hash && nameOf(other.id) === nameOf(id))
      ? `${nameOf(id)} (${hash.slice(0, 8)})`
      : nameOf(id)
  const words = rows.map(({ strategy, config, policy, reward }) =>
    [
      ...settings.filter((name) => usesSetting(strategy, name)).map((name) => `${name} ${config[name]}`),
      ...(policies ? [modelWords(policy)] : []),
      ...(scored ? [reward ? modelWords(reward) : 'no reward model'] : []),
    ].join(', '),
  )
  return { parts, words }
}
