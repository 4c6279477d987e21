import { StepscopeError } from '../../core/errors.ts'
import { openUrlCheckpoint } from '../../engine/checkpoint/checkpoint-files-url.ts'
import { BUNDLED_MODELS } from '../../tasks/bundled-models.ts'
import type { ModelProvider } from './model-provider.ts'

/** Files of the app. */
export interface BundledSource {
  readonly kind: 'bundled'
  readonly id: string
}

/** @param base address of the app's root, on its own server */
export function bundledProvider(base: string): ModelProvider<BundledSource> {
  return {
    open: async ({ id }, signal) => {
      const model = BUNDLED_MODELS.find((known) => known.id === id)
      if (!model) throw unknownModel(id)
      const baseUrl = `${base}checkpoints/${id}/`
      const files = await openUrlCheckpoint({ baseUrl, files: model.files, eager: true, signal })
      return { files, release: () => {} }
    },
  }
}

function unknownModel(id: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'No model of this name comes with the app',
    expected: BUNDLED_MODELS.map((model) => model.id).join(', '),
    found: id,
    nextStep: 'Choose another model.',
  })
}
