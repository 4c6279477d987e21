import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { TuningMemory } from './autotune.ts'

/** Measured choices in a JSON file, in the user's cache folder unless another is named. */
export function openTuningMemory(file = join(cacheFolder(), 'stepscope', 'tuning.json')): TuningMemory {
  const read = async (): Promise<Record<string, unknown>> => {
    try {
      const found: unknown = JSON.parse(await readFile(file, 'utf8'))
      return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {}
    } catch {
      // Missing or damaged: measured again.
      return {}
    }
  }
  return {
    async get(key) {
      const value = (await read())[key]
      return typeof value === 'string' ? value : null
    },
    async set(key, value) {
      await mkdir(dirname(file), { recursive: true })
      const whole = `${file}.${process.pid}`
      await writeFile(whole, JSON.stringify({ ...(await read()), [key]: value }, null, 2))
      await rename(whole, file)
    },
  }
}

function cacheFolder(): string {
  return process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
}
