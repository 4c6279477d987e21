import { StepscopeError } from '../../core/errors.ts'
import { nextTask } from '../../engine/scheduler/next-task.ts'
import type { CacheTensors, CausalOutput, CausalRequest, CausalSession } from './causal-session.ts'
import { Snapshot, SnapshotNode } from './snapshot.ts'

export interface SnapshotCounters {
  readonly passes: number
  /** Tokens executed in all; prompts that several runs open at the same time once. */
  readonly executedTokens: number
  readonly readbackBytes: number
  /** Bytes of snapshots and batches alive. */
  readonly cacheBytes: number
  /** Tensor sets alive; 0 when nobody holds a branch. */
  readonly liveTensors: number
}

/** A prompt that is being executed, or that somebody holds. */
interface SharedPrompt {
  node: SnapshotNode | null
  ready: Promise<void>
}

/** Logits of one pass stay within this. */
const LOGIT_BYTES = 64 * 1024 * 1024
const MOST_CHUNK = 512

/** A session with its counters, and what policies do with it besides sampling: prompts, and given tokens. */
export class SnapshotModel {
  readonly contextLength: number
  private readonly session: CausalSession
  private readonly prompts = new Map<string, SharedPrompt>()
  private readonly count = { passes: 0, executedTokens: 0, readbackBytes: 0, cacheBytes: 0, liveTensors: 0 }

  constructor(session: CausalSession, contextLength: number) {
    this.session = session
    this.contextLength = contextLength
  }

  get vocabulary(): number {
    return this.session.vocabulary
  }

  counters(): SnapshotCounters {
    return { ...this.count }
  }

  /** @throws StepscopeError `bad-problem` where a sequence would exceed the model's context */
  checkLength(tokens: number): void {
    if (tokens <= this.contextLength) return
    throw new StepscopeError({
      code: 'bad-problem',
      message: "The text is longer than the model's context",
      expected: `at most ${this.contextLength} tokens`,
      found: `${tokens} tokens`,
      nextStep: 'Shorten the problem or the steps.',
    })
  }

  async run(request: CausalRequest): Promise<CausalOutput> {
    const output = await this.session.run({ ...request, past: request.past && inner(request.past) })
    this.count.passes += 1
    this.count.executedTokens += request.ids.reduce((sum, ids) => sum + ids.length, 0)
    this.count.readbackBytes += output.logits.byteLength
    // The session's own work may never leave the microtask queue; messages to the worker want in.
    await nextTask()
    return { logits: output.logits, present: this.counted(output.present) }
  }

  gather(rows: readonly { readonly cache: CacheTensors; readonly row: number }[]): CacheTensors {
    return this.counted(this.session.gather(rows.map(({ cache, row }) => ({ cache: inner(cache), row }))))
  }

  /** The prompt as a node, executed once for all who hold it at the same time; the caller owns one reference. */
  async prompt(ids: readonly number[]): Promise<SnapshotNode> {
    if (ids.length === 0) {
      throw new StepscopeError({
        code: 'bad-problem',
        message: 'The prompt is empty',
        nextStep: 'Give the model at least one token to start from.',
      })
    }
    this.checkLength(ids.length)
    const key = ids.join(' ')
    const shared = this.prompts.get(key) ?? this.share(key, ids)
    if (shared.node === null) await shared.ready
    if (shared.node === null) throw new Error('a prompt that was executed has no node')
    return shared.node.retain()
  }

  /**
   * Executes a node's pending tokens, once for all who ask at the same time. It is one short pass and never cut off: others
   * may wait for it.
   */
  advance(nodes: readonly SnapshotNode[]): Promise<unknown> {
    const due = [...new Set(nodes)].filter((node) => node.pending.length > 0 && node.advancing === null)
    for (const group of groupRows(due, (node) => `${node.tokens} ${node.pending.length}`)) {
      const running = this.advanceTogether(group)
      for (const node of group) {
        node.advancing = running
      }
    }
    return Promise.all(nodes.map((node) => node.advancing))
  }

  /**
   * Executes given tokens after a node, all but the last, and reads the logits that predict each of them.
   * @returns a node that ends in the last token, pending; owned by the caller
   */
  async append(
    parent: SnapshotNode,
    ids: readonly number[],
    onLogits: (logits: Float32Array, index: number) => void,
  ): Promise<SnapshotNode> {
    await this.advance([parent])
    if (parent.logits === null) throw new Error('a node that was executed has no logits')
    onLogits(parent.logits, 0)
    const executed = ids.slice(0, -1)
    const snapshot = parent.snapshot.retain()
    const end = await this.feed(snapshot, executed, false, (logits, from) => {
      for (let i = 0; i * this.vocabulary < logits.length; i++) {
        onLogits(logits.subarray(i * this.vocabulary, (i + 1) * this.vocabulary), from + i + 1)
      }
    })
    return new SnapshotNode(end, ids.slice(-1), null)
  }

  async dispose(): Promise<void> {
    await this.session.dispose()
  }

  /** Adds a prompt to the table, which holds it until those who wait for it hold it themselves. */
  private share(key: string, ids: readonly number[]): SharedPrompt {
    const forget = () => {
      if (this.prompts.get(key) === shared) this.prompts.delete(key)
    }
    const prefill = async () => {
      let last = new Float32Array(0)
      try {
        const snapshot = await this.feed(null, ids, true, (logits) => {
          last = logits.slice()
        })
        const node = new SnapshotNode(snapshot, [], last, forget)
        shared.node = node
        void nextTask().then(() => node.release())
      } catch (error) {
        // Whoever comes later tries again.
        forget()
        throw error
      }
    }
    const shared: SharedPrompt = { node: null, ready: Promise.resolve() }
    this.prompts.set(key, shared)
    shared.ready = prefill()
    return shared
  }

  /** Runs tokens of one row, in pieces. Takes over `start`; the caller owns what is returned. */
  private async feed(
    start: Snapshot | null,
    ids: readonly number[],
    last: boolean,
    onLogits: (logits: Float32Array, from: number) => void,
  ): Promise<Snapshot> {
    const size = Math.max(1, Math.min(MOST_CHUNK, Math.floor(LOGIT_BYTES / (4 * this.vocabulary))))
    let snapshot = start
    try {
      for (let from = 0; from < ids.length; from += size) {
        const piece = ids.slice(from, from + size)
        const { logits, present } = await this.run({ ids: [piece], past: snapshot?.tensors ?? null, last })
        snapshot?.release()
        snapshot = new Snapshot(present)
        onLogits(logits, from)
      }
    } catch (error) {
      snapshot?.release()
      throw error
    }
    if (snapshot === null) throw new Error('there were no tokens to run')
    return snapshot
  }

  private async advanceTogether(nodes: readonly SnapshotNode[]): Promise<void> {
    for (const node of nodes) node.retain()
    let past: CacheTensors | null = null
    let present: CacheTensors | null = null
    try {
      past = this.gather(nodes.map((node) => ({ cache: node.snapshot.tensors, row: 0 })))
      const output = await this.run({ ids: nodes.map(({ pending }) => pending), past, last: true })
      present = output.present
      const rows = nodes.map((_, row) => this.row(output.present, row))
      for (const [row, node] of nodes.entries()) {
        const before = node.snapshot
        node.snapshot = rows[row] as Snapshot
        node.pending = []
        node.logits = output.logits.slice(row * this.vocabulary, (row + 1) * this.vocabulary)
        before.release()
      }
    } finally {
      past?.dispose()
      present?.dispose()
      for (const node of nodes) {
        node.advancing = null
        node.release()
      }
    }
  }

  /** One row of a pass as a snapshot of its own, so that a kept row does not hold the others' memory. */
  row(tensors: CacheTensors, row: number): Snapshot {
    return new Snapshot(this.gather([{ cache: tensors, row }]))
  }

  private counted(tensors: CacheTensors): CacheTensors {
    this.count.cacheBytes += tensors.bytes
    this.count.liveTensors += 1
    return new CountedTensors(tensors, () => {
      this.count.cacheBytes -= tensors.bytes
      this.count.liveTensors -= 1
    })
  }
}

/** Tensors that say when they go. */
class CountedTensors implements CacheTensors {
  readonly inner: CacheTensors
  private readonly onDispose: () => void

  constructor(inner: CacheTensors, onDispose: () => void) {
    this.inner = inner
    this.onDispose = onDispose
  }

  get rows(): number {
    return this.inner.rows
  }

  get length(): number {
    return this.inner.length
  }

  get bytes(): number {
    return this.inner.bytes
  }

  dispose(): void {
    this.onDispose()
    this.inner.dispose()
  }
}

/** The session's own tensors. */
const inner = (cache: CacheTensors): CacheTensors => (cache instanceof CountedTensors ? cache.inner : cache)

/** Rows of one pass; more wait for the next, so that memory stays bounded. */
const MOST_ROWS = 64

/** Items that may share a pass, in their order: those with the same key, at most 64 together. */
export function groupRows<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[][]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = groups.get(key) ?? []
    groups.set(key, known)
    const last = known[known.length - 1]
    if (last === undefined || last.length === MOST_ROWS) known.push([item])
    else last.push(item)
  }
  return [...groups.values()].flat()
}
