import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunStore } from '../training/run/run-store.ts'
import { fileError, PART, writeOutputFile } from './files.ts'

/** A training run's files in a directory: each is written whole or not at all. */
export async function openRunDirectory(directory: string): Promise<RunStore> {
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw fileError(directory, 'The folder cannot be made', cause)
  })
  // What a killed process left of a file; never read.
  for (const name of await readdir(directory)) {
    if (name.endsWith(PART)) await rm(join(directory, name), { force: true })
  }
  return {
    name: directory,
    list: async () => (await readdir(directory)).filter((name) => !name.endsWith(PART)),
    read: async (name) => {
      try {
        return new Uint8Array(await readFile(join(directory, name)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    write: (name, bytes) => writeOutputFile(join(directory, name), bytes),
    remove: (name) => rm(join(directory, name), { force: true }),
  }
}
