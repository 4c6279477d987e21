import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { missingFile } from '../engine/checkpoint/checkpoint-text.ts'
import type { Network } from './download-file.ts'
import type { RemoteFile } from './model-source.ts'
import { httpError, noAnswer } from './server-errors.ts'

/** First bytes that come with the question whether a file is there: a config whole, a safetensors header mostly. */
const FIRST_BYTES = 64 * 1024

/**
 * Small pieces of files on a server, to look into a checkpoint before it is fetched. A server that ignores ranges is left
 * as soon as the wanted bytes have come.
 */
export class RangeReader implements CheckpointFiles {
  readonly name: string
  readonly files: readonly string[]
  private readonly network: Network
  private readonly sizes: ReadonlyMap<string, number | null>
  private readonly starts = new Map<string, Promise<FileStart | null>>()

  constructor(baseUrl: string, files: readonly RemoteFile[], network: Network) {
    this.name = baseUrl.replace(/\/*$/, '/')
    this.files = files.map(({ name }) => name)
    this.sizes = new Map(files.map(({ name, size }) => [name, size]))
    this.network = network
  }

  async size(file: string): Promise<number> {
    return this.sizes.get(file) ?? (await this.start(file))?.size ?? Number.MAX_SAFE_INTEGER
  }

  /** Its size (null where the server does not say); undefined where there is no such file. */
  async find(file: string, signal: AbortSignal): Promise<number | null | undefined> {
    const known = await this.start(file, signal)
    return known === null ? undefined : known.size
  }

  async read(file: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const known = await this.start(file, signal)
    if (known === null) throw missingFile(this, file)
    const last = Math.min(end, known.size ?? end)
    if (last <= known.bytes.length) return known.bytes.slice(start, last)
    const response = await this.ask(file, start, last, signal)
    if (!response.ok) throw httpError(this.name + file, response.status)
    const skipped = response.status === 206 ? start : 0
    const bytes = await firstBytes(response, last - skipped)
    return bytes.slice(start - skipped)
  }

  private start(file: string, signal?: AbortSignal): Promise<FileStart | null> {
    const before = this.starts.get(file)
    if (before !== undefined) return before
    const asked = this.askStart(file, signal)
    this.starts.set(file, asked)
    asked.catch(() => this.starts.delete(file))
    return asked
  }

  private async askStart(file: string, signal?: AbortSignal): Promise<FileStart | null> {
    const response = await this.ask(file, 0, FIRST_BYTES, signal)
    if (response.status === 416) return { size: 0, bytes: new Uint8Array(0) }
    const page = response.headers.get('content-type')?.includes('text/html')
    if (response.status === 404 || response.status === 410 || page) {
      await response.body?.cancel()
      return null
    }
    if (!response.ok) throw httpError(this.name + file, response.status)
    const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]
    const length = response.headers.get('content-length')
    const bytes = await firstBytes(response, FIRST_BYTES)
    // A part shorter than asked for is the whole file.
    const short = bytes.length < FIRST_BYTES ? bytes.length : null
    const whole = response.status === 200 && length !== null ? Number(length) : null
    return { size: total === undefined ? (short ?? whole) : Number(total), bytes }
  }

  private async ask(file: string, start: number, end: number, signal?: AbortSignal): Promise<Response> {
    const url = this.name + file
    try {
      return await this.network.fetch(url, {
        headers: { Range: `bytes=${start}-${end - 1}` },
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw noAnswer(url, error)
    }
  }
}

interface FileStart {
  readonly size: number | null
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** At most `count` bytes of a body; the rest is not waited for. */
async function firstBytes(response: Response, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader()
  const parts: Uint8Array[] = []
  let have = 0
  while (reader && have < count) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    have += value.length
  }
  await reader?.cancel()
  const bytes = new Uint8Array(Math.min(have, count))
  let at = 0
  for (const part of parts) {
    bytes.set(part.subarray(0, bytes.length - at), at)
    at += Math.min(part.length, bytes.length - at)
  }
  return bytes
}
