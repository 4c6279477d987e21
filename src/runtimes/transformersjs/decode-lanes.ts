import { FLAG_ENDS } from '../../compute/kernels/lanes.ts'
import { TokenSampler } from '../../compute/kernels/sampler/sample-token.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { ModelInfo, ProposeRequest } from '../../search/models.ts'
import { checkLogprobs } from '../../search/read-out.ts'
import type { CacheTensors } from './causal-session.ts'
import type { Snapshot, SnapshotNode } from './snapshot.ts'
import type { SnapshotModel } from './snapshot-model.ts'
import { groupRows } from './snapshot-model.ts'

/** One sample on its way. */
export interface Lane {
  readonly request: ProposeRequest
  readonly node: SnapshotNode
  readonly sample: number
  /** Lanes of one family run once what they begin with alike. */
  readonly family: object
  readonly maxTokens: number
  readonly tokenIds: number[]
  readonly logprobs: number[]
  /** Set when it has ended: everything but the last token executed; owned by the caller then. */
  end: Snapshot | null
}

export interface LaneRules {
  readonly info: ModelInfo
  readonly flags: Uint32Array
  /** Whether the tokens so far hold a step end that no single token's flag can tell. */
  readonly cut?: (tokenIds: readonly number[]) => number | null
}

/**
 * Draws every lane to its end. Where anything fails or `signal` aborts, no snapshot of the call is left.
 * @throws StepscopeError `cancelled` between two passes
 */
export async function decodeLanes(
  model: SnapshotModel,
  lanes: readonly Lane[],
  rules: LaneRules,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sampler = new TokenSampler(model.vocabulary)
  /** @returns whether the lane has ended */
  const sample = (lane: Lane, logits: Float32Array, from: number): boolean => {
    const { request, node, tokenIds, logprobs } = lane
    const { token, logprob } = sampler.sample(logits, from, rules.flags, {
      temperature: Math.fround(request.temperature),
      topP: Math.fround(request.topP),
      topK: request.topK,
      key: { seed: request.seed, node: request.node, sample: lane.sample },
      position: node.tokens + tokenIds.length,
    })
    tokenIds.push(token)
    logprobs.push(logprob)
    checkLogprobs([logprob], rules.info, `sampled below node ${request.node}`)
    const flagged = ((rules.flags[token] ?? 0) & FLAG_ENDS) !== 0
    return flagged || tokenIds.length >= lane.maxTokens || (rules.cut?.(tokenIds) ?? null) !== null
  }

  try {
    checkCancelled(signal)
    await model.advance(lanes.map(({ node }) => node))
    const open = lanes.filter((lane) => {
      if (lane.node.logits === null) throw new Error('a node that was executed has no logits')
      const ended = sample(lane, lane.node.logits, 0)
      if (ended) lane.end = lane.node.snapshot.retain()
      return !ended
    })
    const rows = alike(open)
    for (const group of groupRows(rows, ([lane]) => String(lane?.node.tokens))) {
      await decodeRows(model, group, sample, signal)
    }
  } catch (error) {
    for (const lane of lanes) {
      lane.end?.release()
      lane.end = null
    }
    throw error
  }
}

/** Lanes by what they have in common: each list has one history, and needs one row. */
function alike(lanes: readonly Lane[]): Lane[][] {
  const families = new Map<object, Map<string, Lane[]>>()
  for (const lane of lanes) {
    const histories = families.get(lane.family) ?? new Map<string, Lane[]>()
    families.set(lane.family, histories)
    const key = lane.tokenIds.join(' ')
    const row = histories.get(key)
    if (row) row.push(lane)
    else histories.set(key, [lane])
  }
  return [...families.values()].flatMap((histories) => [...histories.values()])
}

/** Rows of equal length, one pass per token. Lanes that part get rows of their own; those that end leave the batch. */
async function decodeRows(
  model: SnapshotModel,
  start: readonly (readonly Lane[])[],
  sample: (lane: Lane, logits: Float32Array, from: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  let rows = start
  let past: CacheTensors | null = null
  try {
    past = model.gather(rows.map((row) => ({ cache: nodeOf(row).snapshot.tensors, row: 0 })))
    for (;;) {
      checkCancelled(signal)
      const ids = rows.map(([lane]) => lane?.tokenIds.slice(-1) ?? [])
      const { logits, present } = await model.run({ ids, past, last: true })
      past.dispose()
      past = present
      const next: { readonly lanes: readonly Lane[]; readonly row: number }[] = []
      for (const [row, lanes] of rows.entries()) {
        const ended = lanes.filter((lane) => sample(lane, logits, row * model.vocabulary))
        if (ended.length > 0) {
          const end = model.row(present, row)
          for (const [index, lane] of ended.entries()) lane.end = index === 0 ? end : end.retain()
        }
        for (const group of alike(lanes.filter((lane) => !ended.includes(lane)))) next.push({ lanes: group, row })
      }
      if (next.length === 0) return
      const same = next.length === rows.length && next.every(({ row }, index) => row === index)
      if (!same) {
        past = model.gather(next.map(({ row }) => ({ cache: present, row })))
        present.dispose()
      }
      rows = next.map(({ lanes }) => lanes)
    }
  } finally {
    past?.dispose()
  }
}

function nodeOf([lane]: readonly Lane[]): SnapshotNode {
  if (!lane) throw new TypeError('a row has no lane')
  return lane.node
}

function checkCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
}
