import type { SamplingSettings } from '../rewards/grow-responses.ts'
import { DEFAULT_SAMPLING } from '../rewards/grow-responses.ts'
import type { Options, ParsedOptions } from './options.ts'
import { readConfigOptions, STRATEGY_OPTIONS } from './strategy-options.ts'

const NAMES = ['temperature', 'top-p', 'top-k', 'max-rounds', 'max-step-tokens'] as const

/** How responses are drawn, as options: those of a search that say so, under the same names. */
export const SAMPLING_OPTIONS: Options = Object.fromEntries(
  NAMES.flatMap((name) => (STRATEGY_OPTIONS[name] ? [[name, STRATEGY_OPTIONS[name]]] : [])),
)

/** Reads them. Throws a UsageError that names the option. */
export function readSampling(options: ParsedOptions): SamplingSettings {
  const { temperature, topP, topK, maxRounds, maxStepTokens } = readConfigOptions(options)
  return {
    ...DEFAULT_SAMPLING,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(maxRounds === undefined ? {} : { maxSteps: maxRounds }),
    ...(maxStepTokens === undefined ? {} : { maxStepTokens }),
  }
}
