import type { ErrorDetails } from '../../core/errors.ts'
import type { ManifestFields, OnnxDevice, OnnxDtype, OnnxSummary } from '../../worker/protocol.ts'

// Screens see neither the worker nor the formats; these are the names of theirs that they need.
export type { OnnxDevice, OnnxDtype, OnnxSummary } from '../../worker/protocol.ts'

/** How an ONNX checkpoint is run, and where it came from: the hub, or (null) a folder that is kept here. */
export interface OnnxSettings {
  readonly hub: { readonly repo: string; readonly revision: string } | null
  readonly dtype: OnnxDtype
  readonly device: OnnxDevice
}

/** The dialog that adds an ONNX model. */
export interface OnnxState {
  /** `asking`: the small files are being read; `ready`: `summary` says what there is; `loading`: it is being loaded. */
  readonly status: 'closed' | 'open' | 'asking' | 'ready' | 'loading'
  readonly origin: { readonly name: string; readonly hub: OnnxSettings['hub'] } | null
  readonly summary: OnnxSummary | null
  readonly error: ErrorDetails | null
}

export interface OnnxActions {
  open(): void
  /** Reads what a folder holds. */
  chooseFolder(name: string, files: readonly File[]): Promise<void>
  /** Asks huggingface.co what a revision holds; nothing is sent to another host before this. */
  lookUp(repo: string, revision: string): Promise<void>
  /** Fetches what is missing, loads it as the policy, and keeps it in the list. */
  add(chosen: {
    readonly dtype: OnnxDtype
    readonly device: OnnxDevice
    readonly fields: ManifestFields
  }): Promise<void>
  close(): void
}
