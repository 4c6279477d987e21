import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { missingFile } from './checkpoint-text.ts'

/**
 * A folder dragged or chosen in the page. Paths are taken relative to the folder that holds config.json; files
 * without a `webkitRelativePath` count as lying in it.
 */
export function browserCheckpointFiles(given: readonly File[]): CheckpointFiles {
  const paths = given.map((file) => ({ file, path: file.webkitRelativePath || file.name }))
  const config = paths
    .filter(({ path }) => /(^|\/)config\.json$/.test(path))
    .sort((a, b) => a.path.length - b.path.length)[0]
  const top = paths[0]?.path.includes('/') ? paths[0].path.replace(/\/.*$/, '/') : ''
  const folder = config ? config.path.slice(0, -'config.json'.length) : top
  const byName = new Map<string, File>()
  for (const { file, path } of paths) if (path.startsWith(folder)) byName.set(path.slice(folder.length), file)
  const name = folder.replace(/\/$/, '') || 'the chosen files'
  const files: CheckpointFiles = {
    name,
    files: [...byName.keys()],
    async size(file) {
      return find(file).size
    },
    async read(file, start, end, signal) {
      signal?.throwIfAborted()
      const bytes = await find(file)
        .slice(start, end)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw new StepscopeError(
            {
              code: 'bad-checkpoint',
              message: 'The browser cannot read the file any more',
              place: { file },
              nextStep: 'Choose the folder again.',
            },
            { cause },
          )
        })
      signal?.throwIfAborted()
      return new Uint8Array(bytes)
    },
  }
  function find(file: string): File {
    const found = byName.get(file)
    if (!found) throw missingFile(files, file)
    return found
  }
  return files
}
