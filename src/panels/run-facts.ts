import type { Ledger, SearchEvent } from '../search/events.ts'
import type { ModelInfo, RewardModelInfo } from '../search/models.ts'
import type { SearchTree } from '../search/tree.ts'
import type { LoadedModels } from '../state/models/engine-state.ts'
import type { Measured } from '../state/search/runs-state.ts'
import { formatBytes, formatDuration, formatNumber } from '../viz/layout/format-number.ts'
import { ledgerTokens, perToken } from './per-token.ts'

/** What depends on the machine and on what else ran: name and value, unknown ones left out. */
export function measuredRows(measured: Measured, ledger: Ledger): readonly (readonly [string, string])[] {
  const { wallMs, passes, peakBytes, readbackBytes } = measured
  const tokens = ledgerTokens(ledger).executed
  const [each, read] = [perToken(passes, tokens), perToken(readbackBytes, tokens)]
  return [
    ...(wallMs > 0 ? [['time', formatDuration(wallMs)] as const] : []),
    ...(passes > 0 ? [['passes', formatNumber(passes)] as const] : []),
    ...(passes > 0 && each !== null ? [['passes per token', each.toPrecision(2)] as const] : []),
    ...(read === null ? [] : [['read back per token', formatBytes(read)] as const]),
    ...(peakBytes > 0 ? [['most bytes at once', formatBytes(peakBytes)] as const] : []),
  ]
}

/** The models that made a run, as its first event names them; null before it. */
export function modelsOf(
  events: readonly SearchEvent[],
): { readonly policy: ModelInfo; readonly reward: RewardModelInfo | null } | null {
  const [first] = events
  return first?.type === 'started' ? { policy: first.policy, reward: first.reward } : null
}

/** What a run's reward model is called in short. */
export function rewardWord({ started }: Pick<SearchTree, 'started'>): 'PRM' | 'ORM' {
  return started?.reward?.kind === 'outcome' ? 'ORM' : 'PRM'
}

/** With strict arithmetic WebAssembly gives the same bits on every machine, with any number of threads. */
function bothStrict(then: ModelInfo, now: ModelInfo): boolean {
  return [then, now].every(({ backend, choices }) => backend === 'wasm' && choices?.arithmetic === 'strict')
}

/** How a model computed, line by line, below its name. */
export function computedRows(model: ModelInfo, name: string): readonly (readonly [string, string])[] {
  return [['model', name], ...choicesOf(model)]
}

function choicesOf(model: ModelInfo): readonly (readonly [string, string])[] {
  return [
    ['weights hash', model.hash],
    ['backend', model.backend],
    ['adapter', model.adapter],
    ...(model.weights === undefined ? [] : [['weights', model.weights] as const]),
    ...Object.entries(model.choices ?? {}),
  ]
}

/**
 * What differs between the way a run was computed and the way the models loaded now compute, by name, e.g.
 * `adapter`, `burst`; null where they are other models, or none, so that nothing can be said. Facts that an older run
 * does not tell count as equal.
 */
export function computedDifferently(
  made: { readonly policy: ModelInfo; readonly reward: ModelInfo | null } | null,
  loaded: LoadedModels | null,
): readonly string[] | null {
  if (made === null || loaded === null) return null
  if (made.policy.hash !== loaded.policy.hash) return null
  if (made.reward !== null && made.reward.hash !== loaded.reward?.hash) return null
  const differ = new Set<string>()
  for (const [then, now] of [[made.policy, loaded.policy] as const, [made.reward, loaded.reward] as const]) {
    if (then === null || now === null) continue
    const before = new Map(choicesOf(then))
    for (const [name, value] of choicesOf(now)) {
      const old = before.get(name)
      if (old !== undefined && old !== value && !(name === 'adapter' && bothStrict(then, now))) differ.add(name)
    }
  }
  return [...differ]
}
