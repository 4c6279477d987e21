import type { Memo, RadixTree } from '../cache/radix-tree.ts'
import type { ExecuteRequest } from './scheduler-requests.ts'

/** Positions of the outputs that a request wants, in order. */
export function outputPositions({ sequence, before, readouts = [] }: ExecuteRequest): number[] {
  const first = before === undefined ? [] : [sequence.length - 1]
  return [...first, ...readouts.map((row) => sequence.length + row)]
}

/**
 * What of a request need not be run where its tokens are known.
 * @returns the leading outputs that are remembered, and how many leading tokens nobody needs a hidden state of
 */
export function knownPart(request: ExecuteRequest, tree: RadixTree): { memos: Memo[]; most: number } {
  const { sequence, ids, keepLast, readings } = request
  const positions = outputPositions(request)
  const memos: Memo[] = []
  if (readings !== undefined) {
    const tokens = [...sequence.tokenIds, ...ids]
    for (const position of positions) {
      const memo = tree.recall(tokens, position)
      if (memo === undefined || readings.fits?.(memo, memos.length) === false) break
      memos.push(memo)
    }
  }
  const open = positions[memos.length] ?? Number.POSITIVE_INFINITY
  const most = Math.min(ids.length - (keepLast ? 1 : 0), open - sequence.length)
  return { memos, most: Math.max(0, most) }
}

/** What stands for a base and known tokens after it. */
export type KnownBases = WeakMap<object, Map<string, object>>

/** A request without its first `taken` tokens and its first `answered` outputs. */
export function remainder(request: ExecuteRequest, taken: number, answered: number, bases: KnownBases): ExecuteRequest {
  const { before, base, readouts = [], ...rest } = request
  const own = before === undefined ? 0 : 1
  return {
    ...rest,
    ids: request.ids.slice(taken),
    readouts: readouts.slice(Math.max(0, answered - own)).map((row) => row - taken),
    ...(before !== undefined && answered === 0 ? { before } : {}),
    ...(base === undefined ? {} : { base: baseAfter(base, request.ids.slice(0, taken), bases) }),
  }
}

/** Rows are shared by requests that go on from the same tokens, so those that start further on have another base. */
function baseAfter(base: object, ids: readonly number[], bases: KnownBases): object {
  if (ids.length === 0) return base
  const after = bases.get(base) ?? new Map<string, object>()
  bases.set(base, after)
  const key = ids.join()
  const found = after.get(key) ?? {}
  after.set(key, found)
  return found
}
