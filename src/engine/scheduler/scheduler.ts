import { StepscopeError } from '../../core/errors.ts'
import type { SequenceNode } from '../branch.ts'
import type { PrefixCache, SlotPool } from '../cache/prefix-cache.ts'
import { SharedHistories } from '../cache/shared-histories.ts'
import type { DecodeResult, Decoder } from '../decoder/decoder.ts'
import { Activity } from './activity.ts'
import type { Pass } from './execute-pass.ts'
import { composePass } from './execute-pass.ts'
import type { KnownBases } from './known-part.ts'
import { knownPart, outputPositions, remainder } from './known-part.ts'
import { nextTask as defaultNextTask } from './next-task.ts'
import { noRoom } from './no-room.ts'
import type {
  ActiveSequence,
  DecodeOutcome,
  DecodeRequest,
  DecodeTask,
  ExecuteRequest,
  ExecuteTask,
  SequenceGroup,
} from './scheduler-requests.ts'
import { pagesToDecode } from './scheduler-requests.ts'

export interface SchedulerOptions {
  /** Decode steps between two looks at the queue. Constant, so that no result depends on what else is running. */
  readonly burst?: number
  readonly activity?: Activity
  readonly nextTask?: () => Promise<void>
}

/** Readout rows of one pass are bounded by slots and by the bytes of logits read back. */
const MAX_READOUTS = 256
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024

/**
 * Continuous batching: one loop per decoder that runs whatever all callers asked for in shared passes. Given tokens come
 * first, in chunks of at most `maxRows`; then a burst of decode steps over all active sequences; sequences join and leave between
 * bursts. A sequence is admitted when the pool has every page it may need, so an admitted sequence always finishes, and where
 * pages are short sequences run in smaller groups. Only a request that does not fit while nothing else is under way
 * is refused.
 */
export class Scheduler {
  /**
   * Tokens executed, tokens that were known and so were not, and bursts run since the model was loaded; depends on what was
   * shared between runs.
   */
  readonly counters = { executedTokens: 0, cacheHitTokens: 0, bursts: 0 }
  private readonly decoder: Decoder
  private readonly cache: PrefixCache
  private readonly slots: SlotPool
  private readonly tokenFlags: Uint32Array
  private readonly burst: number
  private readonly activity: Activity
  private readonly nextTask: () => Promise<void>
  private readonly scratch: readonly number[]
  private readonly bases: KnownBases = new WeakMap()
  private waitingExecutes: ExecuteTask[] = []
  private executing: ExecuteTask[] = []
  private waitingDecodes: DecodeTask[] = []
  private decoding: ActiveSequence[] = []
  private running = false
  private disposed = false
  private wake: (() => void) | null = null

  constructor(
    decoder: Decoder,
    memory: { readonly cache: PrefixCache; readonly slots: SlotPool },
    tokenFlags: Uint32Array,
    options: SchedulerOptions = {},
  ) {
    this.decoder = decoder
    this.cache = memory.cache
    this.slots = memory.slots
    this.tokenFlags = tokenFlags
    this.burst = options.burst ?? 8
    this.activity = options.activity ?? new Activity()
    this.nextTask = options.nextTask ?? defaultNextTask
    const readouts = Math.min(
      MAX_READOUTS,
      Math.floor(memory.slots.freeSlots / 4),
      Math.floor(MAX_OUTPUT_BYTES / (4 * this.outputWidth)),
    )
    this.scratch = Array.from({ length: Math.max(1, readouts) }, () => memory.slots.allocate())
  }

  /** Values of one head output: the vocabulary, or the score head's labels. */
  get outputWidth(): number {
    const { outputHead, vocabSize } = this.decoder.config
    return outputHead.kind === 'score' ? outputHead.labels : vocabSize
  }

  /** Slots the scheduler itself holds for as long as it lives. */
  get scratchSlots(): number {
    return this.scratch.length
  }

  /** Executes tokens. @returns the slot of the last one's hidden state, where `keepLast` asks for it */
  execute(request: ExecuteRequest): Promise<number | null> {
    return this.submit(request.signal, (resolve, reject) => {
      const start = request.sequence.length
      this.waitingExecutes.push({
        request,
        resolve,
        reject,
        slot: null,
        rows: 0,
        outputs: 0,
        start,
        answered: 0,
        memos: [],
      })
    })
  }

  /** Samples a step. */
  decode(request: DecodeRequest): Promise<DecodeOutcome> {
    return this.submit(request.signal, (resolve, reject) => {
      this.waitingDecodes.push({ request, resolve, reject })
    })
  }

  /** Executes a node's pending tokens, once however many ask for it at the same time. */
  advance(node: SequenceNode): Promise<void> {
    if (node.advancing !== null) return node.advancing
    if (node.pending.length === 0) return Promise.resolve()
    node.retain()
    const run = async () => {
      try {
        const slot = await this.execute({ sequence: node.sequence, ids: node.pending, keepLast: true })
        if (node.slot !== null) this.slots.release(node.slot)
        node.slot = slot
        node.pending = []
      } finally {
        node.advancing = null
        node.release()
      }
    }
    node.advancing = run()
    return node.advancing
  }

  /** To be called when pages or slots have been released: a request may be waiting for them. */
  released(): void {
    this.wake?.()
  }

  /** Refuses everything that is waiting or comes later. */
  dispose(): void {
    this.disposed = true
    this.failAll(gone())
    this.wake?.()
  }

  private submit<T>(
    signal: AbortSignal | undefined,
    add: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    if (this.disposed) return Promise.reject(gone())
    if (signal?.aborted) return Promise.reject(cancelled())
    return new Promise<T>((resolve, reject) => {
      add(resolve, reject)
      if (!this.running) void this.run()
    })
  }

  private async run(): Promise<void> {
    this.running = true
    this.activity.enter()
    try {
      for (;;) {
        await this.nextTask()
        this.dropAborted()
        this.admitExecutes()
        if (this.executing.length > 0) {
          await this.executePass()
          continue
        }
        this.admitDecodes()
        if (this.decoding.length > 0) {
          await this.decodePass()
          continue
        }
        if (this.waitingExecutes.length + this.waitingDecodes.length === 0) break
        await this.waitForRoom()
      }
    } catch (error) {
      this.failAll(error)
    } finally {
      this.activity.leave()
      this.running = false
    }
  }

  /**
   * Called where nothing that waits can be admitted. Waits while the other model works, whose callers may release
   * branches here; refuses the first request when nothing is under way any more.
   */
  private async waitForRoom(): Promise<void> {
    this.activity.leave()
    try {
      for (;;) {
        const last = !this.activity.busy
        if (!last) await this.somethingHappens()
        await this.nextTask()
        this.dropAborted()
        this.admitExecutes()
        if (this.executing.length === 0) this.admitDecodes()
        if (this.executing.length + this.decoding.length > 0) return
        if (this.waitingExecutes.length + this.waitingDecodes.length === 0) return
        if (last && !this.activity.busy) break
      }
    } finally {
      this.activity.enter()
    }
    const task = this.waitingExecutes.shift() ?? this.waitingDecodes.shift()
    if (task === undefined) return
    task.reject(noRoom(task.request, this.cache, this.slots))
  }

  /** Resolves at the next release of a branch, abort of a waiting request, or when the other model is idle. */
  private async somethingHappens(): Promise<void> {
    const signals = [...this.waitingExecutes, ...this.waitingDecodes].flatMap(({ request }) => request.signal ?? [])
    let wake = () => {}
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.wake = wake
    for (const signal of signals) signal.addEventListener('abort', wake)
    await Promise.race([woken, this.activity.idle()])
    for (const signal of signals) signal.removeEventListener('abort', wake)
    this.wake = null
  }

  private dropAborted(): void {
    const kept = <T extends { readonly request: { readonly signal?: AbortSignal | undefined } }>(
      tasks: readonly T[],
      drop: (task: T) => void,
    ): T[] =>
      tasks.filter((task) => {
        if (!task.request.signal?.aborted) return true
        drop(task)
        return false
      })
    this.waitingExecutes = kept(this.waitingExecutes, (task) => task.reject(cancelled()))
    this.waitingDecodes = kept(this.waitingDecodes, (task) => task.reject(cancelled()))
    this.executing = kept(this.executing, (task) => this.failExecute(task, cancelled()))
    this.decoding = kept(this.decoding, (active) => this.failDecode(active, cancelled()))
  }

  private get promisedPages(): number {
    return this.decoding.reduce((sum, { pageBudget }) => sum + pageBudget, 0)
  }

  private admitExecutes(): void {
    const waiting: ExecuteTask[] = []
    const promised = this.promisedPages
    for (const task of this.waitingExecutes) {
      // In order: a large request is not passed by small ones for ever.
      if (waiting.length === 0 && this.admitExecute(task, this.cache.freePages - promised)) this.executing.push(task)
      else waiting.push(task)
    }
    this.waitingExecutes = waiting
  }

  /** Starts from what is known of a request, where the rest finds room in the pages that may be taken into use. */
  private admitExecute(task: ExecuteTask, sparePages: number): boolean {
    const { request } = task
    const { sequence, ids, keepLast, readings } = request
    if (keepLast && this.slots.freeSlots === 0) return false
    const { memos, most } = knownPart(request, this.cache.tree)
    const end = sequence.length + ids.length
    const taken = sequence.adopt(ids, most, sparePages)
    if (taken === null || !sequence.reserve(end)) return false
    if (keepLast) task.slot = this.slots.allocate()
    task.request = remainder(request, taken, memos.length, this.bases)
    task.answered = memos.length
    this.counters.cacheHitTokens += Math.max(0, taken - (request.common ?? 0))
    for (const [index, memo] of memos.entries()) readings?.take(memo, index)
    return true
  }

  private admitDecodes(): void {
    let promised = this.promisedPages
    let group: SequenceGroup | undefined
    while (this.decoding.length < this.decoder.maxSequences && this.slots.freeSlots > 0) {
      const task = this.waitingDecodes[0]
      if (task === undefined) return
      const { node, maxTokens } = task.request
      if (node.slot === null || node.pending.length > 0 || maxTokens < 1) {
        this.waitingDecodes.shift()
        task.reject(
          new StepscopeError({ code: 'internal', message: 'A sequence was asked for without a hidden state.' }),
        )
        continue
      }
      const pageBudget = pagesToDecode(task.request)
      if (task.request.group !== group) {
        group = task.request.group
        const size = group?.size ?? 1
        // Apart they would not share their rows. Where they never fit together, they go one by one.
        const fits =
          this.decoding.length + size <= this.decoder.maxSequences &&
          size <= this.slots.freeSlots &&
          size * pageBudget <= this.cache.freePages - promised
        if (!fits && this.decoding.length > 0) return
      }
      if (pageBudget > this.cache.freePages - promised) return
      promised += pageBudget
      this.waitingDecodes.shift()
      const slot = this.slots.allocate()
      this.decoder.copySlots([{ from: node.slot, to: slot }])
      const sequence = node.sequence.fork()
      this.decoding.push({ ...task, sequence, slot, start: sequence.length, tokenIds: [], logprobs: [], pageBudget })
    }
  }

  private async executePass(): Promise<void> {
    const { batch, outputs, parts } = composePass(this.executing, this.decoder, this.scratch)
    try {
      if (batch.tokenIds.length > 0) {
        await this.decoder.execute(batch)
        this.counters.executedTokens += batch.tokenIds.length
      }
      await this.deliver(outputs)
    } catch (error) {
      const failed = new Set(parts.map(({ task }) => task))
      this.executing = this.executing.filter((task) => !failed.has(task))
      for (const { task } of parts) this.failExecute(task, error)
      return
    }
    for (const { task, rows } of parts) task.rows += rows
    this.finishExecutes()
  }

  private async deliver(outputs: Pass['outputs']): Promise<void> {
    if (outputs.length === 0) return
    const slots = outputs.map(({ slot }) => slot)
    const scores = this.decoder.config.outputHead.kind === 'score'
    const values = await (scores ? this.decoder.scores(slots) : this.decoder.logits(slots))
    const width = this.outputWidth
    for (const [row, { task }] of outputs.entries()) {
      this.hand(task, values.subarray(row * width, (row + 1) * width))
    }
  }

  private hand(task: ExecuteTask, row: Float32Array): void {
    const { request } = task
    const index = task.answered + task.outputs
    request.onOutput?.(row, index)
    if (request.readings !== undefined) {
      const memo = request.readings.read(row, index)
      task.memos.push({ position: outputPositions(request)[task.outputs] ?? 0, memo })
      request.readings.take(memo, index)
    }
    task.outputs += 1
  }

  private finishExecutes(): void {
    const open: ExecuteTask[] = []
    for (const task of this.executing) {
      const { ids, before, readouts = [], sequence } = task.request
      const wanted = readouts.length + (before === undefined ? 0 : 1)
      if (task.rows < ids.length || task.outputs < wanted) open.push(task)
      else {
        sequence.commit(ids)
        sequence.share()
        for (const { position, memo } of task.memos) this.cache.tree.remember(sequence.tokenIds, position, memo)
        task.resolve(task.slot)
      }
    }
    this.executing = open
  }

  private async decodePass(): Promise<void> {
    const decoding = this.decoding
    for (const active of decoding) {
      const { sequence } = active
      // The last token of a sequence is sampled and not executed: it needs no place.
      const end = sequence.length + Math.min(this.burst, active.request.maxTokens - active.tokenIds.length - 1)
      const before = this.cache.freePages
      if (!sequence.reserve(end))
        throw new StepscopeError({ code: 'internal', message: 'A sequence ran out of its pages.' })
      active.pageBudget -= before - this.cache.freePages
    }
    // Samples that started together and agree so far have one history: the decoder runs it once for all of them.
    const groups = new Map<string, number>()
    const starts = new Map<object, number>()
    const number = <K>(known: Map<K, number>, key: K): number => {
      const found = known.get(key) ?? known.size
      known.set(key, found)
      return found
    }
    const requests = decoding.map(({ request, sequence, slot, tokenIds }) => ({
      slot,
      group: number(groups, `${number(starts, request.group ?? request.node)}:${tokenIds.join()}`),
      position: sequence.length,
      temperature: request.temperature,
      topP: request.topP,
      topK: request.topK,
      seed: request.seed,
      node: request.noiseNode,
      sample: request.sample,
      maxTokens: request.maxTokens - tokenIds.length,
      pageTable: sequence.table(),
    }))
    let results: DecodeResult[]
    try {
      results = await this.decoder.decode(requests, this.burst, this.tokenFlags)
    } catch (error) {
      this.decoding = []
      for (const active of decoding) this.failDecode(active, error)
      return
    }
    this.counters.bursts += 1
    const histories = Array.from(groups, () => new SharedHistories())
    for (const [index, { tokenIds, stopped }] of results.entries()) {
      const executed = stopped ? tokenIds.slice(0, -1) : tokenIds
      const known = histories[requests[index]?.group ?? 0]?.add(executed) ?? 0
      this.counters.executedTokens += executed.length - known
    }
    this.decoding = decoding.filter((active, index) => {
      const result = results[index]
      return result === undefined || !this.take(active, result)
    })
  }

  /** Adds a burst's tokens to a sequence. @returns whether it is finished */
  private take(active: ActiveSequence, result: DecodeResult): boolean {
    const { sequence, start, request } = active
    active.tokenIds.push(...result.tokenIds)
    active.logprobs.push(...result.logprobs)
    const executed = result.tokenIds.length - (result.stopped ? 1 : 0)
    const before = this.cache.freePages
    sequence.commit(result.tokenIds.slice(0, executed))
    const cut = request.cut?.(active.tokenIds) ?? null
    const kept = cut ?? active.tokenIds.length
    if (!result.stopped && cut === null) {
      active.pageBudget += this.cache.freePages - before
      return false
    }
    const total = sequence.length - start
    sequence.truncate(Math.min(sequence.length, start + kept - 1))
    sequence.share()
    this.slots.release(active.slot)
    active.resolve({
      sequence,
      tokenIds: active.tokenIds.slice(0, kept),
      logprobs: active.logprobs.slice(0, kept),
      sampled: active.tokenIds.length,
      executed: active.tokenIds.slice(0, total),
    })
    return true
  }

  private failExecute(task: ExecuteTask, error: unknown): void {
    const { sequence } = task.request
    sequence.commit([])
    sequence.truncate(task.start)
    if (task.slot !== null) this.slots.release(task.slot)
    task.slot = null
    task.reject(error)
  }

  private failDecode(active: ActiveSequence, error: unknown): void {
    active.sequence.release()
    this.slots.release(active.slot)
    active.reject(error)
  }

  private failAll(error: unknown): void {
    const { waitingExecutes, waitingDecodes, executing, decoding } = this
    this.waitingExecutes = []
    this.waitingDecodes = []
    this.executing = []
    this.decoding = []
    for (const task of [...waitingExecutes, ...waitingDecodes]) task.reject(error)
    for (const task of executing) this.failExecute(task, error)
    for (const active of decoding) this.failDecode(active, error)
  }
}

function cancelled(): StepscopeError {
  return new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
}

function gone(): StepscopeError {
  return new StepscopeError({ code: 'cancelled', message: 'The model was unloaded.' })
}
