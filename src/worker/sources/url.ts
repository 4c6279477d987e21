import { openUrlCheckpoint } from '../../engine/checkpoint/checkpoint-files-url.ts'
import type { ModelProvider } from './model-provider.ts'

/** A folder on a server, read over the network at every load, by range. */
export interface UrlSource {
  readonly kind: 'url'
  readonly id: string
  readonly baseUrl: string
  readonly files: readonly string[]
}

export const urlProvider: ModelProvider<UrlSource> = {
  open: async ({ baseUrl, files }, signal) => ({
    files: await openUrlCheckpoint({ baseUrl, files, signal }),
    release: () => {},
  }),
}
