import type { Local } from '../../wasm/assembler/values.ts'
import type { WasmContext } from '../../wasm/wasm-kernel.ts'
import type { SAMPLER_BINDINGS } from './sampler.reference.ts'

export type SamplerContext = WasmContext<typeof SAMPLER_BINDINGS>

/** What the draw of one sequence depends on. */
export interface Draw {
  /** Address of the sequence's logits. */
  readonly logits: Local<'i32'>
  readonly temperature: Local<'f32'>
  /** 0 where every token may be drawn. */
  readonly topK: Local<'i32'>
  readonly topP: Local<'f32'>
  /** Words of the noise's key. */
  readonly seed: Local<'i32'>
  readonly node: Local<'i32'>
  readonly counter: Local<'i32'>
}
