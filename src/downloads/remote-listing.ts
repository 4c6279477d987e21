import { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { INDEX_FILE, readJson, SMALL_FILES, WEIGHTS_FILE } from '../engine/checkpoint/checkpoint-text.ts'
import { filesUrl, listHub } from '../hub/hub-client.ts'
import type { Network } from './download-file.ts'
import type { RemoteFile, RemoteSource } from './model-source.ts'
import { RangeReader } from './range-reader.ts'

/** The files of a checkpoint on a server: those that the engine reads, no more. */
export interface RemoteListing {
  readonly baseUrl: string
  /** The hub's commit that the revision stands for now: later requests ask for it, so that files cannot be mixed. */
  readonly commit: string | null
  readonly files: readonly RemoteFile[]
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

/** Asks the server what there is. @throws StepscopeError `not-found`, `bad-checkpoint` */
export function listRemote(source: RemoteSource, network: Network, signal: AbortSignal): Promise<RemoteListing> {
  return source.kind === 'hub' ? listModel(source, network, signal) : listFolder(source.url, network, signal)
}

async function listModel(
  model: RemoteSource & { kind: 'hub' },
  network: Network,
  signal: AbortSignal,
): Promise<RemoteListing> {
  const { commit, files } = await listHub(model, network.fetch, signal)
  const all = files.map(({ path, size, sha256 }) => ({ name: path, size, sha256 }))
  return choose(filesUrl(model.repo, commit), commit, all, network, signal)
}

/** A plain folder cannot be listed: the usual names are tried. */
async function listFolder(url: string, network: Network, signal: AbortSignal): Promise<RemoteListing> {
  const reader = new RangeReader(url, [], network)
  const present = async (name: string): Promise<RemoteFile[]> => {
    const size = await reader.find(name, signal)
    return size === undefined ? [] : [{ name, size, sha256: null }]
  }
  const all = (await Promise.all([...SMALL_FILES, WEIGHTS_FILE].map(present))).flat()
  if (!all.some(({ name }) => name === WEIGHTS_FILE)) all.push(...(await present(INDEX_FILE)))
  return choose(url, null, all, network, signal)
}

async function choose(
  baseUrl: string,
  commit: string | null,
  all: readonly RemoteFile[],
  network: Network,
  signal: AbortSignal,
): Promise<RemoteListing> {
  const byName = new Map(all.map((file) => [file.name, file]))
  const names = SMALL_FILES.filter((name) => byName.has(name))
  if (byName.has(WEIGHTS_FILE)) names.push(WEIGHTS_FILE)
  else if (byName.has(INDEX_FILE)) {
    const index = indexSchema.safeParse(await readJson(new RangeReader(baseUrl, all, network), INDEX_FILE, signal))
    const shards = index.success ? [...new Set(Object.values(index.data.weight_map))].sort() : []
    for (const shard of shards) {
      // Names become file names here: nothing that could lead elsewhere.
      if (!/^[\w][\w.-]*\.safetensors$/.test(shard)) throw badShard(shard)
    }
    names.push(INDEX_FILE, ...shards)
  } else throw noWeights(baseUrl, all)
  if (!byName.has('config.json')) throw noWeights(baseUrl, all)
  const files = names.map((name) => byName.get(name) ?? { name, size: null, sha256: null })
  return { baseUrl, commit, files }
}

function noWeights(baseUrl: string, all: readonly RemoteFile[]): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: 'This is not a checkpoint that the engine reads',
    expected: 'config.json and model.safetensors, or model.safetensors.index.json with its parts',
    found:
      all.length === 0
        ? 'none of them'
        : all
            .map(({ name }) => name)
            .slice(0, 12)
            .join(', '),
    place: { file: baseUrl },
    nextStep: 'Take a repository or folder with safetensors weights at its top.',
  })
}

function badShard(name: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The index names a file that is not beside it',
    found: name.slice(0, 80),
    place: { file: INDEX_FILE },
    nextStep: 'Take a repository with safetensors weights at its top.',
  })
}
