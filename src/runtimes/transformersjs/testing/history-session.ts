import { plainHistory, plainLogits } from '../../../engine/testing/plain-decoder.ts'
import type { CacheTensors, CausalOutput, CausalRequest, CausalSession } from '../causal-session.ts'

/** Cache tensors that know the history of each row and whether they are gone. */
class Histories implements CacheTensors {
  readonly rows: number
  readonly bytes: number
  readonly length: number
  readonly histories: readonly number[]
  private readonly live: Set<Histories>

  constructor(histories: readonly number[], length: number, live: Set<Histories>) {
    this.histories = histories
    this.rows = histories.length
    this.length = length
    this.bytes = 8 * histories.length * length
    this.live = live
    live.add(this)
  }

  /** @throws where the tensors were disposed before */
  check(): this {
    if (!this.live.has(this)) throw new Error('tensors were used after their disposal')
    return this
  }

  dispose(): void {
    if (!this.live.delete(this)) throw new Error('tensors were disposed twice')
  }
}

/** A session whose logits are a hash of each row's tokens; it refuses tensors that are gone. */
export class HistorySession implements CausalSession {
  readonly vocabulary: number
  readonly live = new Set<Histories>()
  /** Rows and tokens a row of every pass. */
  readonly passes: { readonly rows: number; readonly tokens: number }[] = []
  /** Called before each pass; may throw. */
  beforeRun: (pass: number) => void = () => {}

  constructor(vocabulary: number) {
    this.vocabulary = vocabulary
  }

  async run({ ids, past, last }: CausalRequest): Promise<CausalOutput> {
    const before = past === null ? null : (past as Histories).check()
    this.beforeRun(this.passes.length)
    const tokens = ids[0]?.length ?? 0
    if (before && before.rows !== ids.length) throw new Error('the cache has another number of rows')
    if (ids.some((row) => row.length !== tokens)) throw new Error('rows of one pass differ in length')
    this.passes.push({ rows: ids.length, tokens })
    const logits: number[] = []
    const histories = ids.map((row, index) => {
      let history = before?.histories[index] ?? 0
      for (const [at, token] of row.entries()) {
        history = plainHistory(history, token)
        if (!last || at === row.length - 1) logits.push(...plainLogits(history, this.vocabulary))
      }
      return history
    })
    await Promise.resolve()
    before?.check()
    const present = new Histories(histories, (before?.length ?? 0) + tokens, this.live)
    return { logits: Float32Array.from(logits), present }
  }

  gather(rows: readonly { readonly cache: CacheTensors; readonly row: number }[]): CacheTensors {
    const lengths = new Set(rows.map(({ cache }) => cache.length))
    if (lengths.size !== 1) throw new Error('rows of one batch differ in length')
    const histories = rows.map(({ cache, row }) => (cache as Histories).check().histories[row] ?? Number.NaN)
    return new Histories(histories, rows[0]?.cache.length ?? 0, this.live)
  }

  async dispose(): Promise<void> {
    if (this.live.size > 0) throw new Error('tensors are left')
  }
}
