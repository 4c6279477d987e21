import { FLAG_ENDS } from '../../compute/kernels/lanes.ts'
import { TokenSampler } from '../../compute/kernels/sampler/sample-token.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { ProposeRequest } from '../../search/models.ts'
import type { CacheTensors } from './causal-session.ts'
import type { Snapshot, SnapshotNode } from './snapshot.ts'
import type { SnapshotModel } from './snapshot-model.ts'
import { groupRows } from './snapshot-model.ts'

/** One sample on its way. */
export interface Lane {
  readonly request: ProposeRequest
  readonly node: SnapshotNode
  readonly sample: number
  readonly maxTokens: number
  readonly tokenIds: number[]
  readonly logprobs: number[]
  /** Set when it has ended: everything but the last token executed; owned by the caller then. */
  end: Snapshot | null
}

export interface LaneRules {
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
    for (const group of groupRows(open, ({ node }) => String(node.tokens))) {
      await decodeGroup(model, group, sample, signal)
    }
  } catch (error) {
    for (const lane of lanes) {
      lane.end?.release()
      lane.end = null
    }
    throw error
  }
}

/** Lanes of equal length, one pass per token; a lane that ends leaves the batch. */
async function decodeGroup(
  model: SnapshotModel,
  lanes: readonly Lane[],
  sample: (lane: Lane, logits: Float32Array, from: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  let active = lanes
  let past: CacheTensors | null = null
  try {
    past = model.gather(lanes.map(({ node }) => ({ cache: node.snapshot.tensors, row: 0 })))
    while (active.length > 0) {
      checkCancelled(signal)
      const ids = active.map(({ tokenIds }) => tokenIds.slice(-1))
      const { logits, present } = await model.run({ ids, past, last: true })
      past.dispose()
      past = present
      const staying: number[] = []
      for (const [row, lane] of active.entries()) {
        if (sample(lane, logits, row * model.vocabulary)) lane.end = model.row(present, row)
        else staying.push(row)
      }
      if (staying.length === active.length) continue
      if (staying.length > 0) past = model.gather(staying.map((row) => ({ cache: present, row })))
      else past = null
      present.dispose()
      active = active.filter((_, row) => staying.includes(row))
      if (past === null) return
    }
  } finally {
    past?.dispose()
  }
}

function checkCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
}
