import type { ErrorDetails } from '../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { missingFile } from '../engine/checkpoint/checkpoint-text.ts'
import { createSha256 } from '../engine/checkpoint/sha256.ts'
import type { CheckpointSummary } from '../engine/load-model.ts'
import { inspectCheckpoint } from '../engine/load-model.ts'
import type { StatedManifest } from '../search/manifest.ts'
import { missingFields } from '../search/manifest.ts'
import type { Network } from './download-file.ts'
import { downloadFile } from './download-file.ts'
import type { FileStore } from './file-store.ts'
import type { ModelLocks } from './model-locks.ts'
import type { RemoteSource } from './model-source.ts'
import { hostOf, remoteId } from './model-source.ts'
import { RangeReader } from './range-reader.ts'
import type { RemoteListing } from './remote-listing.ts'
import { listRemote } from './remote-listing.ts'
import type { Journal, JournalFile, StoredModel } from './stored-model.ts'
import { JOURNAL_FILE, journalSchema } from './stored-model.ts'

export interface LibraryOptions {
  /** Null where the browser keeps no files. */
  readonly store: FileStore | null
  readonly network: Network
  readonly locks: ModelLocks
  /** ISO 8601, UTC. */
  readonly date: () => string
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

/** What a server offers, read before any weight is fetched. */
export interface RemotePlan {
  readonly id: string
  readonly host: string
  readonly source: RemoteSource
  readonly listing: RemoteListing
  /** Null while a size is unknown. */
  readonly bytes: number | null
  readonly summary: CheckpointSummary | null
  /** Why the engine cannot use it, where it cannot. */
  readonly refused: ErrorDetails | null
  /** Whether this browser can keep it. */
  readonly keeps: boolean
  /** What of it is on this device. */
  readonly stored: StoredModel['state'] | null
}

export interface TransferProgress {
  readonly id: string
  readonly file: string
  readonly loadedBytes: number
  readonly totalBytes: number | null
}

type OnProgress = (progress: TransferProgress) => void

const PROGRESS_MS = 100
const CHECK_BYTES = 8 * 1024 * 1024

/** Models fetched from elsewhere, kept on this device. Nothing goes over the network but in `inspect`, `download` and `resume`. */
export class ModelLibrary {
  private readonly options: LibraryOptions

  constructor(options: LibraryOptions) {
    this.options = options
  }

  /** Reads listing, config and weight headers from the server. @throws StepscopeError where it has no checkpoint */
  async inspect(source: RemoteSource, signal: AbortSignal): Promise<RemotePlan> {
    const { network, store } = this.options
    const listing = await listRemote(source, network, signal)
    const id = remoteId(source)
    let summary: CheckpointSummary | null = null
    let refused: ErrorDetails | null = null
    try {
      summary = await inspectCheckpoint(new RangeReader(listing.baseUrl, listing.files, network), signal)
    } catch (error) {
      const details = toErrorDetails(error)
      if (signal.aborted || details.code === 'not-found' || details.code === 'internal') throw error
      refused = details
    }
    const known = (await this.readJournal(id).catch(() => null)) && (await this.describe(id).catch(() => null))
    return {
      id,
      host: hostOf(source),
      source,
      listing,
      bytes: sum(listing.files.map(({ size }) => size)),
      summary,
      refused,
      keeps: store !== null,
      stored: known?.state ?? null,
    }
  }

  /** Fetches what a plan names; what is there already stays. */
  async download(plan: RemotePlan, onProgress: OnProgress, signal: AbortSignal): Promise<StoredModel> {
    const { summary, listing, source, id } = plan
    if (!summary)
      throw new StepscopeError(plan.refused ?? { code: 'internal', message: 'Nothing is known of the model' })
    return this.options.locks.write(id, async () => {
      const before = await this.readJournal(id)
      if (before && before.commit !== listing.commit) throw otherCommit(before, listing)
      if (!before) {
        await this.writeJournal({
          version: 1,
          id,
          source,
          baseUrl: listing.baseUrl,
          commit: listing.commit,
          files: listing.files.map(({ name, size, sha256 }) => ({
            name,
            size,
            listed: sha256,
            recorded: null,
            validator: null,
            state: 'partial',
            checkedAt: null,
          })),
          family: summary.family,
          role: summary.role,
          parameters: summary.parameters,
          manifest: summary.manifest,
          chat: summary.chat,
          addedAt: this.options.date(),
          lastUsed: null,
        })
      }
      return this.complete(id, onProgress, signal)
    })
  }

  /** Fetches what is missing of a model, or what was found corrupt. */
  resume(id: string, onProgress: OnProgress, signal: AbortSignal): Promise<StoredModel> {
    return this.options.locks.write(id, () => this.complete(id, onProgress, signal))
  }

  /** Newest first. Folders whose journal cannot be read are named, so that they can be removed. */
  async list(): Promise<{ readonly models: readonly StoredModel[]; readonly unreadable: readonly string[] }> {
    const { store } = this.options
    const models: StoredModel[] = []
    const unreadable: string[] = []
    for (const folder of (await store?.folders()) ?? []) {
      const model = await this.describe(folder).catch(() => null)
      if (model) models.push(model)
      else unreadable.push(folder)
    }
    models.sort((a, b) => b.addedAt.localeCompare(a.addedAt))
    return { models, unreadable }
  }

  /** Hashes every complete file and compares; what differs is marked and named in the answer. */
  async check(id: string, onProgress: OnProgress, signal: AbortSignal): Promise<StoredModel> {
    return this.options.locks.write(id, async () => {
      const journal = await this.journal(id)
      const files = journal.files.filter(({ state }) => state !== 'partial')
      const total = sum(files.map(({ size }) => size))
      let done = 0
      const report = this.throttled(onProgress)
      for (const file of files) {
        const size = await this.store().size(id, file.name)
        const hash = await createSha256()
        for (let at = 0; at < (size ?? 0); at += CHECK_BYTES) {
          if (signal.aborted) throw cancelled()
          const bytes = await this.store().read(id, file.name, at, Math.min(size ?? 0, at + CHECK_BYTES))
          hash.update(bytes)
          done += bytes.length
          report({ id, file: file.name, loadedBytes: done, totalBytes: total })
        }
        const right = size === file.size && hash.hex() === (file.listed ?? file.recorded)
        await this.changeFile(id, file.name, {
          state: right ? 'complete' : 'corrupt',
          checkedAt: right ? this.options.date() : file.checkedAt,
        })
      }
      return this.describe(id)
    })
  }

  /** Deletes a model with all that is there of it, readable or not. */
  async remove(id: string): Promise<void> {
    await this.options.locks.write(id, () => this.store().removeFolder(id))
  }

  async setManifest(id: string, manifest: StatedManifest): Promise<StoredModel> {
    await this.changeJournal(id, (journal) => ({ ...journal, manifest, role: manifest.role ?? journal.role }))
    return this.describe(id)
  }

  /**
   * The files for reading, by range from this device. Sizes are looked at; writers are held off until `release`.
   * @throws StepscopeError `not-found`, or `bad-file` naming the file that is incomplete or not as it was
   */
  async open(id: string): Promise<{ readonly files: CheckpointFiles; readonly release: () => void }> {
    const { release } = await this.options.locks.read(id)
    try {
      const journal = await this.journal(id)
      const store = this.store()
      for (const file of journal.files) {
        const size = await store.size(id, file.name)
        if (file.state !== 'complete' || size !== file.size) throw unfit(id, file, size)
      }
      await this.changeJournal(id, (now) => ({ ...now, lastUsed: this.options.date() }))
      const sizes = new Map(journal.files.map(({ name, size }) => [name, size ?? 0]))
      const files: CheckpointFiles = {
        name: id,
        files: [...sizes.keys()],
        size: (file) => {
          const size = sizes.get(file)
          return size === undefined ? Promise.reject(missingFile(files, file)) : Promise.resolve(size)
        },
        read: async (file, start, end, signal) => {
          signal?.throwIfAborted()
          if (!sizes.has(file)) throw missingFile(files, file)
          const bytes = await store.read(id, file, start, end)
          signal?.throwIfAborted()
          return bytes
        },
      }
      return { files, release }
    } catch (error) {
      release()
      throw error
    }
  }

  private async complete(id: string, onProgress: OnProgress, signal: AbortSignal): Promise<StoredModel> {
    const journal = await this.journal(id)
    const report = this.throttled(onProgress)
    let done = 0
    const total = sum(journal.files.map(({ size }) => size))
    for (const file of journal.files) {
      const stored = await this.store().size(id, file.name)
      if (file.state !== 'complete' || stored !== file.size) {
        await this.fetchFile(journal, file, signal, (loaded) =>
          report({ id, file: file.name, loadedBytes: done + loaded, totalBytes: total }),
        )
      }
      done += (await this.store().size(id, file.name)) ?? 0
      report({ id, file: file.name, loadedBytes: done, totalBytes: total })
    }
    return this.describe(id)
  }

  private async fetchFile(
    { id, baseUrl }: Journal,
    file: JournalFile,
    signal: AbortSignal,
    onBytes: (loaded: number) => void,
  ): Promise<void> {
    const change = (next: Partial<JournalFile>) => this.changeFile(id, file.name, next)
    const corrupt = file.state === 'corrupt'
    const writer = await this.store().open(id, file.name)
    try {
      if (corrupt) writer.truncate(0)
      await change({ state: 'partial', ...(corrupt ? { recorded: null, validator: null } : {}) })
      const { size, sha256 } = await downloadFile(
        {
          name: file.name,
          url: baseUrl + file.name,
          size: file.size,
          sha256: file.listed ?? (corrupt ? null : file.recorded),
          validator: corrupt ? null : file.validator,
          writer,
          signal,
          onVersion: (validator) => change({ validator }),
          onBytes,
        },
        this.options.network,
      )
      await change({ state: 'complete', size, recorded: sha256, checkedAt: this.options.date() })
    } catch (error) {
      // Another version than the one recorded: the next try takes it as it comes.
      if (toErrorDetails(error).code === 'bad-file') await change({ recorded: null, validator: null })
      throw error
    } finally {
      writer.flush()
      writer.close()
    }
  }

  private async describe(id: string): Promise<StoredModel> {
    const journal = await this.journal(id)
    const files: StoredModel['files'][number][] = []
    for (const { name, size, state, listed, recorded } of journal.files) {
      const storedBytes = (await this.store().size(id, name)) ?? 0
      files.push({
        name,
        storedBytes,
        size,
        state: state === 'complete' && storedBytes !== size ? 'cut' : state,
        verified: state !== 'complete' ? null : listed !== null ? 'listed' : recorded !== null ? 'recorded' : null,
      })
    }
    const bad = files.some(({ state }) => state === 'corrupt' || state === 'cut')
    const checks = journal.files.map(({ checkedAt }) => checkedAt)
    const written = await this.options.locks.written()
    return {
      id,
      host: hostOf(journal.source),
      commit: journal.commit,
      family: journal.family,
      role: journal.role,
      parameters: journal.parameters,
      manifest: journal.manifest,
      missing: missingFields(journal.manifest, journal.role),
      chat: journal.chat ?? false,
      files,
      storedBytes: files.reduce((total, { storedBytes }) => total + storedBytes, 0),
      totalBytes: sum(files.map(({ size }) => size)),
      state: bad ? 'corrupt' : files.every(({ state }) => state === 'complete') ? 'complete' : 'partial',
      busy: written.has(id),
      addedAt: journal.addedAt,
      lastUsed: journal.lastUsed,
      checkedAt: checks.includes(null) ? null : (checks.sort()[0] ?? null),
    }
  }

  private store(): FileStore {
    if (this.options.store) return this.options.store
    throw new StepscopeError({
      code: 'storage',
      message: 'This browser keeps no files for pages (private windows may not)',
      nextStep: 'Use the model without keeping it, or another window.',
    })
  }

  private async readJournal(id: string): Promise<Journal | null> {
    if (!this.options.store) return null
    const size = await this.options.store.size(id, JOURNAL_FILE)
    if (size === null) return null
    const text = new TextDecoder().decode(await this.options.store.read(id, JOURNAL_FILE, 0, size))
    try {
      return journalSchema.parse(JSON.parse(text))
    } catch (cause) {
      throw new StepscopeError(
        {
          code: 'bad-file',
          message: `What was noted of “${id}” cannot be read`,
          place: { file: JOURNAL_FILE },
          nextStep: 'Delete it on the models screen and fetch it again.',
        },
        { cause },
      )
    }
  }

  private async journal(id: string): Promise<Journal> {
    const journal = await this.readJournal(id)
    if (journal) return journal
    throw new StepscopeError({
      code: 'not-found',
      message: `“${id}” is not on this device`,
      nextStep: 'Add it from the hub or its address again.',
    })
  }

  private writeJournal(journal: Journal): Promise<void> {
    return this.store().write(journal.id, JOURNAL_FILE, new TextEncoder().encode(JSON.stringify(journal, null, 1)))
  }

  private changeJournal(id: string, change: (journal: Journal) => Journal): Promise<void> {
    return this.options.locks.journal(id, async () => this.writeJournal(change(await this.journal(id))))
  }

  private changeFile(id: string, name: string, change: Partial<JournalFile>): Promise<void> {
    return this.changeJournal(id, (journal) => ({
      ...journal,
      files: journal.files.map((file) => (file.name === name ? { ...file, ...change } : file)),
    }))
  }

  private throttled(onProgress: OnProgress): OnProgress {
    let last = Number.NEGATIVE_INFINITY
    return (progress) => {
      const now = this.options.now()
      if (now - last < PROGRESS_MS && progress.loadedBytes !== progress.totalBytes) return
      last = now
      onProgress(progress)
    }
  }
}

function sum(sizes: readonly (number | null)[]): number | null {
  return sizes.reduce<number | null>((total, size) => (total === null || size === null ? null : total + size), 0)
}

function unfit(id: string, file: JournalFile, size: number | null): StepscopeError {
  const corrupt = file.state === 'corrupt' || (file.state === 'complete' && size !== file.size)
  return new StepscopeError({
    code: 'bad-file',
    message: corrupt ? `A file of “${id}” is damaged on this device` : `“${id}” is not completely downloaded`,
    ...(file.size === null ? {} : { expected: `${file.size} bytes` }),
    found: file.state === 'corrupt' ? 'another SHA-256' : `${size ?? 0} bytes`,
    place: { file: file.name },
    nextStep: corrupt
      ? 'Fetch that file again on the models screen; the others stay.'
      : 'Resume the download on the models screen.',
  })
}

function otherCommit(before: Journal, listing: RemoteListing): StepscopeError {
  return new StepscopeError({
    code: 'storage',
    message: `Another version of “${before.id}” is on this device`,
    expected: listing.commit ?? 'the same address',
    found: before.commit ?? 'an address without a commit',
    nextStep: 'Delete that one first, or name its commit as the revision.',
  })
}

function cancelled(): StepscopeError {
  return new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
}
