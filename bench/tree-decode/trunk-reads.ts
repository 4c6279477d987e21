import { PAGE_POSITIONS } from '../../src/compute/kernels/rows.ts'
import type { CellResult, Grid } from './grid.ts'

const MANY = 64
/** Tokens that a distinct branch starts with. */
const OWN_TOKENS = 2

interface TrunkReads {
  readonly engine: string
  readonly prefix: number
  /** Loads of one page by one head, in one layer, per token of one branch: at one branch, and at 64 branches together. */
  readonly perTokenAtOne: number
  readonly perTokenAtMany: number
  /** The second over the first: 1 where the trunk is read once for all branches, 64 where each reads it. */
  readonly ratio: number
}

/**
 * How often attention reads the shared prefix at 64 branches, against one branch, from the counters of distinct branches:
 * all page reads less those of each branch's own pages. Cells in which a branch ended early are left out.
 */
export function trunkReads(grid: Grid, cells: readonly CellResult[]): TrunkReads[] {
  const own = cells.filter(({ model, mode, work }) => model === grid.model && mode === 'distinct' && work !== null)
  return own.flatMap((one) => {
    const many = own.find(({ engine, prefix, rows }) => engine === one.engine && prefix === one.prefix && rows === MANY)
    const perTokenAtOne = one.rows === 1 ? readsPerToken(grid, one) : null
    const perTokenAtMany = many === undefined ? null : readsPerToken(grid, many)
    if (perTokenAtOne === null || perTokenAtMany === null) return []
    const ratio = perTokenAtMany / perTokenAtOne
    return [{ engine: one.engine, prefix: one.prefix, perTokenAtOne, perTokenAtMany, ratio }]
  })
}

function readsPerToken({ newTokens, shape }: Grid, { work, rows, prefix }: CellResult): number | null {
  const reads = work?.attentionPageReads ?? null
  if (reads === null || work?.executedTokens !== rows * newTokens || prefix % PAGE_POSITIONS !== 0) return null
  let ownPages = 0
  for (let token = 0; token < newTokens; token++) ownPages += Math.floor((OWN_TOKENS + token) / PAGE_POSITIONS) + 1
  return (reads - rows * shape.heads * ownPages) / newTokens
}
