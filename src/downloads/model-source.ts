import { StepscopeError } from '../core/errors.ts'
import { HUB } from '../hub/hub-client.ts'

/** Where a person asked a model to come from. */
export type RemoteSource =
  | { readonly kind: 'hub'; readonly repo: string; readonly revision: string }
  | { readonly kind: 'url'; readonly url: string }

export interface RemoteFile {
  readonly name: string
  /** Null where only the file's own request will tell. */
  readonly size: number | null
  /** SHA-256 in hex, where the hub lists one (files in its large-file store). */
  readonly sha256: string | null
}

const PART = /^[\w][\w.-]{0,95}$/

/**
 * What a person typed: `owner/name`, an address on the hub, or the address of a folder elsewhere.
 * @throws StepscopeError `bad-setting` where it is neither
 */
export function readRemoteSource(text: string, revision: string): RemoteSource {
  const typed = text.trim()
  const wanted = revision.trim()
  if (/^https?:\/\//i.test(typed)) {
    const url = parseUrl(typed)
    if (url.origin !== HUB) {
      // A file of the folder stands for the folder.
      const folder = url.pathname.replace(/\/[^/]+\.(json|safetensors)$/, '/').replace(/\/*$/, '/')
      return { kind: 'url', url: `${url.origin}${folder}` }
    }
    const [owner = '', name = '', view, ...rest] = url.pathname.split('/').filter((part) => part !== '')
    const named = view === 'tree' || view === 'blob' || view === 'resolve' ? rest[0] : undefined
    return hub(`${owner}/${name}`, wanted || decoded(named ?? '', typed), typed)
  }
  return hub(typed, wanted, typed)
}

function hub(repo: string, revision: string, typed: string): RemoteSource {
  const parts = repo.split('/')
  const fits = parts.length === 2 && parts.every((part) => PART.test(part))
  if (!fits) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'This is neither a model id nor an address',
      expected: 'owner/name as on the hub, or https://… of a folder with config.json',
      found: typed === '' ? 'nothing' : typed.slice(0, 80),
    })
  }
  return { kind: 'hub', repo, revision: revision === '' ? 'main' : revision }
}

function decoded(part: string, typed: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The revision in this address cannot be read',
      expected: 'a name, in which % stands before two hexadecimal digits of UTF-8',
      found: part.slice(0, 80),
      place: { field: typed.slice(0, 80) },
    })
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new StepscopeError({ code: 'bad-setting', message: 'This is not an address', found: text.slice(0, 80) })
  }
}

/** Id of the model in pickers, links and runs. */
export function remoteId(source: RemoteSource): string {
  if (source.kind === 'hub') return source.revision === 'main' ? source.repo : `${source.repo}@${source.revision}`
  return source.url.replace(/^https?:\/\//, '').replace(/\/$/, '')
}

/** The host that the first request goes to. */
export function hostOf(source: RemoteSource): string {
  return new URL(source.kind === 'hub' ? HUB : source.url).host
}
