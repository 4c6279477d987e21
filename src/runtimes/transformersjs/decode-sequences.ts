import { TokenSampler } from '../../compute/kernels/sampler/sample-token.ts'
import { FLAG_ENDS } from '../../compute/kernels/sequences.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { ModelInfo, ProposeRequest } from '../../search/models.ts'
import { checkLogprobs } from '../../search/read-out.ts'
import type { CacheTensors } from './causal-session.ts'
import type { Snapshot, SnapshotNode } from './snapshot.ts'
import type { SnapshotModel } from './snapshot-model.ts'
import { groupRows } from './snapshot-model.ts'

/** One sample on its way. */
export interface SnapshotSequence {
  readonly request: ProposeRequest
  readonly node: SnapshotNode
  readonly sample: number
  /** Sequences of one group run once what they begin with alike. */
  readonly group: object
  readonly maxTokens: number
  readonly tokenIds: number[]
  readonly logprobs: number[]
  /** Set when it has ended: everything but the last token executed; owned by the caller then. */
  end: Snapshot | null
}

export interface SequenceRules {
  readonly info: ModelInfo
  readonly flags: Uint32Array
  /** Whether the tokens so far hold a step end that no single token's flag can tell. */
  readonly cut?: (tokenIds: readonly number[]) => number | null
}

/**
 * Draws every sequence to its end. Where anything fails or `signal` aborts, no snapshot of the call is left.
 * @throws StepscopeError `cancelled` between two passes
 */
export async function decodeSequences(
  model: SnapshotModel,
  sequences: readonly SnapshotSequence[],
  rules: SequenceRules,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sampler = new TokenSampler(model.vocabulary)
  /** @returns whether the sequence has ended */
  const sample = (sequence: SnapshotSequence, logits: Float32Array, from: number): boolean => {
    const { request, node, tokenIds, logprobs } = sequence
    const { token, logprob } = sampler.sample(logits, from, rules.flags, {
      temperature: Math.fround(request.temperature),
      topP: Math.fround(request.topP),
      topK: request.topK,
      key: { seed: request.seed, node: request.node, sample: sequence.sample },
      position: node.tokens + tokenIds.length,
    })
    tokenIds.push(token)
    logprobs.push(logprob)
    checkLogprobs([logprob], rules.info, `sampled below node ${request.node}`)
    const flagged = ((rules.flags[token] ?? 0) & FLAG_ENDS) !== 0
    return flagged || tokenIds.length >= sequence.maxTokens || (rules.cut?.(tokenIds) ?? null) !== null
  }

  try {
    checkCancelled(signal)
    await model.advance(sequences.map(({ node }) => node))
    const open = sequences.filter((sequence) => {
      if (sequence.node.logits === null) throw new Error('a node that was executed has no logits')
      const ended = sample(sequence, sequence.node.logits, 0)
      if (ended) sequence.end = sequence.node.snapshot.retain()
      return !ended
    })
    const rows = alike(open)
    for (const group of groupRows(rows, ([sequence]) => String(sequence?.node.tokens))) {
      await decodeRows(model, group, sample, signal)
    }
  } catch (error) {
    for (const sequence of sequences) {
      sequence.end?.release()
      sequence.end = null
    }
    throw error
  }
}

/** Sequences by what they have in common: each list has one history, and needs one row. */
function alike(sequences: readonly SnapshotSequence[]): SnapshotSequence[][] {
  const groups = new Map<object, Map<string, SnapshotSequence[]>>()
  for (const sequence of sequences) {
    const histories = groups.get(sequence.group) ?? new Map<string, SnapshotSequence[]>()
    groups.set(sequence.group, histories)
    const key = sequence.tokenIds.join(' ')
    const row = histories.get(key)
    if (row) row.push(sequence)
    else histories.set(key, [sequence])
  }
  return [...groups.values()].flatMap((histories) => [...histories.values()])
}

/** Rows of equal length, one pass per token. Sequences that part get rows of their own; those that end leave the batch. */
async function decodeRows(
  model: SnapshotModel,
  start: readonly (readonly SnapshotSequence[])[],
  sample: (sequence: SnapshotSequence, logits: Float32Array, from: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  let rows = start
  let past: CacheTensors | null = null
  try {
    past = model.gather(rows.map((row) => ({ cache: nodeOf(row).snapshot.tensors, row: 0 })))
    for (;;) {
      checkCancelled(signal)
      const ids = rows.map(([sequence]) => sequence?.tokenIds.slice(-1) ?? [])
      const { logits, present } = await model.run({ ids, past, last: true })
      past.dispose()
      past = present
      const next: { readonly sequences: readonly SnapshotSequence[]; readonly row: number }[] = []
      for (const [row, sequences] of rows.entries()) {
        const ended = sequences.filter((sequence) => sample(sequence, logits, row * model.vocabulary))
        if (ended.length > 0) {
          const end = model.row(present, row)
          for (const [index, sequence] of ended.entries()) sequence.end = index === 0 ? end : end.retain()
        }
        for (const group of alike(sequences.filter((sequence) => !ended.includes(sequence))))
          next.push({ sequences: group, row })
      }
      if (next.length === 0) return
      const same = next.length === rows.length && next.every(({ row }, index) => row === index)
      if (!same) {
        past = model.gather(next.map(({ row }) => ({ cache: present, row })))
        present.dispose()
      }
      rows = next.map(({ sequences }) => sequences)
    }
  } finally {
    past?.dispose()
  }
}

function nodeOf([sequence]: readonly SnapshotSequence[]): SnapshotNode {
  if (!sequence) throw new TypeError('a row has no sequence')
  return sequence.node
}

function checkCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
}
