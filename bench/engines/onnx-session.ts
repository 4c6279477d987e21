import type { DecodeAnswer, DecodeCell, EngineSession, PrefillCell, ScoreAnswer, ScoreCell, Timing } from './cells.ts'
import { best } from './cells.ts'

/**
 * Tokens of a prefix run at once. From 32 tokens on onnxruntime's WebGPU kernel for GroupQueryAttention reads the keys of
 * eight lanes of a subgroup, of which software adapters have four, and its logits are wrong.
 */
const PREFIX_PIECE = 16

/** What Transformers.js and onnxruntime-node call a tensor. */
export interface OnnxTensor {
  readonly dims: readonly number[]
  readonly location: string
  dispose(): void
}

/** One forward pass of an ONNX model with a cache, whoever runs it. */
export interface OnnxModel<T extends OnnxTensor> {
  readonly adapter: string
  readonly layers: number
  readonly keyValueHeads: number
  readonly headDim: number
  integers(values: BigInt64Array, dims: readonly number[]): T
  floats(values: Float32Array, dims: readonly number[]): T
  /** The values, wherever they are. */
  values(tensor: T): Promise<Float32Array>
  run(inputs: Readonly<Record<string, T>>, past: Readonly<Record<string, T>>): Promise<Record<string, T>>
  dispose(): Promise<void>
}

/** Keys and values after some tokens; never written to again, so any number of branches may start from it. */
interface Snapshot<T> {
  readonly past: Readonly<Record<string, T>>
  readonly length: number
}

/**
 * Best case of an engine without a tree: a hand-written loop around its forward pass. The prefix is run once, its cache
 * is repeated for all branches before the clock starts, and sampling is the cheapest there is, greedy on the CPU.
 */
export class OnnxSession<T extends OnnxTensor> implements EngineSession {
  private readonly model: OnnxModel<T>

  constructor(model: OnnxModel<T>) {
    this.model = model
  }

  get adapter(): string {
    return this.model.adapter
  }

  async decode({ rows, prefix, newTokens, ...effort }: DecodeCell): Promise<DecodeAnswer> {
    const { snapshot, logits } = await this.snapshot(prefix)
    const tiled = await this.tile(snapshot, rows)
    const first = new BigInt64Array(rows).map((_, row) => BigInt(1 + (row % 20)))
    const timing = await best(async () => {
      let state = tiled
      let tokens = first
      let start = 0
      for (let step = 0; step <= newTokens; step++) {
        // The first pass takes the snapshot to where the model runs, and does not count.
        if (step === 1) start = performance.now()
        const { logits, next } = await this.forward(tokens, rows, state)
        if (state !== tiled) this.free(state)
        state = next
        tokens = await this.greedy(logits)
        logits.dispose()
      }
      const took = performance.now() - start
      this.free(state)
      return took
    }, effort)
    this.free(tiled)
    return { ...timing, work: null, logits: [...logits.subarray(0, 32)] }
  }

  async prefill({ prompts, ...effort }: PrefillCell): Promise<Timing> {
    const tokens = BigInt64Array.from(prompts.flat(), BigInt)
    return best(async () => {
      const start = performance.now()
      const { logits, next } = await this.forward(tokens, prompts.length, this.nothing(prompts.length))
      await this.model.values(logits)
      const took = performance.now() - start
      logits.dispose()
      this.free(next)
      return took
    }, effort)
  }

  async score({ prefix, candidates, mode, ...effort }: ScoreCell): Promise<ScoreAnswer> {
    const rows = candidates.length
    const longest = Math.max(...candidates.map((step) => step.length))
    // Filled up on the right: a later token cannot reach an earlier one.
    const steps = candidates.map((step) => [...step, ...new Array<number>(longest - step.length).fill(0)])
    const full = mode === 'full'
    const base = full ? this.nothing(rows) : await this.tile((await this.snapshot(prefix)).snapshot, rows)
    const tokens = BigInt64Array.from(full ? steps.flatMap((step) => [...prefix, ...step]) : steps.flat(), BigInt)
    let scores: number[] = []
    const timing = await best(async () => {
      const start = performance.now()
      const { logits, next } = await this.forward(tokens, rows, base)
      const values = await this.model.values(logits)
      const took = performance.now() - start
      const [, time = 0, width = 0] = logits.dims
      scores = candidates.map((step, row) => {
        const at = (full ? prefix.length : 0) + step.length - 1
        return values[(row * time + at) * width] as number
      })
      logits.dispose()
      this.free(next)
      return took
    }, effort)
    return { ...timing, scores }
  }

  dispose(): Promise<void> {
    return this.model.dispose()
  }

  /** Keys and values after a prefix, and the logits of its last token. */
  private async snapshot(prefix: readonly number[]): Promise<{ snapshot: Snapshot<T>; logits: Float32Array }> {
    let snapshot = this.nothing(1)
    let last = new Float32Array()
    for (let start = 0; start < prefix.length; start += PREFIX_PIECE) {
      const piece = BigInt64Array.from(prefix.slice(start, start + PREFIX_PIECE), BigInt)
      const { logits, next } = await this.forward(piece, 1, snapshot)
      this.free(snapshot)
      snapshot = next
      const values = await this.model.values(logits)
      last = values.slice(values.length - values.length / piece.length)
      logits.dispose()
    }
    return { snapshot, logits: last }
  }

  private async forward(
    tokens: BigInt64Array,
    rows: number,
    before: Snapshot<T>,
  ): Promise<{ logits: T; next: Snapshot<T> }> {
    const { model } = this
    const time = tokens.length / rows
    const total = before.length + time
    const { logits, ...outputs } = await model.run(
      {
        input_ids: model.integers(tokens, [rows, time]),
        attention_mask: model.integers(new BigInt64Array(rows * total).fill(1n), [rows, total]),
        position_ids: model.integers(
          BigInt64Array.from({ length: rows * time }, (_, i) => BigInt(before.length + (i % time))),
          [rows, time],
        ),
      },
      before.past,
    )
    if (logits === undefined) throw new Error('the model gave no logits')
    const past: Record<string, T> = {}
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name.startsWith('present')) past[name.replace('present', 'past_key_values')] = tensor
    }
    return { logits, next: { past, length: total } }
  }

  private nothing(rows: number): Snapshot<T> {
    const { layers, keyValueHeads, headDim } = this.model
    const past: Record<string, T> = {}
    for (let layer = 0; layer < layers; layer++) {
      for (const part of ['key', 'value']) {
        past[`past_key_values.${layer}.${part}`] = this.model.floats(new Float32Array(0), [
          rows,
          keyValueHeads,
          0,
          headDim,
        ])
      }
    }
    return { past, length: 0 }
  }

  /** The snapshot of one row for `rows` of them. */
  private async tile({ past, length }: Snapshot<T>, rows: number): Promise<Snapshot<T>> {
    const tiled: Record<string, T> = {}
    for (const [name, tensor] of Object.entries(past)) {
      const one = await this.model.values(tensor)
      const all = new Float32Array(rows * one.length)
      for (let row = 0; row < rows; row++) all.set(one, row * one.length)
      tiled[name] = this.model.floats(all, [rows, ...tensor.dims.slice(1)])
      if (tensor.location === 'gpu-buffer') tensor.dispose()
    }
    return { past: tiled, length }
  }

  private async greedy(logits: T): Promise<BigInt64Array<ArrayBuffer>> {
    const [rows = 0, time = 0, vocabulary = 0] = logits.dims
    const values = await this.model.values(logits)
    const ids = new BigInt64Array(rows)
    for (let row = 0; row < rows; row++) {
      const offset = (row * time + time - 1) * vocabulary
      let id = 0
      let most = values[offset] as number
      for (let i = 1; i < vocabulary; i++) {
        const value = values[offset + i] as number
        if (value > most) [most, id] = [value, i]
      }
      ids[row] = BigInt(id)
    }
    return ids
  }

  private free({ past }: Snapshot<T>): void {
    for (const tensor of Object.values(past)) tensor.dispose()
  }
}
