import type { DecodeAnswer, DecodeCell, Effort } from '../engines/cells.ts'
import type { Answer, EngineChoice } from '../engines/seats.ts'
import { isMissing, Seat } from '../engines/seats.ts'
import type { ModelShape } from '../models/model-shape.ts'
import { figure, progress } from '../report.ts'
import type { Roofline } from '../roofline/measure.ts'

/** One shape and the cells that are measured on it. */
export interface Grid {
  readonly model: string
  readonly title: string
  readonly rows: readonly number[]
  readonly prefixes: readonly number[]
  readonly engines: readonly EngineChoice[]
  readonly shape: ModelShape
  readonly tokens: (count: number) => number[]
  /**
   * Forward passes of each branch, one less than a multiple of 8: one token more is sampled than executed, so that these
   * are whole bursts.
   */
  readonly newTokens: number
}

export interface CellResult {
  readonly model: string
  readonly engine: string
  readonly label: string
  readonly rows: number
  readonly prefix: number
  readonly mode: DecodeCell['mode'] | 'greedy'
  /** Forward passes of all branches per second, in the fastest and the middle repetition. */
  readonly tokensPerSecond: number | null
  readonly medianTokensPerSecond: number | null
  readonly repetitions: number
  readonly work: DecodeAnswer['work']
  readonly logits: readonly number[]
  /** Why there is no figure. */
  readonly missing: string | null
}

/** All cells of one engine on one shape, smallest first. After a cell that did not finish, larger ones are not tried. */
export async function measureEngine(grid: Grid, choice: EngineChoice, effort: Effort): Promise<CellResult[]> {
  const seat = new Seat(choice, grid.model)
  const results: CellResult[] = []
  const modes: readonly CellResult['mode'][] = choice.ours ? ['sampled', 'distinct'] : ['greedy']
  try {
    for (const prefix of grid.prefixes) {
      for (const rows of grid.rows) {
        for (const mode of modes) {
          const hopeless = results.find((cell) => isSlow(cell) && cell.rows <= rows && cell.prefix <= prefix)
          const answer: Answer<DecodeAnswer> = hopeless
            ? { missing: `not finished at ${hopeless.rows} × ${hopeless.prefix}` }
            : await seat.decode({
                ...effort,
                rows,
                prefix: grid.tokens(prefix),
                newTokens: grid.newTokens,
                mode: mode === 'distinct' ? 'distinct' : 'sampled',
              })
          const result = asResult(answer, grid.newTokens, {
            model: grid.model,
            engine: choice.id,
            label: choice.label,
            rows,
            prefix,
            mode,
          })
          progress(`${grid.model}  ${choice.label}  ${rows} × ${prefix} ${mode}: ${describeCell(result)}`)
          results.push(result)
        }
      }
    }
  } finally {
    await seat.close()
  }
  return results
}

export function describeCell({ tokensPerSecond, missing }: CellResult): string {
  return tokensPerSecond === null ? (missing ?? 'no figure') : figure(tokensPerSecond)
}

/**
 * Share of the roofline: the least time that the executed tokens' arithmetic, or the weights and keys read once per pass,
 * takes on the adapter, whichever is longer, over the time it took.
 */
export function rooflineShare(grid: Grid, cell: CellResult, roofline: Roofline): number | null {
  const { work, tokensPerSecond } = cell
  if (work === null || tokensPerSecond === null) return null
  const seconds = (cell.rows * grid.newTokens) / tokensPerSecond
  const { token, head, context } = grid.shape.flops
  const sampled = work.executedTokens + cell.rows
  const flops = work.executedTokens * (token + context * (cell.prefix + grid.newTokens / 2)) + sampled * head
  const bytes = 4 * grid.shape.parameters * work.passes
  return Math.max(flops / roofline.flopsPerSecond, bytes / roofline.bytesPerSecond) / seconds
}

function isSlow({ missing }: CellResult): boolean {
  return missing?.startsWith('not finished') ?? false
}

function asResult(
  answer: Answer<DecodeAnswer>,
  newTokens: number,
  cell: Pick<CellResult, 'model' | 'engine' | 'label' | 'rows' | 'prefix' | 'mode'>,
): CellResult {
  if (isMissing(answer)) {
    const nothing = { tokensPerSecond: null, medianTokensPerSecond: null, repetitions: 0, work: null, logits: [] }
    return { ...cell, ...nothing, missing: answer.missing }
  }
  const tokens = cell.rows * newTokens
  return {
    ...cell,
    tokensPerSecond: (1000 * tokens) / answer.bestMs,
    medianTokensPerSecond: (1000 * tokens) / answer.medianMs,
    repetitions: answer.repetitions,
    work: answer.work,
    logits: answer.logits,
    missing: null,
  }
}
