import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { StepscopeError } from '../../core/errors.ts'
import type { ModelLibrary } from '../../downloads/model-library.ts'
import type { RunSetup, SearchEvent } from '../../search/events.ts'
import { openStorage } from '../../storage/storage.ts'
import { createWorkerClient } from '../../worker/client.ts'
import type { EngineLoader } from '../../worker/engine-host.ts'
import { RefCounted } from '../../worker/ref-counted.ts'
import { InProcessPort } from '../../worker/testing/in-process-port.ts'
import type { TrainingHost, TrainingHostDeps } from '../../worker/training/training-host.ts'
import { WorkerService } from '../../worker/worker-service.ts'
import type { AppState } from '../app-state.ts'
import type { AppStore } from '../create-app-store.ts'
import { createAppStore } from '../create-app-store.ts'
import type { AppDependencies } from '../dependencies.ts'
import type { RunId, RunView } from '../search/runs-state.ts'
import { SYNTHETIC_ENGINE, syntheticSearch } from './synthetic-search.ts'

type Search = (setup: RunSetup, signal: AbortSignal) => AsyncGenerator<SearchEvent, void>

export interface RigOptions {
  /** Another tab, or the same one after a reload, shares it. */
  readonly indexedDB?: IDBFactory
  readonly tab?: string
  readonly aliveTabs?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly search?: Search
  readonly loader?: Partial<EngineLoader>
  /** The training runs of a worker; called for every worker that is opened. */
  readonly trainings?: (deps: Pick<TrainingHostDeps, 'post' | 'now' | 'nextTask' | 'later'>) => TrainingHost
  /** Downloaded models of a worker. */
  readonly library?: () => Promise<ModelLibrary>
  readonly dependencies?: Partial<AppDependencies>
}

export interface StoreRig {
  readonly store: AppStore
  readonly indexedDB: IDBFactory
  readonly ports: InProcessPort[]
  state(): AppState
  run(id: RunId | null): RunView
  active(): RunView
  until(reached: (state: AppState) => boolean): Promise<void>
  /** Starts, and waits for the models. */
  ready(hash?: string): Promise<void>
  /** The page goes away without a last word. */
  vanish(): void
}

const noCounters = () => ({ passes: 0, readbackBytes: 0, executedTokens: 0 })

/** A store over an in-process worker with synthetic models, IndexedDB in memory, and frames of 16 ms on a clock of its own. */
export function storeRig(options: RigOptions = {}): StoreRig {
  const indexedDB = options.indexedDB ?? new IDBFactory()
  const tab = options.tab ?? 'tab'
  const search = options.search ?? syntheticSearch
  const ports: InProcessPort[] = []
  let clock = 0
  let ids = 0
  let gone = false
  const later = (callback: () => void): (() => void) => {
    const timer = setTimeout(() => {
      if (!gone) callback()
    }, 0)
    return () => clearTimeout(timer)
  }
  const loader: EngineLoader = {
    load: (_params, onProgress) => {
      onProgress('policy', 1, 2)
      return Promise.resolve({
        ...SYNTHETIC_ENGINE,
      })
    },
    preview: () => Promise.reject(new StepscopeError({ code: 'not-found', message: 'Nothing is loaded.' })),
    openReward: () =>
      Promise.resolve({
        key: 'synthetic',
        reading: 'At the step’s end',
        part: new RefCounted(
          { model: SYNTHETIC_ENGINE.reward, counters: noCounters, bytes: () => ({}), dispose: () => {} },
          () => {},
        ),
      }),
    inspect: () =>
      Promise.reject(new StepscopeError({ code: 'bad-checkpoint', message: 'The folder has no config.json' })),
    ...options.loader,
  }
  const open = (): InProcessPort => {
    const port = new InProcessPort((post) => {
      const shared = {
        post,
        now: () => clock,
        nextTask: () => new Promise<void>((resolve) => setTimeout(resolve, 0)),
        later,
      }
      return new WorkerService({
        ...shared,
        loader,
        search: (setup, _models, signal) => search(setup, signal),
        ...(options.library ? { library: options.library } : {}),
        ...(options.trainings ? { trainings: options.trainings(shared) } : {}),
      })
    })
    ports.push(port)
    return port
  }
  const store = createAppStore({
    client: createWorkerClient(open),
    openStorage: () => openStorage({ indexedDB, IDBKeyRange }),
    claimTab: () =>
      Promise.resolve({ id: tab, alive: () => Promise.resolve(new Set([tab, ...(options.aliveTabs ?? [])])) }),
    fetchText: (path) => {
      const text = options.files?.[path]
      if (text !== undefined) return Promise.resolve(text)
      return Promise.reject(new StepscopeError({ code: 'not-found', message: `There is no ${path}` }))
    },
    appVersion: '0.1.0',
    now: () => clock,
    date: () => new Date(Date.UTC(2026, 0, 1) + clock + ids).toISOString(),
    randomId: () => `${tab}-${++ids}`,
    randomSeed: () => 1000 + ++ids,
    frame: (callback) =>
      later(() => {
        clock += 16
        callback()
      }),
    later,
    onHide: () => () => {},
    ...options.dependencies,
  })
  const rig: StoreRig = {
    store,
    indexedDB,
    ports,
    state: store.getState,
    run: (id) => {
      const run = id === null ? undefined : store.getState().runs.byId[id]
      if (!run) throw new Error(`run ${id} is not open`)
      return run
    },
    active: () => rig.run(store.getState().runs.active),
    until: (reached) =>
      new Promise((resolve) => {
        if (reached(store.getState())) resolve()
        else {
          const stop = store.subscribe((state) => {
            if (!reached(state)) return
            stop()
            resolve()
          })
        }
      }),
    ready: async (hash = '') => {
      await store.start(hash)
      await rig.until(({ engine }) => engine.phase === 'ready')
    },
    vanish: () => {
      gone = true
      for (const port of ports) port.terminate()
    },
  }
  return rig
}
