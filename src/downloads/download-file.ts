import { StepscopeError } from '../core/errors.ts'
import { connectionTrouble } from '../core/foreign-errors.ts'
import { storageFailure } from '../core/storage-failure.ts'
import { untilAborted } from '../core/until-aborted.ts'
import { isWebPage } from '../core/web-answer.ts'
import type { Sha256 } from '../engine/checkpoint/sha256.ts'
import { createSha256 } from '../engine/checkpoint/sha256.ts'
import type { FileWriter } from './file-store.ts'
import { httpError } from './server-errors.ts'

/** What tells whether the file on the server is still the one that a part of was fetched. */
export interface Validator {
  readonly etag: string | null
  readonly lastModified: string | null
}

/** What a download needs from its surroundings. */
export interface Network {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Waits before a request is tried again. */
  readonly wait: (ms: number) => Promise<void>
  /** Origin of the page; conditional requests to others would need a preflight that mirrors behind redirects refuse. */
  readonly origin: string | null
  /** A connection that brings nothing for this long is given up and tried again. */
  readonly stallMs?: number
}

export interface FileDownload {
  /** Name for messages. */
  readonly name: string
  readonly url: string
  /** As the hub lists it; null where it is not known before. */
  readonly size: number | null
  /** As the hub lists it: 64 hex digits. */
  readonly sha256: string | null
  /** Of the bytes that are there already. */
  readonly validator: Validator | null
  readonly writer: FileWriter
  readonly signal: AbortSignal
  /** Before the first byte of another version of the file is kept. */
  readonly onVersion: (validator: Validator) => Promise<void>
  /** Bytes that are there, and in all. */
  readonly onBytes: (loadedBytes: number, totalBytes: number | null) => void
}

/** Tries in a row that bring no byte. */
const TRIES = 5
const RETRY_MS = 500
const MOST_WAIT_MS = 30_000
const STALL_MS = 45_000
/** A file that changes this often while it is fetched is given up. */
const RESTARTS = 3
const REHASH_BYTES = 8 * 1024 * 1024
/** A crash of the browser loses no more than this of what was fetched. */
const FLUSH_BYTES = 64 * 1024 * 1024

/**
 * Completes one file from where its part ends: asks for the missing range only, writes bytes as they come, and returns
 * size and SHA-256 of the whole. A file that changed on the server, or a server that ignores ranges, starts it over.
 * @throws StepscopeError `not-found` (network, status), `bad-file` (hash or size differ; the part is emptied), `cancelled`
 */
export async function downloadFile(
  given: FileDownload,
  network: Network,
): Promise<{ readonly size: number; readonly sha256: string }> {
  const file = new PartFile(given, await createSha256())
  let failures = 0
  let restarts = 0
  let total = given.size
  for (;;) {
    throwIfCancelled(given.signal)
    if (total !== null && file.have === total) break
    if (total !== null && file.have > total) file.startOver()
    const before = file.have
    try {
      const answer = await ask(given, network, file)
      if (answer.kind === 'complete') break
      if (answer.kind === 'changed') {
        if (++restarts > RESTARTS) throw changing(given)
        file.startOver()
        continue
      }
      total = answer.total ?? total
      await receive(given, file, answer, total)
      if (total === null) break
      if (file.have < total) throw new Interrupted('the connection ended early')
    } catch (error) {
      throwIfCancelled(given.signal)
      if (!(error instanceof Interrupted)) throw error
      failures = file.have > before ? 1 : failures + 1
      if (failures >= TRIES) throw unreachable(given, error.message)
      await network.wait(Math.min(MOST_WAIT_MS, error.afterMs ?? RETRY_MS * 2 ** (failures - 1)))
    }
  }
  given.writer.flush()
  if (given.size !== null && file.have !== given.size) {
    const { have } = file
    given.writer.truncate(0)
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The downloaded file has another size than the server listed',
      expected: `${given.size} bytes`,
      found: `${have} bytes`,
      place: { file: given.name },
      nextStep: 'Fetch it again; the other files stay.',
    })
  }
  const found = file.hash.hex()
  if (given.sha256 !== null && found !== given.sha256) {
    given.writer.truncate(0)
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The downloaded file is not the one that the hub lists',
      expected: `SHA-256 ${given.sha256.slice(0, 16)}…`,
      found: `${found.slice(0, 16)}…`,
      place: { file: given.name },
      nextStep: 'Fetch it again; the other files stay.',
    })
  }
  return { size: file.have, sha256: found }
}

/** The part that is there, and the running hash over it. */
class PartFile {
  readonly hash: Sha256
  have = 0
  validator: Validator | null
  private flushed = 0
  private readonly writer: FileWriter

  constructor({ writer, validator }: FileDownload, hash: Sha256) {
    this.hash = hash
    this.writer = writer
    this.validator = validator
    // Read back rather than remembered: the hash then speaks of the bytes that are really there.
    for (const size = writer.size(); this.have < size; ) {
      const bytes = writer.read(this.have, Math.min(size, this.have + REHASH_BYTES))
      if (bytes.length === 0) break
      this.hash.update(bytes)
      this.have += bytes.length
    }
  }

  add(bytes: Uint8Array<ArrayBuffer>): void {
    this.writer.write(bytes, this.have)
    this.hash.update(bytes)
    this.have += bytes.length
    if (this.have - this.flushed < FLUSH_BYTES) return
    this.writer.flush()
    this.flushed = this.have
  }

  startOver(): void {
    this.writer.truncate(0)
    this.hash.reset()
    this.have = 0
    this.flushed = 0
    this.validator = null
  }
}

type Answer =
  | { readonly kind: 'complete' }
  | { readonly kind: 'changed' }
  | {
      readonly kind: 'bytes'
      readonly total: number | null
      readonly body: ReadableStream<Uint8Array<ArrayBuffer>>
      readonly stop: () => void
      readonly alive: () => void
    }

/** A try that may be repeated. */
class Interrupted extends Error {
  readonly afterMs: number | null

  constructor(message: string, afterMs: number | null = null) {
    super(message)
    this.afterMs = afterMs
  }
}

async function ask(given: FileDownload, network: Network, file: PartFile): Promise<Answer> {
  // An open range even from 0: browsers then ask for the bytes as they are, not compressed.
  const headers: Record<string, string> = { Range: `bytes=${file.have}-` }
  const strong = file.validator?.etag?.startsWith('"') ? file.validator.etag : file.validator?.lastModified
  if (file.have > 0 && strong && new URL(given.url).origin === network.origin) headers['If-Range'] = strong
  const watch = stallWatch(given.signal, network.stallMs ?? STALL_MS)
  let response: Response
  try {
    response = await network.fetch(given.url, {
      headers,
      signal: watch.signal,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    })
  } catch (error) {
    watch.end()
    throw new Interrupted(connectionTrouble(error))
  }
  const stop = (): void => {
    watch.end()
    void response.body?.cancel().catch(() => {})
  }
  const { status } = response
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  const rangeTotal = range?.[2] === undefined || range[2] === '*' ? null : Number(range[2])
  if (status === 416) {
    stop()
    const total = rangeTotal ?? given.size
    return (total ?? file.have) === file.have ? { kind: 'complete' } : { kind: 'changed' }
  }
  if (status !== 200 && status !== 206) {
    stop()
    throw refused(given, response)
  }
  const validator: Validator = {
    etag: response.headers.get('etag'),
    lastModified: response.headers.get('last-modified'),
  }
  if (isWebPage(response.headers, given.name)) {
    stop()
    throw new StepscopeError({
      code: 'not-found',
      message: 'The server answers with a web page instead of the file',
      place: { file: given.url },
      nextStep: 'Check the address; it may ask for a login.',
    })
  }
  // Content-Range may be hidden from other origins; the length of the rest is not.
  const length = response.headers.get('content-length')
  const coded = response.headers.get('content-encoding') !== null
  const rest = length === null || coded ? null : Number(length)
  const partial = status === 206
  const total = given.size ?? rangeTotal ?? (rest === null ? null : partial ? file.have + rest : rest)
  if (file.have > 0) {
    const from = range?.[1] === undefined ? file.have : Number(range[1])
    const sizeDiffers = rangeTotal !== null && given.size !== null && rangeTotal !== given.size
    if (partial && (differs(file.validator, validator) || from !== file.have || sizeDiffers)) {
      stop()
      return { kind: 'changed' }
    }
    // The whole file: the server ignores ranges, or it changed. Its bytes from 0 replace the part.
    if (!partial) file.startOver()
  }
  if (file.validator === null || file.have === 0) {
    file.validator = validator
    await given.onVersion(validator)
  }
  const body = response.body as ReadableStream<Uint8Array<ArrayBuffer>> | null
  if (!body) throw new Interrupted('the answer has no body')
  return { kind: 'bytes', total, body, stop, alive: watch.alive }
}

async function receive(
  given: FileDownload,
  file: PartFile,
  answer: Answer & { kind: 'bytes' },
  total: number | null,
): Promise<void> {
  const reader = answer.body.getReader()
  given.onBytes(file.have, total)
  try {
    for (;;) {
      let next: ReadableStreamReadResult<Uint8Array<ArrayBuffer>> | null
      try {
        // Node's streams may never answer a read after an abort, so it is not left to them.
        next = await untilAborted(reader.read(), given.signal)
      } catch (error) {
        throw new Interrupted(connectionTrouble(error))
      }
      throwIfCancelled(given.signal)
      if (next === null || next.done) return
      answer.alive()
      if (total !== null && file.have + next.value.length > total) {
        file.startOver()
        throw new StepscopeError({
          code: 'bad-file',
          message: 'The server sends more than the file’s size',
          expected: `${total} bytes`,
          place: { file: given.name },
          nextStep: 'Fetch it again; the other files stay.',
        })
      }
      try {
        file.add(next.value)
      } catch (cause) {
        throw new StepscopeError(
          {
            code: 'storage',
            message: storageFailure('Writing the file', cause)?.message ?? 'The file could not be written',
            place: { file: given.name },
            nextStep: 'Free space on this device, then resume: what is fetched stays.',
          },
          { cause },
        )
      }
      given.onBytes(file.have, total)
      throwIfCancelled(given.signal)
    }
  } finally {
    void reader.cancel().catch(() => {})
    answer.stop()
  }
}

/** Aborts with the given signal, or when nothing came for a while. */
function stallWatch(signal: AbortSignal, ms: number): { signal: AbortSignal; alive: () => void; end: () => void } {
  const controller = new AbortController()
  const stalled = () => controller.abort(new Error(`nothing came for ${Math.round(ms / 1000)} s`))
  const cancelled = () => controller.abort(signal.reason)
  let timer = setTimeout(stalled, ms)
  signal.addEventListener('abort', cancelled, { once: true })
  return {
    signal: controller.signal,
    alive: () => {
      clearTimeout(timer)
      timer = setTimeout(stalled, ms)
    },
    end: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancelled)
    },
  }
}

/** Two versions, as far as both answers say. */
function differs(before: Validator | null, now: Validator): boolean {
  if (before?.etag && now.etag) return before.etag !== now.etag
  return Boolean(before?.lastModified && now.lastModified && before.lastModified !== now.lastModified)
}

function refused(given: Pick<FileDownload, 'url'>, response: Response): Error {
  const { status, statusText } = response
  if (status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    return new Interrupted(
      `the server answers ${status} ${statusText}`.trim(),
      Number.isFinite(seconds) ? seconds * 1000 : null,
    )
  }
  return httpError(given.url, status)
}

function unreachable(given: FileDownload, problem: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: `The download broke off: ${problem}`,
    place: { file: given.name },
    nextStep: 'Check the connection and resume: what is fetched stays.',
  })
}

function changing(given: FileDownload): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The file keeps changing on the server while it is fetched',
    place: { file: given.name },
    nextStep: 'Try again later.',
  })
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new StepscopeError({ code: 'cancelled', message: 'The download was cancelled.' })
}
