import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { RewardFiles } from '../../training/run/load-reward.ts'
import type {
  ModelSource,
  ParamsOf,
  ResultOf,
  RewardSource,
  TrainingEnd,
  TrainingEntry,
  TrainingEstimate,
  TrainingSources,
  TrainingSummary,
} from '../protocol.ts'
import type { RefCounted } from '../ref-counted.ts'
import type { OpenBackend } from '../resident-models.ts'
import type { ModelSources, OpenedFiles } from '../sources/model-provider.ts'
import { openFiles } from '../sources/model-provider.ts'
import type { TrainedSource } from '../sources/trained.ts'
import type { HostedTrainingDeps } from './hosted-training.ts'
import { HostedTraining } from './hosted-training.ts'
import type { RunFolders } from './run-folders.ts'
import type { StoredRunsDeps } from './stored-runs.ts'
import { StoredRuns } from './stored-runs.ts'
import type { TrainedModels } from './trained-models.ts'
import { appendEntries, readEntries } from './training-log.ts'
import type { TrainingRecord } from './training-record.ts'
import { readRecord, writeRecord } from './training-record.ts'

export interface TrainingHostDeps extends Omit<HostedTrainingDeps, 'append'>, StoredRunsDeps {
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly sources: ModelSources<ModelSource>
}

/** Of the worker's engine, held once more for the run. */
type ShareBackend = () => RefCounted<OpenBackend>

/** What a live run holds until its end. */
interface Live {
  readonly run: HostedTraining
  record: TrainingRecord
  readonly base: CheckpointFiles
  /** Bytes on the device by purpose, before the run. */
  readonly before: Readonly<Record<string, number>>
  readonly release: () => void
}

const NOBODY: ReadonlySet<string> = new Set()

/** The training runs of this browser: at most one at a time is under way in a worker, the others rest in their folders. */
export class TrainingHost {
  private readonly deps: TrainingHostDeps
  private readonly stored: StoredRuns
  private live: Live | null = null
  /** A start reserves the place before it waits for anything. */
  private starting: { readonly title: string | null } | null = null

  constructor(deps: TrainingHostDeps) {
    this.deps = deps
    this.stored = new StoredRuns(deps, (id) => this.liveRun(id))
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
        if (data) await this.stored.keepData(folders, id, data)
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
        const save = await this.stored.wholeSave(folders, id)
        return { step: save?.step ?? 0, savedStep: save?.step ?? null }
      })
    })
  }

  async branch(params: ParamsOf<'branchTraining'>, shareBackend: ShareBackend, signal: AbortSignal) {
    const { from, id, title, recipe, sources, data } = params
    return this.alone(title, async (folders) => {
      const release = await this.stored.hold(folders, from)
      try {
        const parent = await readRecord(folders.part(from, 'notes'))
        const tools = await this.deps.tools()
        const save = await this.stored.wholeSave(folders, from)
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
          if (data) await this.stored.keepData(folders, id, data)
          else if (record.dataFile !== null) await this.stored.copyData(folders, from, id)
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

  list(): Promise<ResultOf<'listTrainings'>> {
    return this.stored.list()
  }

  read(id: string): Promise<ResultOf<'readTraining'>> {
    return this.stored.read(id)
  }

  /** @throws StepscopeError `storage` while another tab trains it */
  async rename({ id, title }: ParamsOf<'renameTraining'>): Promise<TrainingSummary> {
    const folders = await this.stored.folders()
    const notes = folders.part(id, 'notes')
    if (this.live?.run.id === id) {
      const record = { ...this.live.record, title }
      this.live.record = record
      await writeRecord(notes, record)
      return this.stored.summary(folders, record, NOBODY)
    }
    const release = await this.stored.hold(folders, id)
    try {
      const record = { ...(await readRecord(notes)), title }
      await writeRecord(notes, record)
      return await this.stored.summary(folders, record, NOBODY)
    } finally {
      release()
    }
  }

  async remove(id: string): Promise<void> {
    const folders = await this.stored.folders()
    await this.stop(id)
    const release = await this.stored.hold(folders, id)
    try {
      await folders.remove(id)
    } finally {
      release()
    }
  }

  /** Files of a trained model, for whoever loads it. */
  async open({ id, base }: TrainedSource<ModelSource>, signal: AbortSignal): Promise<CheckpointFiles> {
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
    const file =
      'run' in data ? await this.stored.dataOf(data.run) : { name: data.name, text: await this.stored.textOf(data) }
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
      return await begin(await this.stored.folders())
    } finally {
      this.starting = null
    }
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
    const folders = await this.stored.folders()
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
      const openReward = async ({ source, implicit }: RewardSource): Promise<RewardFiles> => ({
        files: await open(source),
        implicit: implicit && { reference: await open(implicit.reference), beta: implicit.beta },
      })
      const rewardModel = sources.rewardModel && (await openReward(sources.rewardModel))
      const tools = await this.deps.tools()
      // What cannot run at all is refused here, before anything is written.
      const estimate = await tools.estimate(backend.value.backend, model, recipe)
      signal.throwIfAborted()
      const changes = await prepare()
      const record: TrainingRecord = { ...given, ...changes, estimate, status: 'running', updatedAt: this.deps.date() }
      const notes = folders.part(id, 'notes')
      await writeRecord(notes, record)
      const data = await this.stored.keptData(folders, given)
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
              data,
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
      return await this.stored.summary(folders, record, NOBODY)
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
        const models = await this.stored.models(folders)
        await models.open(run.id, () => Promise.resolve(base))
      }
    } catch {
      // What was saved is there; whoever opens the model tries again, and is told what is wrong.
    } finally {
      release()
      this.live = null
    }
    const summary = await this.stored.summary(folders, record, NOBODY)
    this.deps.post({ type: 'trainingEnded', summary })
  }

  /** Does something with a run's files while nobody writes them: between two steps where it is under way here. */
  private async between<T>(id: string, use: (models: TrainedModels) => Promise<T>): Promise<T> {
    const folders = await this.stored.folders()
    const models = await this.stored.models(folders)
    const run = this.liveRun(id)
    if (run) return run.between(() => use(models))
    const release = await this.stored.hold(folders, id)
    try {
      return await use(models)
    } finally {
      release()
    }
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
    return openFiles(this.deps.sources, source, 'Only models on the engine of this app can be trained', signal)
  }
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
