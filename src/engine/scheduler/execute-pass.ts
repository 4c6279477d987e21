import type { Decoder, ExecuteBatch } from '../decoder/decoder.ts'
import type { ExecuteTask } from './scheduler-requests.ts'

/** What one pass does for which tasks. */
export interface Pass {
  readonly batch: ExecuteBatch
  /** Slots whose head outputs are wanted after the pass, in each task's order. */
  readonly outputs: readonly { readonly task: ExecuteTask; readonly slot: number }[]
  /** Rows of each task that takes part. */
  readonly parts: readonly { readonly task: ExecuteTask; readonly rows: number }[]
}

/** Tokens after a base, and the row of this pass that runs the last of them, if one does. */
interface History {
  readonly next: Map<number, History>
  row: number | null
}

/**
 * Fills a pass with the next rows of the tasks, in order, until it has `maxRows` rows or as many outputs as there are
 * scratch slots to read them from. Tasks with one base share the rows of the tokens that they begin with: each of
 * those is run once and written to the pages of all (a tree of steps is scored in one pass).
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
  const shared: { row: number; sequence: number }[] = []
  const histories = new Map<object, History>()
  const outputs: { task: ExecuteTask; slot: number }[] = []
  const parts: { task: ExecuteTask; rows: number }[] = []
  let scratch = 0
  for (const task of tasks) {
    const { ids, before, readouts = [], sequence, base } = task.request
    if (tables.length >= maxRows) break
    const first = task.rows
    let delivered = task.outputs
    if (before !== undefined && delivered === 0) {
      if (outputs.length >= scratchSlots.length) break
      outputs.push({ task, slot: before })
      delivered += 1
    }
    const skipped = before === undefined ? 0 : 1
    let row = first
    let history: History = histories.get(base ?? task) ?? { next: new Map(), row: null }
    histories.set(base ?? task, history)
    for (const id of ids.slice(0, first)) history = after(history, id)
    for (; row < ids.length && tokenIds.length + shared.length + keep.length < 2 * maxRows; row++) {
      const ahead = history.next.get(ids[row] ?? 0)?.row ?? null
      if (ahead === null && tokenIds.length >= maxRows) break
      const wanted = readouts[delivered - skipped] === row
      const slot = wanted ? scratchSlots[scratch] : undefined
      if (wanted && (slot === undefined || outputs.length >= scratchSlots.length)) break
      if (slot !== undefined) {
        keep.push({ row: ahead ?? tokenIds.length, slot })
        outputs.push({ task, slot })
        scratch += 1
        delivered += 1
      }
      if (row === ids.length - 1 && task.slot !== null) keep.push({ row: ahead ?? tokenIds.length, slot: task.slot })
      history = after(history, ids[row] ?? 0)
      if (ahead !== null) {
        shared.push({ row: ahead, sequence: tables.length })
        continue
      }
      history.row = tokenIds.length
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
      shared,
      keep,
    },
    outputs,
    parts,
  }
}

function after(history: History, id: number): History {
  const known = history.next.get(id)
  if (known !== undefined) return known
  const next: History = { next: new Map(), row: null }
  history.next.set(id, next)
  return next
}
