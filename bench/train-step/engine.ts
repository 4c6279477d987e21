import type { OpenBackendOptions } from '../../src/compute/open-backend.ts'

/** A training step as the benchmark asks for it; shape and batch cross from Node to the page as JSON. */

export interface TrainStepShape {
  /** Folder under the served models. */
  readonly model: string
  readonly label: string
}

/** Sequences of one length; the loss is the mean of −log π over all completion tokens. */
export interface TrainStepBatch {
  /** [sequences, tokens], prompt and completion together. */
  readonly tokenIds: readonly (readonly number[])[]
  /** Leading tokens of each sequence that are no part of the loss, at least one. */
  readonly promptTokens: readonly number[]
}

/** PyTorch's AdamW with weight decay on every tensor and no clipping, for all engines. */
export const ADAMW = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 } as const

export interface TrainStepEngine {
  readonly adapter: string
  /** Loads the weights and puts the batch where steps will find it. The first step may still compile. */
  prepare(shape: TrainStepShape, batch: TrainStepBatch): Promise<void>
  /**
   * Forward, backward and AdamW on the whole batch, all of it done when the promise settles.
   * @returns the batch's loss before the update
   */
  step(): Promise<number>
  dispose(): void
}

/** `together`: the whole step in one jit. `apart`: gradients in one, the update in another. */
export type PeerForm = 'together' | 'apart'

/** One of our backends; of WebAssembly with so many threads, strict unless it says otherwise. */
export type OurBackend =
  | { readonly backend: 'webgpu' | 'cpu' }
  | { readonly backend: 'wasm'; readonly threads: number; readonly arithmetic?: 'strict' | 'fused' }

/** @param threads of jax-js on WebAssembly; as many as there are processors where it is not said */
export type TrainStepChoice =
  | ({ readonly kind: 'stepscope' } & OurBackend)
  | { readonly kind: 'jaxjs'; readonly device: 'webgpu' | 'wasm'; readonly form: PeerForm; readonly threads?: number }

export function backendOptions(choice: OurBackend): OpenBackendOptions {
  if (choice.backend !== 'wasm') return { choice: choice.backend }
  const { threads, arithmetic = 'strict' } = choice
  return { choice: 'wasm', wasm: { threads, arithmetic } }
}
