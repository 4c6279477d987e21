import { readChosen } from '../../core/chosen-file.ts'
import { StepscopeError } from '../../core/errors.ts'
import { nameOfUnknown } from '../../formats/training-names.ts'
import type { DataFile } from '../../training/run/run-rows.ts'
import type { ChosenFile, FromWorker, ResultOf, TrainingSummary } from '../protocol.ts'
import type { RunFolders } from './run-folders.ts'
import { bytesOf, RUN_PARTS } from './run-folders.ts'
import { TrainedModels, unsaved } from './trained-models.ts'
import type { TrainingLocks } from './training-locks.ts'
import { readEntries } from './training-log.ts'
import type { TrainingRecord } from './training-record.ts'
import { readRecord } from './training-record.ts'
import type { NewestSave, TrainingTools } from './training-tools.ts'

export interface StoredRunsDeps {
  /** Null where the browser keeps no files. */
  readonly folders: () => Promise<RunFolders | null>
  readonly locks: TrainingLocks
  /** Loaded when first needed. */
  readonly tools: () => Promise<TrainingTools>
  readonly post: (message: FromWorker) => void
}

/** Where a run is that is under way in this worker. */
interface LiveStatus {
  readonly step: number
  readonly savedStep: number | null
  readonly paused: boolean
}

const DATA_FILE = 'data.jsonl'
const encoder = new TextEncoder()
const NONE: ReadonlySet<number> = new Set()

/** The training runs of this browser as they lie in their folders: records, saves and data files. */
export class StoredRuns {
  private readonly deps: StoredRunsDeps
  private readonly live: (id: string) => LiveStatus | null
  /** The data file that was read last. */
  private chosen: { readonly id: number; readonly text: string } | null = null
  /** Saves of runs that turned out not to be whole: lists pass them over. */
  private readonly broken = new Map<string, ReadonlySet<number>>()

  /** @param live null for runs that are not under way here */
  constructor(deps: StoredRunsDeps, live: (id: string) => LiveStatus | null) {
    this.deps = deps
    this.live = live
  }

  async folders(): Promise<RunFolders> {
    const folders = await this.deps.folders()
    if (folders) return folders
    throw new StepscopeError({
      code: 'storage',
      message: 'This browser keeps no files here, so a training run could not be saved (private windows may not)',
      nextStep: 'Open Stepscope in a normal window, or train on the command line.',
    })
  }

  /** The run's lock; who is refused reads its name. */
  async hold(folders: RunFolders, id: string): Promise<() => void> {
    return this.deps.locks.hold(id, await titleOf(folders, id))
  }

  async list(): Promise<ResultOf<'listTrainings'>> {
    const folders = await this.deps.folders()
    if (!folders) return { runs: [], unreadable: [] }
    const held = await this.deps.locks.held()
    const runs: TrainingSummary[] = []
    const unreadable: string[] = []
    for (const id of await folders.ids()) {
      const record = await readRecord(folders.part(id, 'notes')).catch(() => null)
      if (record) runs.push(await this.summary(folders, record, held))
      // One that is being started has no record yet.
      else if (!held.has(id)) unreadable.push(id)
    }
    return { runs, unreadable }
  }

  async read(id: string): Promise<ResultOf<'readTraining'>> {
    const folders = await this.folders()
    return readEntries(folders.part(id, 'notes'))
  }

  async models(folders: RunFolders): Promise<TrainedModels> {
    const title = (id: string) => titleOf(folders, id)
    const newest = async (id: string): Promise<NewestSave> => {
      const save = await this.wholeSave(folders, id)
      if (!save) throw unsaved(await title(id))
      return save
    }
    return new TrainedModels(folders, await this.deps.tools(), newest, title)
  }

  /** The newest save of a run that is whole; null before the first. What has to be passed over is told. */
  async wholeSave(folders: RunFolders, id: string): Promise<NewestSave | null> {
    const { lastSave } = await this.deps.tools()
    const save = await lastSave(folders.part(id, 'save'))
    const skipped = save?.skipped ?? []
    this.broken.set(id, new Set(skipped.map(({ step }) => step)))
    if (save && skipped.length > 0) this.deps.post({ type: 'savesSkipped', id, step: save.step, skipped })
    return save
  }

  /** A chosen file's text, read once. */
  async textOf({ id, name, blob }: ChosenFile): Promise<string> {
    if (this.chosen?.id === id) return this.chosen.text
    this.chosen = { id, text: await readChosen(name, blob) }
    return this.chosen.text
  }

  async keepData(folders: RunFolders, id: string, data: ChosenFile): Promise<void> {
    await folders.part(id, 'notes').write(DATA_FILE, encoder.encode(await this.textOf(data)))
  }

  /** The data file of a run. @throws StepscopeError `not-found` where it keeps none */
  async dataOf(id: string): Promise<DataFile> {
    const folders = await this.folders()
    const record = await readRecord(folders.part(id, 'notes'))
    const kept = await this.keptData(folders, record)
    if (kept !== null) return kept
    const { title } = record
    throw new StepscopeError({
      code: 'not-found',
      message: `“${title}” keeps no data file`,
      nextStep: 'Choose a file, or generated problems.',
    })
  }

  /** A run's own data file; null where it has none, or it is gone. */
  async keptData(
    folders: RunFolders,
    { id, dataFile }: Pick<TrainingRecord, 'id' | 'dataFile'>,
  ): Promise<DataFile | null> {
    if (dataFile === null) return null
    const bytes = await folders.part(id, 'notes').read(DATA_FILE)
    return bytes && { name: dataFile, text: new TextDecoder().decode(bytes) }
  }

  /** Takes the data file of one run along to another. */
  async copyData(folders: RunFolders, from: string, to: string): Promise<void> {
    const kept = await folders.part(from, 'notes').read(DATA_FILE)
    if (kept) await folders.part(to, 'notes').write(DATA_FILE, kept)
  }

  async summary(
    folders: RunFolders,
    { version: _version, ...record }: TrainingRecord,
    held: ReadonlySet<string>,
  ): Promise<TrainingSummary> {
    const { id } = record
    const parts = await Promise.all(RUN_PARTS.map((part) => bytesOf(folders.part(id, part))))
    const storedBytes = parts.reduce((sum, bytes) => sum + bytes, 0)
    const run = this.live(id)
    if (run) {
      const { step, savedStep, paused } = run
      return {
        ...record,
        status: paused ? 'paused' : 'running',
        step,
        savedStep,
        elsewhere: false,
        savesGone: false,
        storedBytes,
      }
    }
    const elsewhere = held.has(id)
    if (elsewhere || (record.status !== 'running' && record.savedStep === null)) {
      return { ...record, elsewhere, savesGone: false, storedBytes }
    }
    // The record may say more than there is: a worker died, or the browser deleted files.
    const { listedSave } = await this.deps.tools()
    const save = await listedSave(folders.part(id, 'save'), this.broken.get(id) ?? NONE).catch(() => null)
    const status = record.status === 'running' ? 'interrupted' : record.status
    const savesGone = record.savedStep !== null && save === null
    return { ...record, status, savedStep: save?.step ?? null, elsewhere, savesGone, storedBytes }
  }
}

/** What a person calls the run; also where its notes cannot be read. */
function titleOf(folders: RunFolders, id: string): Promise<string> {
  return readRecord(folders.part(id, 'notes')).then(
    ({ title }) => title,
    () => nameOfUnknown(id) ?? 'A training run',
  )
}
