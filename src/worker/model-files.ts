import { StepscopeError } from '../core/errors.ts'
import type { ModelLibrary } from '../downloads/model-library.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { browserCheckpointFiles } from '../engine/checkpoint/checkpoint-files-browser.ts'
import { openUrlCheckpoint } from '../engine/checkpoint/checkpoint-files-url.ts'
import { BUNDLED_MODELS } from '../tasks/bundled-models.ts'
import { openModelLibrary } from './open-library.ts'
import type { ModelSource, OnnxSource, TrainedSource } from './protocol.ts'

export interface OpenedFiles {
  readonly files: CheckpointFiles
  /** Called once, when they are read no more. */
  readonly release: () => void
}

export type OpenModelFiles = (source: Exclude<ModelSource, OnnxSource>, signal: AbortSignal) => Promise<OpenedFiles>

/**
 * The app's own checkpoints (same origin, below `base`), folders that were dragged in, models stored on this device,
 * models trained on it, and those of servers.
 */
export function browserFiles(
  base: string,
  library: () => Promise<ModelLibrary> = openModelLibrary(),
  trained: (source: TrainedSource, signal: AbortSignal) => Promise<CheckpointFiles> = refuseTrained,
): OpenModelFiles {
  const open = async (source: Exclude<ModelSource, OnnxSource>, signal: AbortSignal): Promise<CheckpointFiles> => {
    switch (source.kind) {
      case 'local':
        return browserCheckpointFiles(source.files)
      case 'stored':
        throw new TypeError('stored models are opened by their library')
      case 'trained':
        return trained(source, signal)
      case 'url':
        return openUrlCheckpoint({ baseUrl: source.baseUrl, files: source.files, signal })
      case 'bundled':
        return openUrlCheckpoint({
          baseUrl: `${base}checkpoints/${source.id}/`,
          files: bundledModel(source.id).files,
          signal,
        })
    }
  }
  return async (source, signal) =>
    source.kind === 'stored'
      ? (await library()).open(source.id)
      : { files: await open(source, signal), release: () => {} }
}

async function refuseTrained(): Promise<CheckpointFiles> {
  throw new StepscopeError({ code: 'not-found', message: 'No training runs are kept here, nor models of them' })
}

function bundledModel(id: string): (typeof BUNDLED_MODELS)[number] {
  const model = BUNDLED_MODELS.find((known) => known.id === id)
  if (model) return model
  throw new StepscopeError({
    code: 'not-found',
    message: 'No model of this name comes with the app',
    expected: BUNDLED_MODELS.map(({ id: known }) => known).join(', '),
    found: id,
    nextStep: 'Choose another model.',
  })
}
