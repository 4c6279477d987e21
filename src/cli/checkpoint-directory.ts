import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StepscopeError } from '../core/errors.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { inFolder } from '../engine/checkpoint/checkpoint-files.ts'
import { missingFile } from '../engine/checkpoint/checkpoint-text.ts'
import { fileError } from './files.ts'

/**
 * The files of a checkpoint directory.
 * @throws StepscopeError `not-found` where there is no such directory
 */
export async function openCheckpointDirectory(directory: string): Promise<CheckpointFiles> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    const nextStep = 'Give the path of a Hugging Face folder with config.json, tokenizer.json and model.safetensors.'
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      const message = `There is no directory ${directory}`
      throw new StepscopeError({ code: 'not-found', message, nextStep }, { cause })
    }
    throw new StepscopeError(
      { ...fileError(directory, 'The folder cannot be read', cause).details, nextStep },
      { cause },
    )
  })
  const folder: CheckpointFiles = {
    name: directory,
    files: entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name),
    async size(file) {
      if (!folder.files.includes(file)) throw missingFile(folder, file)
      return (await stat(join(directory, file))).size
    },
    async read(file, start, end, signal) {
      signal?.throwIfAborted()
      if (!folder.files.includes(file)) throw missingFile(folder, file)
      const handle = await open(join(directory, file))
      try {
        const bytes = new Uint8Array(end - start)
        let filled = 0
        while (filled < bytes.length) {
          signal?.throwIfAborted()
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
          if (bytesRead === 0) break
          filled += bytesRead
        }
        return filled === bytes.length ? bytes : bytes.slice(0, filled)
      } finally {
        await handle.close()
      }
    },
  }
  return folder
}

/** Reads a model from a directory. Errors name its files by their path. */
export async function fromFolder<T>(directory: string, read: (files: CheckpointFiles) => Promise<T>): Promise<T> {
  const files = await openCheckpointDirectory(directory)
  return inFolder(files, () => read(files))
}
