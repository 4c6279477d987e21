import { readChosen } from '../../core/chosen-file.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { nameOfUnknown } from '../../formats/training-names.ts'
import type { DataFile } from '../../training/run/run-rows.ts'
import type { Held } from '../held.ts'
import type { OpenedFiles, OpenModelFiles } from '../model-files.ts'
import type {
  ChosenFile,
  ModelSource,
  ParamsOf,
  ResultOf,
  TrainedSource,
  TrainingEnd,
  TrainingEntry,
  TrainingEstimate,
  TrainingSources,
  TrainingSummary,
} from '../protocol.ts'
import type { OpenBackend } from '../resident-models.ts'
import type { HostedTrainingDeps } from './hosted-training.ts'
import { HostedTraining } from './hosted-training.ts'
import type { RunFolders } from './run-folders.ts'
import { bytesOf, RUN_PARTS } from './run-folders.ts'
import { TrainedModels, unsaved } from './trained-models.ts'
import type { TrainingLocks } from './training-locks.ts'
import { appendEntries, readEntries } from './training-log.ts'
import type { TrainingRecord } from './training-record.ts'
import { readRecord, writeRecord } from './training-record.ts'
import type { NewestSave, TrainingTools } from './training-tools.ts'

export interface TrainingHostDeps extends Omit<HostedTrainingDeps, 'append'> {
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly files: OpenModelFiles
  /** Null where the browser keeps no files. */
  readonly folders: () => Promise<RunFolders | null>
  readonly locks: TrainingLocks
  /** Loaded when first needed. */
  readonly tools: () => Promise<TrainingTools>
}

/** Of the worker's engine, held once more for the run. */
type ShareBackend = () => Held<OpenBackend>

/** What a live run holds until its end. */
interface Live {
  readonly run: HostedTraining
  record: TrainingRecord
  readonly base: CheckpointFiles
  /** Bytes on the device by purpose, before the run. */
  readonly before: Readonly<Record<string, number>>
  readonly release: () => void
}

const DATA_FILE = 'data.jsonl'
const encoder = new TextEncoder()
const NONE: ReadonlySet<number> = new Set()
const NOBODY: ReadonlySet<string> = new Set()

/** The training runs of this browser: at most one at a time is under way in a worker, the others rest in their folders. */
export class TrainingHost {
  private readonly deps: TrainingHostDeps
  private live: Live | null = null
  /** A start reserves the place before it waits for anything. */
  private starting: { readonly title: string | null } | null = null
  /** The data file that was read last. */
  private chosen: { readonly id: number; readonly text: string } | null = null
  /** Saves of runs that turned out not to be whole: lists pass them over. */
  private readonly broken = new Map<string, ReadonlySet<number>>()

  constructor(deps: TrainingHostDeps) {
    this.deps = deps
  }

  /** Live bytes of the run under way, by purpose: what the device has since it began, less what it had before. */
  bytes(): Readonly<Record<string, number>> {
    if (!this.live) return {}
    const { run, before } = this.live
    const grown = Object.entries(run.bytes).map(
      ([purpose, bytes]) => [purpose, bytes - (before[purpose] ?? 0)] as const,
    )
    return Object.fromEntries(
      grown.flatMap(([purpose, bytes]) => (bytes > 0 ? [[`training ${purpose}`, bytes] as const] : [])),
    )
  }

  async start(params: ParamsOf<'startTraining'>, shareBackend: ShareBackend, signal: AbortSignal) {
    const { id, title, recipe, models, data } = params
    return this.alone(title, async (folders) => {
      const now = this.deps.date()
      const fresh: TrainingRecord = {
        version: 1,
        id,
        title,
        recipe,
        models,
        parent: null,
        estimate: null,
        dataFile: data?.name ?? null,
        createdAt: now,
        updatedAt: now,
        status: 'running',
        step: 0,
        savedStep: null,
      }
      return this.begin(fresh, params.sources, shareBackend, signal, async () => {
        if (data) await this.keepData(folders, id, data)
        return {}
      })
    })
  }

  async continue({ id, sources }: ParamsOf<'continueTraining'>, shareBackend: ShareBackend, signal: AbortSignal) {
    return this.alone(null, async (folders) => {
      const record = await readRecord(folders.part(id, 'notes'))
      this.starting = { title: record.title }
      return this.begin(record, sources, shareBackend, signal, async () => {
        // Where its worker died, the record is as old as the run's beginning.
        const save = await this.wholeSave(folders, id)
        return { step: save?.step ?? 0, savedStep: save?.step ?? null }
      })
    })
  }

  async branch(params: ParamsOf<'branchTraining'>, shareBackend: ShareBackend, signal: AbortSignal) {
    const { from, id, title, recipe, sources, data } = params
    return this.alone(title, async (folders) => {
      const release = await this.hold(folders, from)
      try {
        const parent = await readRecord(folders.part(from, 'notes'))
        const tools = await this.deps.tools()
        const save = await this.wholeSave(folders, from)
        if (!save) throw nothingSaved(parent)
        const now = this.deps.date()
        const record: TrainingRecord = {
          ...parent,
          id,
          title,
          recipe,
          dataFile: recipe.data.source === 'file' ? recipe.data.file : null,
          parent: { id: from, title: parent.title, step: save.step },
          createdAt: now,
          updatedAt: now,
          status: 'running',
          step: save.step,
          savedStep: save.step,
        }
        return await this.begin(record, sources, shareBackend, signal, async () => {
          await tools.branch(folders.part(from, 'save'), folders.part(id, 'save'), recipe)
          if (data) await this.keepData(folders, id, data)
          else if (record.dataFile !== null) {
            const kept = await folders.part(from, 'notes').read(DATA_FILE)
            if (kept) await folders.part(id, 'notes').write(DATA_FILE, kept)
          }
          const entries = await readEntries(folders.part(from, 'notes'))
          await appendEntries(folders.part(id, 'notes'), entries.filter(isPast(save.step)))
          return {}
        })
      } finally {
        release()
      }
    })
  }

  pause(id: string): void {
    this.liveRun(id)?.pause()
  }

  resume(id: string): void {
    this.liveRun(id)?.resume()
  }

  async stop(id: string): Promise<void> {
    const run = this.liveRun(id)
    run?.stop()
    await run?.done
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

  /** @throws StepscopeError `storage` while another tab trains it */
  async rename({ id, title }: ParamsOf<'renameTraining'>): Promise<TrainingSummary> {
    const folders = await this.folders()
    const notes = folders.part(id, 'notes')
    if (this.live?.run.id === id) {
      const record = { ...this.live.record, title }
      this.live.record = record
      await writeRecord(notes, record)
      return this.summary(folders, record, NOBODY)
    }
    const release = await this.hold(folders, id)
    try {
      const record = { ...(await readRecord(notes)), title }
      await writeRecord(notes, record)
      return await this.summary(folders, record, NOBODY)
    } finally {
      release()
    }
  }

  async remove(id: string): Promise<void> {
    const folders = await this.folders()
    await this.stop(id)
    const release = await this.hold(folders, id)
    try {
      await folders.remove(id)
    } finally {
      release()
    }
  }

  /** Files of a trained model, for whoever loads it. */
  async open({ id, base }: TrainedSource, signal: AbortSignal): Promise<CheckpointFiles> {
    return this.between(id, (models) => this.withBase(base, signal, (files) => models.open(id, files)))
  }

  async export(params: ParamsOf<'exportTraining'>, signal: AbortSignal): Promise<ResultOf<'exportTraining'>> {
    const { id, form, base } = params
    const { step, files } = await this.between(id, (models) =>
      this.withBase(base, signal, (given) => models.export(id, form, given)),
    )
    return { step, files: [...files].map(([name, bytes]) => ({ name, bytes: bytes as Uint8Array<ArrayBuffer> })) }
  }

  async checkData(
    { recipe, model, data }: ParamsOf<'checkTrainingData'>,
    signal: AbortSignal,
  ): Promise<ResultOf<'checkTrainingData'>> {
    const { checkData } = await this.deps.tools()
    const file = 'run' in data ? await this.dataOf(data.run) : { name: data.name, text: await this.textOf(data) }
    return this.withBase(model, signal, async (files) => checkData(await files(), recipe, file, signal))
  }

  async estimate(
    { recipe, model }: ParamsOf<'estimateTraining'>,
    shareBackend: ShareBackend,
    signal: AbortSignal,
  ): Promise<TrainingEstimate> {
    const backend = shareBackend()
    try {
      const { estimate } = await this.deps.tools()
      return await this.withBase(model, signal, async (files) => estimate(backend.value.backend, await files(), recipe))
    } finally {
      backend.release()
    }
  }

  /** Ends what is under way, for whoever ends the worker. */
  async dispose(): Promise<void> {
    if (!this.live) return
    const { run } = this.live
    run.controller.abort()
    run.resume()
    await run.done
  }

  private liveRun(id: string): HostedTraining | null {
    return this.live?.run.id === id ? this.live.run : null
  }

  private async folders(): Promise<RunFolders> {
    const folders = await this.deps.folders()
    if (folders) return folders
    throw new StepscopeError({
      code: 'storage',
      message: 'This browser keeps no files here, so a training run could not be saved (private windows may not)',
      nextStep: 'Open Stepscope in a normal window, or train on the command line.',
    })
  }

  /** Holds the one place of a worker, and the run itself over all tabs, until the run has begun; then the run holds both. */
  private async alone(
    title: string | null,
    begin: (folders: RunFolders) => Promise<TrainingSummary>,
  ): Promise<TrainingSummary> {
    const other = this.live?.record ?? this.starting
    if (other !== null) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: `${other.title === null ? 'A run' : `“${other.title}”`} is being trained; one run at a time has the device`,
        nextStep: 'Stop it first (what was saved stays), or wait until it has finished.',
      })
    }
    this.starting = { title }
    try {
      return await begin(await this.folders())
    } finally {
      this.starting = null
    }
  }

  /** The run's lock; who is refused reads its name. */
  private async hold(folders: RunFolders, id: string): Promise<() => void> {
    return this.deps.locks.hold(id, await titleOf(folders, id))
  }

  /** @param prepare writes what the run needs, while nobody else can; its answer goes into the record */
  private async begin(
    given: TrainingRecord,
    sources: TrainingSources,
    shareBackend: ShareBackend,
    signal: AbortSignal,
    prepare: () => Promise<Partial<TrainingRecord>>,
  ): Promise<TrainingSummary> {
    const { id, recipe } = given
    const folders = await this.folders()
    const releases: (() => void)[] = [await this.deps.locks.hold(id, given.title)]
    const release = () => {
      for (const free of releases.splice(0).toReversed()) free()
    }
    try {
      const backend = shareBackend()
      releases.push(() => backend.release())
      const open = async (source: ModelSource): Promise<CheckpointFiles> => {
        const opened = await this.openFiles(source, signal)
        releases.push(opened.release)
        return opened.files
      }
      const model = await open(sources.model)
      const reference = sources.reference && (await open(sources.reference))
      const rewardModel = sources.rewardModel && (await open(sources.rewardModel))
      const tools = await this.deps.tools()
      // What cannot run at all is refused here, before anything is written.
      const estimate = await tools.estimate(backend.value.backend, model, recipe)
      signal.throwIfAborted()
      const changes = await prepare()
      const record: TrainingRecord = { ...given, ...changes, estimate, status: 'running', updatedAt: this.deps.date() }
      const notes = folders.part(id, 'notes')
      await writeRecord(notes, record)
      const text = given.dataFile === null ? null : await notes.read(DATA_FILE)
      const before = backend.value.backend.memory.liveByPurpose()
      const run = new HostedTraining(
        id,
        record.savedStep,
        new AbortController(),
        (gate, runSignal) =>
          tools.run(
            {
              backend: backend.value.backend,
              model,
              reference,
              rewardModel,
              data: text && { name: given.dataFile ?? DATA_FILE, text: new TextDecoder().decode(text) },
              store: folders.part(id, 'save'),
              signal: runSignal,
              gate,
              clock: this.deps.now,
            },
            recipe,
          ),
        { ...this.deps, append: (entries) => appendEntries(notes, entries) },
      )
      const live: Live = { run, record, base: model, before, release }
      this.live = live
      void run.done.then((end) => this.end(folders, live, end))
      return await this.summary(folders, record, NOBODY)
    } catch (error) {
      release()
      throw error
    }
  }

  private async end(folders: RunFolders, live: Live, end: TrainingEnd): Promise<void> {
    const { run, base, release } = live
    const record: TrainingRecord = {
      ...live.record,
      status: end.status,
      step: run.step,
      savedStep: run.savedStep,
      updatedAt: this.deps.date(),
    }
    try {
      await writeRecord(folders.part(run.id, 'notes'), record)
      if (record.savedStep !== null) {
        const models = await this.models(folders)
        await models.open(run.id, () => Promise.resolve(base))
      }
    } catch {
      // What was saved is there; whoever opens the model tries again, and is told what is wrong.
    } finally {
      release()
      this.live = null
    }
    const summary = await this.summary(folders, record, NOBODY)
    this.deps.post({ type: 'trainingEnded', summary })
  }

  /** Does something with a run's files while nobody writes them: between two steps where it is under way here. */
  private async between<T>(id: string, use: (models: TrainedModels) => Promise<T>): Promise<T> {
    const folders = await this.folders()
    const models = await this.models(folders)
    const run = this.liveRun(id)
    if (run) return run.between(() => use(models))
    const release = await this.hold(folders, id)
    try {
      return await use(models)
    } finally {
      release()
    }
  }

  private async models(folders: RunFolders): Promise<TrainedModels> {
    const title = (id: string) => titleOf(folders, id)
    const newest = async (id: string): Promise<NewestSave> => {
      const save = await this.wholeSave(folders, id)
      if (!save) throw unsaved(await title(id))
      return save
    }
    return new TrainedModels(folders, await this.deps.tools(), newest, title)
  }

  /** The newest save of a run that is whole; null before the first. What has to be passed over is told. */
  private async wholeSave(folders: RunFolders, id: string): Promise<NewestSave | null> {
    const { lastSave } = await this.deps.tools()
    const save = await lastSave(folders.part(id, 'save'))
    const skipped = save?.skipped ?? []
    this.broken.set(id, new Set(skipped.map(({ step }) => step)))
    if (save && skipped.length > 0) this.deps.post({ type: 'savesSkipped', id, step: save.step, skipped })
    return save
  }

  /** A chosen file's text, read once. */
  private async textOf({ id, name, blob }: ChosenFile): Promise<string> {
    if (this.chosen?.id === id) return this.chosen.text
    this.chosen = { id, text: await readChosen(name, blob) }
    return this.chosen.text
  }

  private async keepData(folders: RunFolders, id: string, data: ChosenFile): Promise<void> {
    await folders.part(id, 'notes').write(DATA_FILE, encoder.encode(await this.textOf(data)))
  }

  /** The data file of a run. */
  private async dataOf(id: string): Promise<DataFile> {
    const notes = (await this.folders()).part(id, 'notes')
    const { dataFile, title } = await readRecord(notes)
    const bytes = await notes.read(DATA_FILE)
    if (dataFile !== null && bytes) return { name: dataFile, text: new TextDecoder().decode(bytes) }
    throw new StepscopeError({
      code: 'not-found',
      message: `“${title}” keeps no data file`,
      nextStep: 'Choose a file, or generated problems.',
    })
  }

  private async withBase<T>(
    source: ModelSource,
    signal: AbortSignal,
    use: (base: () => Promise<CheckpointFiles>) => Promise<T>,
  ): Promise<T> {
    const opened: OpenedFiles[] = []
    try {
      return await use(async () => {
        const files = await this.openFiles(source, signal)
        opened.push(files)
        return files.files
      })
    } finally {
      for (const { release } of opened) release()
    }
  }

  private openFiles(source: ModelSource, signal: AbortSignal): Promise<OpenedFiles> {
    if (source.kind !== 'onnx') return this.deps.files(source, signal)
    throw new StepscopeError({
      code: 'unsupported-config',
      message: 'An ONNX checkpoint cannot be trained',
      expected: 'a model with safetensors',
      found: source.id,
      nextStep: 'Choose another model to train.',
    })
  }

  private async summary(
    folders: RunFolders,
    { version: _version, ...record }: TrainingRecord,
    held: ReadonlySet<string>,
  ): Promise<TrainingSummary> {
    const { id } = record
    const parts = await Promise.all(RUN_PARTS.map((part) => bytesOf(folders.part(id, part))))
    const storedBytes = parts.reduce((sum, bytes) => sum + bytes, 0)
    const run = this.liveRun(id)
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

/** Entries that a branch has in common with its parent. */
function isPast(step: number): (entry: TrainingEntry) => boolean {
  return ({ event }) => (event.type === 'step' || event.type === 'evaluated') && event.step <= step
}

function nothingSaved({ title }: TrainingRecord): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: `“${title}” has no save to branch from`,
    nextStep: 'Continue it until its first save.',
  })
}
