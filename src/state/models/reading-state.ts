import type { ErrorDetails } from '../../core/errors.ts'
import type { ManifestFields, ReadingPreview } from '../../worker/protocol.ts'

export type { ReadingPreview } from '../../worker/protocol.ts'

/** Whose reading is looked at: the folder that waits for its form, or the reward model that is chosen. */
export type ReadingOf = 'folder' | 'chosen'

/** How a reward model reads a sample. */
export interface ReadingState {
  readonly of: ReadingOf | null
  /** A problem and its steps, one a line. */
  readonly sample: { readonly problem: string; readonly steps: string }
  readonly status: 'idle' | 'waiting' | 'ready' | 'failed'
  /** Id of the model that the preview is of. */
  readonly model: string | null
  /** The last one there was; of these fields where `status` is `ready`. */
  readonly preview: ReadingPreview | null
  readonly error: ErrorDetails | null
}

export interface ReadingActions {
  /** Shows how a model reads the sample with these fields. */
  look(of: ReadingOf, fields: ManifestFields): void
  setSample(sample: ReadingState['sample']): void
  /** Nobody looks any more. */
  close(): void
  /** Whether the chosen reward model can be read in another way. */
  canChange(): boolean
  /** Reads the chosen reward model so from now on. @returns whether it is loaded so */
  apply(fields: ManifestFields): Promise<boolean>
}
