import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { ModelLibrary, TransferProgress } from '../downloads/model-library.ts'
import { readRemoteSource } from '../downloads/model-source.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import type { Policy, RewardModel } from '../search/models.ts'
import { problemOf, promptOf } from '../tasks/registry.ts'
import type { EngineLoader } from './engine-host.ts'
import { EngineHost } from './engine-host.ts'
import type { EngineStatus, ParamsOf, ResultOf, ToWorker, WorkerMethod } from './protocol.ts'
import { RateMeter } from './rate-meter.ts'
import type { RunHostDeps } from './run-host.ts'
import { RunHost } from './run-host.ts'
import { SweepHost } from './sweep/sweep-host.ts'
import { labelTraces, sampleTraces } from './traces/sample-traces.ts'
import { ScoreHost } from './traces/score-host.ts'
import { TraceReaders } from './traces/trace-reader.ts'
import type { TrainingHost } from './training/training-host.ts'

export interface WorkerServiceDeps extends Omit<RunHostDeps, 'counters'> {
  readonly loader: EngineLoader
  /** Models on this device; opened when first asked for. */
  readonly library?: () => Promise<ModelLibrary>
  /** Training runs; absent where none are kept. */
  readonly trainings?: TrainingHost
  /** The events of a run. Throws a StepscopeError at the first pull where the setup cannot run. */
  readonly search: (
    setup: RunSetup,
    models: { readonly policy: Policy; readonly reward: RewardModel | null },
    signal: AbortSignal,
  ) => AsyncGenerator<SearchEvent, void>
}

const STATUS_MS = 500
const PROGRESS_MS = 50
/** Over which the speed of a download is taken: steady enough for the time left. */
const TRANSFER_WINDOW_MS = 4000

/** Everything the worker answers, apart from being a worker: tests run it in their own process. */
export class WorkerService {
  private readonly deps: WorkerServiceDeps
  private readonly engine: EngineHost
  private readonly runs: RunHost
  private readonly sweeps: SweepHost
  private readonly scorers: ScoreHost
  private readonly readers = new TraceReaders()
  private readonly tokens: RateMeter
  private readonly calls = new Map<number, AbortController>()
  private cancelStatus: (() => void) | null = null

  constructor(deps: WorkerServiceDeps) {
    this.deps = deps
    this.tokens = new RateMeter(deps.now)
    this.engine = new EngineHost(deps.loader, (error) => {
      void this.runs.cancelAll()
      void this.sweeps.cancelAll()
      deps.post({ type: 'lost', error: toErrorDetails(error), reload: true })
    })
    this.sweeps = new SweepHost({ ...deps, engine: () => this.engine.current() })
    this.scorers = new ScoreHost((model, signal) => this.engine.openReward(model, signal))
    this.runs = new RunHost({
      ...deps,
      post: (message) => {
        this.sweeps.see(message)
        deps.post(message)
      },
      counters: () => this.engine.counters(),
    })
  }

  /** Handles one message; every request is answered exactly once. */
  async handle(message: ToWorker): Promise<void> {
    if ('ping' in message) {
      this.deps.post({ type: 'heard', ping: message.ping })
      return
    }
    if ('abort' in message) {
      this.calls.get(message.abort)?.abort()
      return
    }
    const { id, method, params } = message
    const controller = new AbortController()
    this.calls.set(id, controller)
    try {
      const result = await this.answer(method, params, controller.signal)
      this.deps.post({ type: 'answer', id, result })
    } catch (error) {
      this.deps.post({ type: 'failure', id, error: toErrorDetails(error) })
    } finally {
      this.calls.delete(id)
    }
  }

  /** Progress of a load, told as often as can be seen, and at its end. */
  private loading(): (model: 'policy' | 'reward', loadedBytes: number, totalBytes: number) => void {
    const told = { policy: Number.NEGATIVE_INFINITY, reward: Number.NEGATIVE_INFINITY }
    return (model, loadedBytes, totalBytes) => {
      const now = this.deps.now()
      if (loadedBytes < totalBytes && now - told[model] < PROGRESS_MS) return
      told[model] = now
      this.deps.post({ type: 'loading', model, loadedBytes, totalBytes })
    }
  }

  private async answer(method: WorkerMethod, params: unknown, signal: AbortSignal): Promise<unknown> {
    const methods: { [M in WorkerMethod]: (params: ParamsOf<M>) => ResultOf<M> | Promise<ResultOf<M>> } = {
      load: async (given) => {
        const models = await this.engine.load(given, this.loading(), (kept) => this.runs.cancelAll(kept), signal)
        // What is read beside them is opened again on the backend that there is now.
        this.scorers.release()
        this.deps.post({ type: 'status', status: this.status() })
        return models
      },
      inspectFolder: (given) => this.engine.inspect(given, signal),
      inspectOnnx: (given) => this.engine.onnx().inspect(given, signal),
      listOnnx: () => this.engine.onnx().list(),
      deleteOnnx: (given) => this.engine.onnx().delete(given),
      inspectRemote: async ({ typed, revision }) => {
        const source = readRemoteSource(typed, revision)
        return (await this.library()).inspect(source, signal)
      },
      downloadModel: async ({ plan }) => (await this.library()).download(plan, this.transfer(), signal),
      resumeModel: async ({ id }) => (await this.library()).resume(id, this.transfer(), signal),
      listStored: async () => (await this.library()).list(),
      checkStored: async ({ id }) => (await this.library()).check(id, this.transfer(), signal),
      removeStored: async ({ id }) => (await this.library()).remove(id),
      setStoredManifest: async ({ id, manifest }) => (await this.library()).setManifest(id, manifest),
      startRun: ({ runId, setup, paused, models: key }) => {
        const models = this.engine.models(key)
        const uses = [models.policy, ...(models.reward ? [models.reward] : [])]
        this.runs.start(runId, (runSignal) => this.deps.search(setup, models, runSignal), {
          paused: paused ?? false,
          uses,
        })
        this.work()
      },
      pauseRun: ({ runId }) => this.runs.pause(runId),
      resumeRun: ({ runId }) => this.runs.resume(runId),
      stepRun: ({ runId }) => this.runs.step(runId),
      cancelRun: ({ runId }) => this.runs.cancel(runId),
      probe: ({ problem: of, steps }) => {
        this.work()
        const { task, problem } = problemOf(of)
        return this.engine.probe(promptOf(task, problem, of.system), steps, signal)
      },
      previewReading: (given) => {
        if (typeof given.problem === 'string') return this.engine.preview(given, given.problem, signal)
        const { task, problem } = problemOf(given.problem)
        return this.engine.preview(given, promptOf(task, problem), signal)
      },
      startTraining: (given) => this.trainings().start(given, this.shareBackend, signal),
      continueTraining: (given) => this.trainings().continue(given, this.shareBackend, signal),
      branchTraining: (given) => this.trainings().branch(given, this.shareBackend, signal),
      pauseTraining: ({ id }) => this.trainings().pause(id),
      resumeTraining: ({ id }) => this.trainings().resume(id),
      stopTraining: ({ id }) => this.trainings().stop(id),
      listTrainings: () => this.trainings().list(),
      readTraining: ({ id }) => this.trainings().read(id),
      renameTraining: (given) => this.trainings().rename(given),
      removeTraining: ({ id }) => this.trainings().remove(id),
      exportTraining: (given) => this.trainings().export(given, signal),
      checkTrainingData: (given) => this.trainings().checkData(given, signal),
      estimateTraining: (given) => this.trainings().estimate(given, this.shareBackend, signal),
      startSweep: (given) => {
        this.sweeps.start(given)
        this.work()
      },
      pauseSweep: ({ id }) => this.sweeps.pause(id),
      resumeSweep: ({ id }) => this.sweeps.resume(id),
      cancelSweep: ({ id }) => this.sweeps.cancel(id),
      openTraces: ({ id: reader, name, blob }) => this.readers.start(reader, { name, stream: () => blob.stream() }),
      nextTraces: ({ id: reader }) => this.readers.next(reader),
      closeTraces: ({ id: reader }) => this.readers.close(reader),
      openScorer: (given) => this.scorers.describe(given, signal),
      scoreTraces: (given) => {
        this.work()
        return this.scorers.score(given, signal)
      },
      sampleTraces: (given) => {
        this.work()
        return sampleTraces(this.engine.models().policy, given, this.deps.nextTask, signal)
      },
      labelTraces: (given) => {
        this.work()
        return labelTraces(this.engine.models().policy, given, signal)
      },
      status: () => this.status(),
      dispose: async () => {
        await this.deps.trainings?.dispose()
        await this.sweeps.cancelAll()
        await this.runs.cancelAll()
        this.cancelStatus?.()
        this.scorers.release()
        this.engine.dispose()
      },
    }
    return methods[method](params as never)
  }

  private library(): Promise<ModelLibrary> {
    if (this.deps.library) return this.deps.library()
    throw new StepscopeError({ code: 'storage', message: 'No models are kept here' })
  }

  private trainings(): TrainingHost {
    if (this.deps.trainings) return this.deps.trainings
    throw new StepscopeError({ code: 'storage', message: 'Nothing is trained here' })
  }

  private readonly shareBackend = () => this.engine.shareBackend()

  /** Posts how far a transfer is, with its speed. */
  private transfer(): (progress: TransferProgress) => void {
    const meter = new RateMeter(this.deps.now, TRANSFER_WINDOW_MS)
    return (progress) =>
      this.deps.post({ type: 'transfer', ...progress, bytesPerSecond: meter.look(progress.loadedBytes) })
  }

  private status(): EngineStatus {
    const executedTokens = this.engine.executedTokens()
    const status = this.engine.status()
    return {
      ...status,
      bytes: { ...status.bytes, ...this.deps.trainings?.bytes() },
      executedTokens,
      searched: this.runs.searched,
      tokensPerSecond: this.tokens.look(executedTokens),
    }
  }

  /** The models are about to work: the status follows them. */
  private work(): void {
    this.tokens.look(this.engine.executedTokens())
    this.scheduleStatus()
  }

  private scheduleStatus(): void {
    this.cancelStatus ??= this.deps.later(() => {
      this.cancelStatus = null
      const status = this.safeStatus()
      if (status) this.deps.post({ type: 'status', status })
      if (this.runs.active > 0 || (status?.tokensPerSecond ?? 0) > 0) this.scheduleStatus()
    }, STATUS_MS)
  }

  private safeStatus(): EngineStatus | null {
    try {
      return this.status()
    } catch {
      // The engine went away between two ticks; whoever removed it has said so.
      return null
    }
  }
}
