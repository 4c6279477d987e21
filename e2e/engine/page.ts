import type { Backend } from '../../src/compute/backend.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import { openUrlCheckpoint } from '../../src/engine/checkpoint/checkpoint-files-url.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from '../../src/engine/load-model.ts'
import type { ForwardReport } from '../../src/engine/testing/forward-cases.ts'
import { runForwardCase } from '../../src/engine/testing/forward-cases.ts'
import type { RunSetup, SearchEvent } from '../../src/search/events.ts'
import type { Policy, RewardModel } from '../../src/search/models.ts'
import { BUNDLED_MODELS, bundledModel } from '../../src/tasks/bundled-models.ts'
import { RecordedCase } from '../../src/training/recorded-case.ts'
import { runReferenceCase } from '../../src/training/reference-case.ts'
import { caseBits } from '../../src/training/testing/case-bits.ts'
import { caseFaults } from '../../src/training/testing/case-faults.ts'
import type { Engine } from '../../src/worker/engine-host.ts'
import { engineLoader } from '../../src/worker/engine-loader.ts'
import { sourcesOf } from '../../src/worker/sources/model-provider.ts'
import { searchTask } from '../../src/worker/task-search.ts'
import { beamSetup, setupOf } from './search-setup.ts'

/** The engine's checks as the page offers them to the tests; each opens its own backend and gives it back. */

export type BackendKind = 'webgpu' | 'wasm' | 'cpu'

/** Bytes on the backend besides its buffers for reading back, and what of both models' caches is in use. */
export interface Holdings {
  readonly liveBytes: number
  readonly pages: number
  readonly slots: number
  readonly branches: number
}

/** Where a policy and its reward model lie, and which files they have. */
export interface ModelFolders {
  readonly policy: Folder
  readonly reward: Folder
}

interface Folder {
  readonly baseUrl: string
  readonly files: readonly string[]
}

export interface ReferenceAnswer {
  readonly response: string
  /** Log-probability of the response and the end of the sequence. */
  readonly logprob: number
  readonly scores: readonly number[]
}

const never = new AbortController().signal

async function withBackend<T>(kind: BackendKind, use: (backend: Backend) => Promise<T>): Promise<T> {
  const { backend } = await openBackend({ choice: kind, wasm: { arithmetic: 'strict' } })
  try {
    return await use(backend)
  } finally {
    backend.dispose()
  }
}

function bundledFolder(id: string): Folder {
  const files = BUNDLED_MODELS.find((model) => model.id === id)?.files ?? []
  return { baseUrl: `/checkpoints/${id}/`, files }
}

function bundledFiles(id: string): Promise<CheckpointFiles> {
  return openUrlCheckpoint(bundledFolder(id))
}

/** @param folders where the task's models are read from; the bundled ones where not given */
async function withEngine<T>(
  { kind, task, folders }: { kind: BackendKind; task: string; folders?: ModelFolders },
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const source = (part: 'policy' | 'reward') =>
    ({ source: { kind: 'bundled', id: bundledModel(task, part)?.id ?? '' } }) as const
  const folderOf = (id: string) => folders?.[bundledModel(task, 'policy')?.id === id ? 'policy' : 'reward']
  const engine = await engineLoader(sourcesOf(({ id }) => openUrlCheckpoint(folderOf(id) ?? bundledFolder(id)))).load(
    {
      backend: kind,
      policy: source('policy'),
      reward: source('reward'),
    },
    () => {},
    never,
  )
  try {
    return await use(engine)
  } finally {
    engine.dispose()
  }
}

async function eventsOf(
  setup: RunSetup,
  models: { readonly policy: Policy; readonly reward: RewardModel | null },
): Promise<SearchEvent[]> {
  const events: SearchEvent[] = []
  for await (const event of searchTask(setup, models, never)) events.push(event)
  return events
}

const checks = {
  /** A checkpoint of tests/fixtures/forward against what PyTorch computes from it. */
  forward(
    kind: BackendKind,
    name: string,
    files: readonly string[],
  ): Promise<{ adapter: string; report: ForwardReport }> {
    return withBackend(kind, async (backend) => {
      const folder = await openUrlCheckpoint({ baseUrl: `/tests/fixtures/forward/${name}/`, files })
      return { adapter: backend.adapter, report: await runForwardCase(backend, folder) }
    })
  },

  /** Training cases of a fixture recomputed: what differs from PyTorch's record, and the digest of all of its bits. */
  training(
    kind: BackendKind,
    fixture: string,
    names: readonly string[],
    modelFiles: readonly string[],
  ): Promise<{ adapter: string; cases: { name: string; faults: string[]; bits: string }[] }> {
    return withBackend(kind, async (backend) => {
      const baseUrl = `/tests/fixtures/${fixture}/`
      const model = await openUrlCheckpoint({ baseUrl: `${baseUrl}model/`, files: modelFiles })
      const reference = await openUrlCheckpoint({ baseUrl: `${baseUrl}reference-model/`, files: modelFiles })
      const cases: { name: string; faults: string[]; bits: string }[] = []
      for (const name of names) {
        const files = [`${name}.json`, `${name}.safetensors`]
        const recorded = await RecordedCase.open(await openUrlCheckpoint({ baseUrl, files }), name)
        const result = await runReferenceCase({ backend, recorded, model, reference })
        cases.push({ name, faults: caseFaults(recorded, result), bits: await caseBits(result) })
      }
      return { adapter: backend.adapter, cases }
    })
  },

  /** The task's bundled models on each problem: greedy decoding, its log-probability, and the reward model's step scores. */
  reference(
    kind: BackendKind,
    task: string,
    problems: readonly string[],
    folders?: ModelFolders,
  ): Promise<{ adapter: string; answers: ReferenceAnswer[] }> {
    return withEngine({ kind, task, ...(folders ? { folders } : {}) }, async (engine) => {
      const { policy, reward } = engine
      if (reward === null) throw new Error('the reward model was asked for')
      const answers: ReferenceAnswer[] = []
      for (const problem of problems) {
        const events = await eventsOf(setupOf(task, problem, 'greedy-decoding', 7), engine)
        const [started, finished] = [events[0], events.at(-1)]
        if (started?.type !== 'started' || finished?.type !== 'finished') throw new Error('the search did not end')
        const { prompt } = started
        const { response } = finished
        const readings = await policy.read(prompt, response, { eos: true })
        const { branch } = await reward.open(prompt)
        const [scored] = await reward.score([{ branch, steps: response.match(/.*\n/g) ?? [] }])
        reward.release(branch)
        if (scored === undefined) throw new Error('the reward model answered nothing')
        reward.release(scored.branch)
        const logprob = readings.reduce((sum, token) => sum + token.logprob, 0)
        answers.push({ response, logprob, scores: scored.scores })
      }
      return { adapter: policy.info.adapter, answers }
    })
  },

  /** Beam searches (n 16, m 4, seed 7), one after the other or all at once. */
  beam(
    kind: BackendKind,
    problems: readonly string[],
    order: 'in turn' | 'together',
  ): Promise<{ adapter: string; runs: SearchEvent[][] }> {
    return withEngine({ kind, task: 'countdown' }, async (engine) => {
      const run = (problem: string) => eventsOf(beamSetup(problem), engine)
      const runs: SearchEvent[][] = []
      if (order === 'together') runs.push(...(await Promise.all(problems.map(run))))
      else for (const problem of problems) runs.push(await run(problem))
      return { adapter: engine.policy.info.adapter, runs }
    })
  },

  /** What is held before and after each of `count` beam searches in a row, and once the models are gone. */
  holdings(
    kind: BackendKind,
    problem: string,
    count: number,
  ): Promise<{ adapter: string; holdings: Holdings[]; withoutModels: Record<string, number> }> {
    return withBackend(kind, async (backend) => {
      const policy = await loadPolicy(backend, await bundledFiles('countdown-policy'), {}, createDecoder)
      const reward = await loadRewardModel(backend, await bundledFiles('countdown-prm'), {}, createDecoder)
      const held = (): Holdings => {
        const counters = [policy, reward].map(({ model }) => model.counters())
        return {
          liveBytes: backend.memory.liveBytes - (backend.memory.liveByPurpose().staging ?? 0),
          pages: counters.reduce((sum, { livePages }) => sum + livePages, 0),
          slots: counters.reduce((sum, { liveSlots }) => sum + liveSlots, 0),
          branches: counters.reduce((sum, { liveBranches }) => sum + liveBranches, 0),
        }
      }
      const holdings = [held()]
      for (let seed = 0; seed < count; seed++) {
        await eventsOf(setupOf('countdown', problem, 'beam', seed), { policy, reward })
        holdings.push(held())
      }
      policy.model.dispose()
      reward.model.dispose()
      return { adapter: backend.adapter, holdings, withoutModels: backend.memory.liveByPurpose() }
    })
  },
}

declare global {
  interface Window {
    engineChecks: typeof checks
  }
}
window.engineChecks = checks
