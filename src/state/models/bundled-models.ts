import type { ModelChoice } from './engine-state.ts'

/** The checkpoints under `public/checkpoints/`. */
export const BUNDLED_MODELS: { readonly policy: readonly ModelChoice[]; readonly reward: readonly ModelChoice[] } = {
  policy: [{ kind: 'bundled', id: 'countdown-policy', name: 'Countdown policy' }],
  reward: [{ kind: 'bundled', id: 'countdown-prm', name: 'Countdown PRM' }],
}

export const DEFAULT_POLICY: ModelChoice = { kind: 'bundled', id: 'countdown-policy', name: 'Countdown policy' }
export const DEFAULT_REWARD: ModelChoice = { kind: 'bundled', id: 'countdown-prm', name: 'Countdown PRM' }
