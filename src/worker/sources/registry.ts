import type { ModelLibrary } from '../../downloads/model-library.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { BundledSource } from './bundled.ts'
import { bundledProvider } from './bundled.ts'
import type { FolderSource } from './folder.ts'
import { folderProvider } from './folder.ts'
import type { ModelProvider, ModelSources } from './model-provider.ts'
import type { OnnxSource } from './onnx.ts'
import { onnxProvider } from './onnx.ts'
import type { StoredSource } from './stored.ts'
import { storedProvider } from './stored.ts'
import type { TrainedSource } from './trained.ts'
import { trainedProvider } from './trained.ts'
import type { UrlSource } from './url.ts'
import { urlProvider } from './url.ts'

/** Where a model comes from. */
export type ModelSource =
  | BundledSource
  | FolderSource
  | StoredSource
  | UrlSource
  | TrainedSource<ModelSource>
  | OnnxSource

type Providers = { readonly [K in ModelSource['kind']]: ModelProvider<Extract<ModelSource, { kind: K }>> }

/** What the providers work with. */
export interface SourceDeps {
  /** Address of the app's root. */
  readonly base: string
  /** Models that were downloaded to this device. */
  readonly library: () => Promise<ModelLibrary>
  /** The last save of a training run as a checkpoint. */
  readonly trained: (source: TrainedSource<ModelSource>, signal: AbortSignal) => Promise<CheckpointFiles>
}

/** The places that models come from in a browser: one entry each. */
export function modelSources({ base, library, trained }: SourceDeps): ModelSources<ModelSource> {
  const providers: Providers = {
    bundled: bundledProvider(base),
    folder: folderProvider,
    stored: storedProvider(library),
    url: urlProvider,
    trained: trainedProvider(trained),
    onnx: onnxProvider,
  }
  // The kind says which provider takes the source; the compiler cannot follow that it is this one's.
  const providerOf = (source: ModelSource) => providers[source.kind] as ModelProvider<ModelSource>
  return {
    open: (source, signal) => providerOf(source).open(source, signal),
    identify: (source) => providerOf(source).identify?.(source) ?? source,
  }
}
