/**
 * Keys and values of every layer for `rows` sequences of equal length, as one pass left them. Never changed; whoever
 * holds them disposes them once.
 */
export interface CacheTensors {
  readonly rows: number
  /** Positions of each row. */
  readonly length: number
  readonly bytes: number
  dispose(): void
}

export interface CausalRequest {
  /** Token ids per row: all rows have the same number. */
  readonly ids: readonly (readonly number[])[]
  /** What the tokens follow, with as many rows; null at the start of a sequence. Stays valid. */
  readonly past: CacheTensors | null
  /** Logits of each row's last token only. */
  readonly last: boolean
}

export interface CausalOutput {
  /** [rows, tokens or 1, vocabulary] */
  readonly logits: Float32Array
  /** Past and new positions; owned by the caller. */
  readonly present: CacheTensors
}

/** A causal language model with its cache given and returned at every pass, as ONNX exports have it. */
export interface CausalSession {
  readonly vocabulary: number
  run(request: CausalRequest): Promise<CausalOutput>
  /** Rows of equal length, copied into tensors of their own; the caller owns the result, what was given stays valid. */
  gather(rows: readonly { readonly cache: CacheTensors; readonly row: number }[]): CacheTensors
  dispose(): Promise<void>
}
