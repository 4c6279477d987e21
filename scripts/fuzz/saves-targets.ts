import { readdirSync, readFileSync } from 'node:fs'
import { readJsonText } from '../../src/core/json.ts'
import { readSave } from '../../src/training/run/saves.ts'
import { memoryStore } from '../../src/training/testing/memory-store.ts'
import { MemoryRunFolders } from '../../src/worker/training/testing/memory-run-folders.ts'
import { readEntries } from '../../src/worker/training/training-log.ts'
import { readRecord } from '../../src/worker/training/training-record.ts'
import type { FileKind } from './mutate.ts'
import type { Target } from './target.ts'

const SAVE = 'tests/fixtures/earlier/training/save'
const NOTES = 'tests/fixtures/earlier/training/notes'
const bytesOf = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path))

function save(name: string, file: string, kind: FileKind): Target {
  return {
    name,
    kind,
    sample: () => bytesOf(`${SAVE}/${file}`),
    read: async (bytes) => {
      const files = new Map(readdirSync(SAVE).map((other) => [other, bytesOf(`${SAVE}/${other}`)]))
      return readSave(memoryStore(files.set(file, bytes)))
    },
    // What is no manifest is hashed in it.
    silent: (bytes, found) => {
      const { step, version, files } = readJsonText(new TextDecoder().decode(manifest(file, bytes)), { place: {} }) as {
        step?: unknown
        version?: unknown
        files?: Record<string, unknown>
      }
      if (found === null) return 'no save was found, and nothing said'
      if (file !== MANIFEST)
        return Buffer.from(bytes).equals(readFileSync(`${SAVE}/${file}`)) ? null : 'another file was read'
      if (version !== 1 || step !== 3) return 'another version or step was read'
      const parts = ['weights.safetensors', 'first.safetensors', 'second.safetensors', 'history.json']
      return parts.every((part) => typeof files?.[`save-00000003.${part}`] === 'string') ? null : 'files are missing'
    },
  }
}

const MANIFEST = 'save-00000003.json'
const manifest = (file: string, bytes: Uint8Array): Uint8Array =>
  file === MANIFEST ? bytes : bytesOf(`${SAVE}/${MANIFEST}`)

async function notes(file: string, bytes: Uint8Array<ArrayBuffer>) {
  const folder = new MemoryRunFolders().part('a', 'notes')
  await folder.write(file, bytes)
  return folder
}

/** What training writes to go on from, and what it tells. */
export const savesTargets: readonly Target[] = [
  save('training save', MANIFEST, 'json'),
  save('training history', 'save-00000003.history.json', 'json'),
  save('training weights', 'save-00000003.weights.safetensors', 'safetensors'),
  {
    name: 'training record',
    kind: 'json',
    sample: () => bytesOf(`${NOTES}/run.json`),
    read: async (bytes) => readRecord(await notes('run.json', bytes)),
  },
  {
    name: 'training log',
    kind: 'jsonl',
    sample: () =>
      new TextEncoder().encode(readFileSync(`${NOTES}/log.jsonl`, 'utf8').replace(/\n+/g, '\n').trimStart()),
    read: async (bytes) => readEntries(await notes('log.jsonl', bytes)),
  },
]
