import { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { isWebPage } from '../core/web-answer.ts'

export const HUB = 'https://huggingface.co'

/** A repository of models at a branch, tag or commit. */
export interface HubModel {
  /** `owner/name` */
  readonly repo: string
  readonly revision: string
}

export interface HubFile {
  readonly path: string
  /** Null where the hub does not say. */
  readonly size: number | null
  /** SHA-256 in hex, of files in the large-file store. */
  readonly sha256: string | null
}

/** What a revision holds now: later requests are of exactly this commit, so that files cannot be mixed. */
export interface HubListing {
  readonly commit: string
  readonly files: readonly HubFile[]
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** A listing of more pages is no model. */
const MOST_PAGES = 50

const infoSchema = z.looseObject({ sha: z.string().regex(/^[0-9a-f]{8,64}$/) })
const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative().optional(),
    lfs: z.looseObject({ oid: z.string(), size: z.number().int().nonnegative() }).nullish(),
  }),
)

export const revisionUrl = ({ repo, revision }: HubModel): string =>
  `${HUB}/api/models/${repo}/revision/${encodeURIComponent(revision)}`

/** The folder of a commit's files. */
export const filesUrl = (repo: string, commit: string): string => `${HUB}/${repo}/resolve/${commit}/`

/**
 * Asks the hub's API what a revision holds: `/api/models/{repo}/revision/{revision}` names the commit,
 * `/api/models/{repo}/tree/{commit}` lists the files, page by page.
 * @throws StepscopeError `not-found` with what the hub answered, `bad-checkpoint` where the list has no end
 */
export async function listHub(model: HubModel, fetch: Fetch, signal?: AbortSignal): Promise<HubListing> {
  const { sha: commit } = await read(
    infoSchema,
    await askHub(revisionUrl(model), model, fetch, signal),
    revisionUrl(model),
  )
  const found: z.infer<typeof treeSchema> = []
  let next: string | null = `${HUB}/api/models/${model.repo}/tree/${commit}?recursive=true`
  for (let page = 0; next !== null && page < MOST_PAGES; page++) {
    const response = await askHub(next, model, fetch, signal)
    found.push(...(await read(treeSchema, response, next)))
    next = nextPage(response.headers.get('link'))
  }
  if (next !== null) {
    throw new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The hub lists more files than a model has',
      expected: `at most ${MOST_PAGES} pages`,
      found: `${found.length} files, and more`,
      place: { file: model.repo },
      nextStep: 'Give a repository that holds one model.',
    })
  }
  const files = found
    .filter(({ type }) => type === 'file')
    .map(({ path, size, lfs }) => ({
      path,
      size: lfs?.size ?? size ?? null,
      sha256: lfs && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : null,
    }))
  return { commit, files }
}

/** A request to the hub, its refusals as errors for people. @throws StepscopeError `not-found` */
export async function askHub(
  url: string,
  { repo, revision }: HubModel,
  fetch: Fetch,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new StepscopeError(
      {
        code: 'not-found',
        message: 'The hub cannot be reached',
        expected: new URL(HUB).host,
        found: 'no answer',
        place: { file: url },
        nextStep: 'Check the connection. Models fetched before work without one.',
      },
      { cause },
    )
  }
  if (response.ok && isWebPage(response.headers, url)) {
    await response.body?.cancel()
    throw new StepscopeError({
      code: 'not-found',
      message: 'Something else answers in place of the hub',
      expected: new URL(HUB).host,
      found: 'a web page',
      place: { file: url },
      nextStep: 'This network may ask for a login: open any page, log in, and try again.',
    })
  }
  if (response.ok) return response
  const [message, nextStep] = REFUSALS[response.status] ?? ['The hub refused the request', 'Try again later.']
  throw new StepscopeError({
    code: 'not-found',
    message,
    expected: `${repo} at ${revision}`,
    found: `HTTP ${response.status} ${response.headers.get('x-error-message') ?? response.statusText}`.trim(),
    place: { file: url },
    nextStep,
  })
}

const REFUSALS: Readonly<Record<number, readonly [message: string, nextStep: string]>> = {
  401: [
    'The hub shows no such model to visitors: it does not exist, or is private or gated',
    'Check the name, or download it with your account and use the folder.',
  ],
  403: ['The model is gated: its owner asks for an agreement', 'Download it with your account and use the folder.'],
  404: ['The hub has no such model, revision or file', 'Check the name and the revision.'],
  429: ['The hub asks to slow down', 'Try again in a few minutes.'],
}

/** A JSON answer of the hub's API. @throws StepscopeError where it is something else */
async function read<T>(schema: z.ZodType<T>, response: Response, url: string): Promise<T> {
  const parsed = schema.safeParse(await response.json().catch(() => null))
  if (parsed.success) return parsed.data
  throw unreadable(url, 'another answer')
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
  if (!address || !URL.canParse(address, HUB) || new URL(address, HUB).origin !== HUB)
    throw unreadable(HUB, link.slice(0, 80))
  return new URL(address, HUB).href
}

function unreadable(url: string, found: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'The hub’s answer cannot be read',
    expected: 'a list of files, as JSON',
    found,
    place: { file: url },
    nextStep: 'Try again later, or download the folder yourself and choose it.',
  })
}
