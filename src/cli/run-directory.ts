import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunStore } from '../training/run/run-store.ts'

/** A training run's files in a directory: each is written beside, flushed, and then put in its place. */
export async function openRunDirectory(directory: string): Promise<RunStore> {
  await mkdir(directory, { recursive: true })
  return {
    name: directory,
    list: async () => (await readdir(directory)).filter((name) => !name.endsWith('.part')),
    read: async (name) => {
      try {
        return new Uint8Array(await readFile(join(directory, name)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    write: async (name, bytes) => {
      const part = join(directory, `${name}.part`)
      const file = await open(part, 'w')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, join(directory, name))
    },
    remove: (name) => rm(join(directory, name), { force: true }),
  }
}
