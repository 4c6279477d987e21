import { browserCheckpointFiles } from '../../engine/checkpoint/checkpoint-files-browser.ts'
import type { ModelProvider } from './model-provider.ts'
import { describeFiles } from './model-provider.ts'

/** A folder that was dragged in, or chosen; it stays in this browser. */
export interface FolderSource {
  readonly kind: 'folder'
  readonly id: string
  readonly files: readonly File[]
}

export const folderProvider: ModelProvider<FolderSource> = {
  open: async ({ files }) => ({ files: browserCheckpointFiles(files), release: () => {} }),
  identify: ({ files, ...named }) => [named, describeFiles(files)],
}
