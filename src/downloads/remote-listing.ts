import { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { INDEX_FILE, readJson, SMALL_FILES, WEIGHTS_FILE } from '../engine/checkpoint/checkpoint-text.ts'
import type { Network } from './download-file.ts'
import type { RemoteFile, RemoteSource } from './model-source.ts'
import { HUB } from './model-source.ts'
import { RangeReader } from './range-reader.ts'
import { httpError, noAnswer } from './server-errors.ts'

/** The files of a checkpoint on a server: those that the engine reads, no more. */
export interface RemoteListing {
  readonly baseUrl: string
  /** The hub's commit that the revision stands for now: later requests ask for it, so that files cannot be mixed. */
  readonly commit: string | null
  readonly files: readonly RemoteFile[]
}

/** A listing of more pages is no model. */
const MOST_PAGES = 50

const infoSchema = z.looseObject({ sha: z.string().regex(/^[0-9a-f]{40}$/) })
const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative().optional(),
    lfs: z.looseObject({ oid: z.string(), size: z.number().int().nonnegative() }).nullish(),
  }),
)
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

/** Asks the server what there is. @throws StepscopeError `not-found`, `bad-checkpoint` */
export function listRemote(source: RemoteSource, network: Network, signal: AbortSignal): Promise<RemoteListing> {
  return source.kind === 'hub' ? listHub(source, network, signal) : listFolder(source.url, network, signal)
}

/**
 * The hub's API: `/api/models/{repo}/revision/{revision}` names the commit, `/api/models/{repo}/tree/{commit}` lists the
 * files with sizes and, for those in the large-file store, their SHA-256 (`lfs.oid`).
 */
async function listHub(
  { repo, revision }: RemoteSource & { kind: 'hub' },
  network: Network,
  signal: AbortSignal,
): Promise<RemoteListing> {
  const api = `${HUB}/api/models/${repo}`
  const info = infoSchema.safeParse(
    (await askJson(`${api}/revision/${encodeURIComponent(revision)}`, network, signal)).json,
  )
  if (!info.success) throw strange(api)
  const { sha } = info.data
  const found: z.infer<typeof treeSchema> = []
  let next: string | null = `${api}/tree/${sha}?recursive=true`
  for (let page = 0; next !== null && page < MOST_PAGES; page++) {
    const answer: { json: unknown; link: string | null } = await askJson(next, network, signal)
    const tree = treeSchema.safeParse(answer.json)
    if (!tree.success) throw strange(next)
    found.push(...tree.data)
    next = nextPage(answer.link)
  }
  if (next !== null) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The hub lists more files than a model has',
      expected: `at most ${MOST_PAGES} pages`,
      found: `${found.length} files, and more`,
      place: { file: repo },
      nextStep: 'Give a repository that holds one model.',
    })
  }
  const all = found
    .filter(({ type }) => type === 'file')
    .map(({ path, size, lfs }) => ({
      name: path,
      size: lfs?.size ?? size ?? null,
      sha256: lfs && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : null,
    }))
  return choose(`${HUB}/${repo}/resolve/${sha}/`, sha, all, network, signal)
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

async function askJson(
  url: string,
  network: Network,
  signal: AbortSignal,
): Promise<{ json: unknown; link: string | null }> {
  let response: Response
  try {
    response = await network.fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' })
  } catch (error) {
    signal.throwIfAborted()
    throw noAnswer(url, error)
  }
  if (!response.ok) throw httpError(url, response.status)
  const json: unknown = await response.json().catch(() => undefined)
  return { json, link: response.headers.get('link') }
}

/**
 * RFC 8288: `<https://…>; rel="next"`, among other links and with other parameters.
 * @throws StepscopeError `not-found` where the next page leads nowhere, or elsewhere
 */
function nextPage(link: string | null): string | null {
  if (link === null || !/\bnext\b/i.test(link)) return null
  const links = [...link.matchAll(/<([^>]*)>([^<]*)/g)]
  const address = links.find(([, , parameters = '']) => /;\s*rel\s*=\s*["']?[^"';,]*\bnext\b/i.test(parameters))?.[1]
  // The list goes on where it began: half of it would pass for a model without its other files.
  if (!address || !URL.canParse(address, HUB) || new URL(address, HUB).origin !== HUB) throw strange(link.slice(0, 80))
  return new URL(address, HUB).href
}

function strange(url: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'The hub’s answer cannot be read',
    place: { file: url },
    nextStep: 'Try again later, or download the folder yourself and choose it.',
  })
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
