import { StepscopeError } from '../core/errors.ts'
import type { Branch, FlopsModel } from '../search/models.ts'
import { Branches, SequenceNode } from './branch.ts'
import type { CacheSequence } from './cache/prefix-cache.ts'
import { PrefixCache, SlotPool } from './cache/prefix-cache.ts'
import { pagesFor } from './cache/radix-tree.ts'
import type { Decoder } from './decoder/decoder.ts'
import { PAGE_SIZE } from './decoder/decoder.ts'
import { tooSmall } from './scheduler/no-room.ts'
import type { SchedulerOptions } from './scheduler/scheduler.ts'
import { Scheduler } from './scheduler/scheduler.ts'

export interface EngineCounters {
  /** Passes through the layers, bytes read back from the device. */
  readonly passes: number
  readonly readbackBytes: number
  /** Tokens executed in all. Runs that open the same prompt share it, so this may be below the sum of their usages. */
  readonly executedTokens: number
  /** Tokens asked for that were known already. With those executed, they sum up to the usages. */
  readonly cacheHitTokens: number
  /** Pages that branches hold; pages kept for later requests only; pages taken from those so far. */
  readonly livePages: number
  readonly unpinnedPages: number
  readonly evictedPages: number
  readonly liveSlots: number
  readonly liveBranches: number
}

/** A decoder with its cache, its scheduler and the branches over them: what policy and reward model have in common. */
export class EngineModel {
  readonly decoder: Decoder
  readonly scheduler: Scheduler
  readonly slots: SlotPool
  readonly branches: Branches
  private readonly cache: PrefixCache
  /** Tokens of prompts that somebody held when they were opened. */
  private sharedTokens = 0
  private readonly prompts = new Map<string, { readonly node: SequenceNode; readonly ready: Promise<void> }>()

  /** @param tokenFlags per vocabulary id; none for models that are not sampled from */
  constructor(decoder: Decoder, tokenFlags?: Uint32Array, options: SchedulerOptions = {}) {
    this.decoder = decoder
    this.cache = new PrefixCache(decoder, (copies) => decoder.copyPages(copies))
    this.slots = new SlotPool(decoder.slots)
    const flags = tokenFlags ?? new Uint32Array(decoder.config.vocabSize)
    this.scheduler = new Scheduler(decoder, { cache: this.cache, slots: this.slots }, flags, options)
    this.branches = new Branches(() => this.scheduler.released())
  }

  /** Tokens a sequence may have: what the model was made for, and the page table holds. */
  get contextLength(): number {
    const { config, pagesPerSequence } = this.decoder
    return Math.min(config.maxPositions, pagesPerSequence * PAGE_SIZE)
  }

  /**
   * The prompt as a node, prefilled once for all who hold it at the same time; the caller owns one reference. The last
   * hidden state is kept where `keepLast` is set, which must be the same for every prompt of a model.
   */
  async prompt(ids: readonly number[], keepLast: boolean): Promise<SequenceNode> {
    if (ids.length === 0) {
      throw new StepscopeError({
        code: 'bad-problem',
        message: 'The prompt is empty',
        nextStep: 'Give the model at least one token to start from.',
      })
    }
    this.checkLength(ids.length)
    const key = ids.join(' ')
    const held = this.prompts.get(key)
    if (held !== undefined) this.sharedTokens += ids.length
    const shared = held ?? this.prefill(key, ids, keepLast)
    shared.node.retain()
    try {
      await shared.ready
    } catch (error) {
      shared.node.release()
      throw error
    }
    return shared.node
  }

  /**
   * @throws StepscopeError `bad-problem` where a sequence would exceed the model's context, `out-of-memory` where it would
   * exceed the whole cache
   */
  checkLength(tokens: number): void {
    if (tokens <= this.contextLength) return
    const { config, pages, pagesPerSequence } = this.decoder
    if (tokens <= config.maxPositions && pagesPerSequence === pages) throw tooSmall(pagesFor(tokens), tokens, pages)
    throw new StepscopeError({
      code: 'bad-problem',
      message: "The text is longer than the model's context",
      expected: `at most ${this.contextLength} tokens`,
      found: `${tokens} tokens`,
      nextStep: 'Shorten the problem or the steps.',
    })
  }

  /** An empty sequence; the caller releases it. */
  createSequence(): CacheSequence {
    return this.cache.create()
  }

  /** A node over a sequence, whose ownership it takes. */
  node(sequence: CacheSequence, pending: readonly number[]): SequenceNode {
    return new SequenceNode({ sequence, pending, slot: null, slots: this.slots })
  }

  fork(branch: Branch): Branch {
    return this.branches.fork(branch)
  }

  release(branch: Branch): void {
    this.branches.release(branch)
  }

  counters(): EngineCounters {
    const { passes, readbackBytes } = this.decoder.counters
    return {
      passes,
      readbackBytes,
      executedTokens: this.scheduler.counters.executedTokens,
      cacheHitTokens: this.scheduler.counters.cacheHitTokens + this.sharedTokens,
      livePages: this.cache.livePages,
      unpinnedPages: this.cache.unpinnedPages,
      evictedPages: this.cache.tree.evictedPages,
      liveSlots: this.slots.liveSlots,
      liveBranches: this.branches.count,
    }
  }

  /** Forgets what no branch holds. */
  evictAll(): void {
    this.cache.evictAll()
  }

  dispose(): void {
    this.scheduler.dispose()
    this.decoder.dispose()
  }

  /** Adds a prompt to the table. The table's own reference ends with the prefill. */
  private prefill(
    key: string,
    ids: readonly number[],
    keepLast: boolean,
  ): { readonly node: SequenceNode; readonly ready: Promise<void> } {
    const sequence = this.cache.create()
    const forget = () => {
      if (this.prompts.get(key)?.node === node) this.prompts.delete(key)
    }
    const node = new SequenceNode({ sequence, pending: [], slot: null, slots: this.slots, onEnd: forget })
    const run = async () => {
      try {
        node.slot = await this.scheduler.execute({ sequence, ids, keepLast })
      } catch (error) {
        // Whoever comes later tries again.
        forget()
        throw error
      } finally {
        // After the callers that are waiting: each holds a reference of its own by now.
        node.release()
      }
    }
    const shared = { node, ready: run() }
    this.prompts.set(key, shared)
    return shared
  }
}

/** FLOPs of `count` tokens executed at positions `from` … , and of `heads` evaluations of the output head. */
export function tokenFlops(flops: FlopsModel, from: number, count: number, heads: number): number {
  const contexts = count * from + (count * (count + 1)) / 2
  return count * flops.token + flops.context * contexts + heads * flops.head
}
