import type { Decoder, ExecuteBatch } from './decoder.ts'
import type { ExecuteTask } from './scheduler-requests.ts'

/** What one pass does for which tasks. */
export interface Pass {
  readonly batch: ExecuteBatch
  /** Slots whose head outputs are wanted after the pass, in each task's order. */
  readonly outputs: readonly { readonly task: ExecuteTask; readonly slot: number }[]
  /** Rows of each task that takes part. */
  readonly parts: readonly { readonly task: ExecuteTask; readonly rows: number }[]
}

/**
 * Fills a pass with the next rows of the tasks, in order, until it has `maxRows` rows or as many outputs as there are
 * scratch slots to read them from.
 */
export function composePass(
  tasks: readonly ExecuteTask[],
  decoder: Pick<Decoder, 'maxRows' | 'pagesPerSequence'>,
  scratchSlots: readonly number[],
): Pass {
  const { maxRows, pagesPerSequence } = decoder
  const tokenIds: number[] = []
  const positions: number[] = []
  const sequences: number[] = []
  const tables: Uint32Array[] = []
  const keep: { row: number; slot: number }[] = []
  const outputs: { task: ExecuteTask; slot: number }[] = []
  const parts: { task: ExecuteTask; rows: number }[] = []
  let scratch = 0
  for (const task of tasks) {
    const { ids, before, readouts = [], sequence } = task.request
    const first = task.rows
    let delivered = task.outputs
    if (before !== undefined && delivered === 0) {
      if (outputs.length >= scratchSlots.length) break
      outputs.push({ task, slot: before })
      delivered += 1
    }
    const skipped = before === undefined ? 0 : 1
    let row = first
    for (; row < ids.length && tokenIds.length < maxRows; row++) {
      const wanted = readouts[delivered - skipped] === row
      const slot = wanted ? scratchSlots[scratch] : undefined
      if (wanted && (slot === undefined || outputs.length >= scratchSlots.length)) break
      if (slot !== undefined) {
        keep.push({ row: tokenIds.length, slot })
        outputs.push({ task, slot })
        scratch += 1
        delivered += 1
      }
      if (row === ids.length - 1 && task.slot !== null) keep.push({ row: tokenIds.length, slot: task.slot })
      tokenIds.push(ids[row] ?? 0)
      positions.push(sequence.length + row)
      sequences.push(tables.length)
    }
    if (row > first) tables.push(sequence.table())
    parts.push({ task, rows: row - first })
    if (row < ids.length) break
  }
  const pageTables = new Uint32Array(tables.length * pagesPerSequence)
  for (const [index, table] of tables.entries()) pageTables.set(table, index * pagesPerSequence)
  return {
    batch: {
      tokenIds: Uint32Array.from(tokenIds),
      positions: Uint32Array.from(positions),
      sequences: Uint32Array.from(sequences),
      pageTables,
      keep,
    },
    outputs,
    parts,
  }
}
