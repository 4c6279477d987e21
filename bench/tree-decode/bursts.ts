import type { EngineChoice } from '../engines/seats.ts'
import { isMissing, Seat } from '../engines/seats.ts'
import { countdownText } from '../models/prompt-tokens.ts'
import type { BenchOptions } from '../options.ts'
import { figure, progress } from '../report.ts'

const BURSTS = [1, 2, 4, 8, 16]
const ROWS = 16
const PREFIX = 192
/** One token more is sampled than executed. */
const NEW_TOKENS = 23

export interface BurstResult {
  readonly engine: string
  readonly label: string
  readonly figures: readonly {
    readonly burst: number
    readonly tokensPerSecond: number | null
    readonly overrunTokens: number | null
  }[]
}

/** Lengths of a decode burst side by side, one model load for each. */
export async function measureBursts({ engines, seconds, repetitions }: BenchOptions): Promise<BurstResult[]> {
  const results: BurstResult[] = []
  for (const choice of engines.filter(({ ours, format }) => ours && format === undefined))
    results.push(await burstsOf(choice, { seconds, repetitions }))
  return results
}

async function burstsOf(
  choice: EngineChoice,
  effort: { readonly seconds: number; readonly repetitions: number },
): Promise<BurstResult> {
  const seat = new Seat(choice, 'countdown-policy')
  const figures: BurstResult['figures'][number][] = []
  try {
    for (const burst of BURSTS) {
      const answer = await seat.decode({
        ...effort,
        rows: ROWS,
        prefix: countdownText(PREFIX),
        newTokens: NEW_TOKENS,
        mode: 'sampled',
        burst,
      })
      const missing = isMissing(answer)
      const tokensPerSecond = missing ? null : (1000 * ROWS * NEW_TOKENS) / answer.bestMs
      figures.push({ burst, tokensPerSecond, overrunTokens: missing ? null : (answer.work?.overrunTokens ?? null) })
      progress(`${choice.label}, bursts of ${burst}: ${figure(tokensPerSecond ?? Number.NaN)}`)
    }
  } finally {
    await seat.close()
  }
  return { engine: choice.id, label: choice.label, figures }
}
