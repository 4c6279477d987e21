import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import { connectionTrouble } from '../../core/foreign-errors.ts'
import { isWebPage } from '../../core/web-answer.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { INDEX_FILE, missingFile, SMALL_FILES, WEIGHTS_FILE } from './checkpoint-text.ts'

export interface UrlCheckpointOptions {
  /** Folder, with or without a slash at its end. */
  readonly baseUrl: string
  /** File names in the folder; the usual names are tried where they are not given. */
  readonly files?: readonly string[]
  /** Asks for the beginnings of all `files` at once: for small models, of which every file is read. */
  readonly eager?: boolean
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** Waits before a request is tried again. */
  readonly wait?: (ms: number) => Promise<void>
  readonly signal?: AbortSignal
}

/** A file of at most this size comes with the first request and is kept. */
const FIRST_BYTES = 4 * 1024 * 1024
const TRIES = 3
const RETRY_MS = 250

const USUAL_FILES = [...SMALL_FILES, WEIGHTS_FILE]
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

interface Known {
  readonly size: number
  /** Leading bytes, or all where the server ignores ranges. */
  readonly head: Uint8Array<ArrayBuffer>
}

/**
 * A checkpoint folder on a web server, read by range requests where the server knows them and whole where it does not.
 * @throws StepscopeError `not-found` where the server cannot be reached
 */
export async function openUrlCheckpoint(options: UrlCheckpointOptions): Promise<CheckpointFiles> {
  const remote = new RemoteFolder(options)
  if (options.files) {
    if (options.eager) for (const file of options.files) remote.prefetch(file, options.signal)
    return remote.as(options.files)
  }
  const present: string[] = []
  const found = await Promise.all(USUAL_FILES.map((file) => remote.exists(file, options.signal)))
  present.push(...USUAL_FILES.filter((_, index) => found[index]))
  if (!present.includes(WEIGHTS_FILE) && (await remote.exists(INDEX_FILE, options.signal))) {
    const text = new TextDecoder().decode(await remote.read(INDEX_FILE, 0, Number.POSITIVE_INFINITY, options.signal))
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      json = null
    }
    const index = indexSchema.safeParse(json)
    // A broken index is reported by whoever reads the weights.
    present.push(INDEX_FILE, ...(index.success ? new Set(Object.values(index.data.weight_map)) : []))
  }
  return remote.as(present)
}

class RemoteFolder {
  private readonly base: string
  private readonly fetch: NonNullable<UrlCheckpointOptions['fetch']>
  private readonly wait: NonNullable<UrlCheckpointOptions['wait']>
  private readonly known = new Map<string, Promise<Known | null>>()

  constructor(options: UrlCheckpointOptions) {
    this.base = options.baseUrl.replace(/\/*$/, '/')
    this.fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
    this.wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
  }

  as(files: readonly string[]): CheckpointFiles {
    const folder: CheckpointFiles = {
      name: this.base,
      files,
      size: async (file) => {
        const known = await this.open(file)
        if (!known) throw missingFile(folder, file)
        return known.size
      },
      read: async (file, start, end, signal) => {
        if (!(await this.open(file, signal))) throw missingFile(folder, file)
        return this.read(file, start, end, signal)
      },
    }
    return folder
  }

  /** What fails is asked for again by whoever reads the file. */
  prefetch(file: string, signal?: AbortSignal): void {
    this.open(file, signal).catch(() => {})
  }

  async exists(file: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.open(file, signal)) !== null
  }

  async read(file: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted()
    const known = await this.open(file, signal)
    if (!known) throw this.failed(file, 'the file is not there')
    const last = Math.min(end, known.size)
    if (last <= known.head.length) return known.head.slice(start, last)
    const response = await this.request(file, start, last, signal)
    const bytes = new Uint8Array(await response.arrayBuffer())
    return response.status === 206 ? bytes : bytes.slice(start, last)
  }

  /** Size and first bytes; asked for once, again only where that failed. */
  private open(file: string, signal?: AbortSignal): Promise<Known | null> {
    const before = this.known.get(file)
    if (before !== undefined) return before
    const opening = this.openOnce(file, signal)
    this.known.set(file, opening)
    opening.catch(() => this.known.delete(file))
    return opening
  }

  private async openOnce(file: string, signal?: AbortSignal): Promise<Known | null> {
    const response = await this.request(file, 0, FIRST_BYTES, signal)
    if (response.status === 404 || response.status === 410) return null
    if (response.status === 416) return { size: 0, head: new Uint8Array(0) }
    // A single-page server answers a missing file with its page.
    if (isWebPage(response.headers, file)) {
      await response.body?.cancel()
      return null
    }
    const head = new Uint8Array(await response.arrayBuffer())
    const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
    return { size: response.status === 206 && total !== undefined ? Number(total) : head.length, head }
  }

  /** Bytes start … end − 1, tried again where the network or the server fails. */
  private async request(file: string, start: number, end: number, signal?: AbortSignal): Promise<Response> {
    const init: RequestInit = { headers: { Range: `bytes=${start}-${end - 1}` }, ...(signal ? { signal } : {}) }
    for (let attempt = 1; ; attempt++) {
      let problem: string
      try {
        const response = await this.fetch(this.base + file, init)
        if (response.ok || [404, 410, 416].includes(response.status)) return response
        problem = `the server answers ${response.status} ${response.statusText}`.trim()
        if (response.status < 500 && response.status !== 429) throw this.failed(file, problem)
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof StepscopeError) throw error
        problem = connectionTrouble(error)
      }
      if (attempt === TRIES) throw this.failed(file, problem)
      await this.wait(RETRY_MS * 2 ** (attempt - 1))
    }
  }

  private failed(file: string, problem: string): StepscopeError {
    return new StepscopeError({
      code: 'not-found',
      message: `The file could not be read: ${problem}`,
      place: { file: this.base + file },
      nextStep: 'Check the connection and try again.',
    })
  }
}
