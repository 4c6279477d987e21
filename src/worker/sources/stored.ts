import type { ModelLibrary } from '../../downloads/model-library.ts'
import type { ModelProvider } from './model-provider.ts'

/** A model that was downloaded, read from this device. */
export interface StoredSource {
  readonly kind: 'stored'
  readonly id: string
}

export function storedProvider(library: () => Promise<ModelLibrary>): ModelProvider<StoredSource> {
  return { open: async ({ id }) => (await library()).open(id) }
}
