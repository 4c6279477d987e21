import { memoryFiles } from '../../engine/testing/memory-files.ts'
import { RefCounted } from '../../worker/ref-counted.ts'
import type { OpenBackend } from '../../worker/resident-models.ts'
import { sourcesOf } from '../../worker/sources/model-provider.ts'
import { MemoryRunFolders } from '../../worker/training/testing/memory-run-folders.ts'
import { scriptedTools } from '../../worker/training/testing/scripted-tools.ts'
import { TrainingHost } from '../../worker/training/training-host.ts'
import { localTrainingLocks } from '../../worker/training/training-locks.ts'
import type { TrainingTools } from '../../worker/training/training-tools.ts'
import type { TrainingRun } from '../training/training-state.ts'
import { storeRig } from './store-rig.ts'
import { SYNTHETIC_ENGINE } from './synthetic-search.ts'

/** Of a run of `trainingRig`. */
export const STEPS = 60

/** A store whose workers train by a script, over files that outlive them. A worker that crashed does nothing more. */
export async function trainingRig(change: (tools: TrainingTools) => TrainingTools = (tools) => tools) {
  const folders = new MemoryRunFolders()
  const elsewhere = new Set<string>()
  let workers = 0
  const rig = storeRig({
    loader: {
      load: () =>
        Promise.resolve({
          ...SYNTHETIC_ENGINE,
          shareBackend: () =>
            new RefCounted({ backend: { memory: { liveByPurpose: () => ({}) } } } as unknown as OpenBackend, () => {}),
        }),
    },
    trainings: (deps) => {
      const worker = ++workers
      const alive = () => new Promise<void>((resolve) => worker === workers && setTimeout(resolve, 1))
      const locks = localTrainingLocks()
      return new TrainingHost({
        ...deps,
        date: () => new Date().toISOString(),
        sources: sourcesOf(async () => memoryFiles({ 'config.json': {} })),
        folders: async () => folders,
        locks: { ...locks, held: async () => new Set([...(await locks.held()), ...elsewhere]) },
        tools: async () => change(scriptedTools({ pause: alive })),
      })
    },
  })
  await rig.ready()
  const { training } = rig.store.actions
  const run = (id: string): TrainingRun => {
    const found = rig.state().training.runs.find((one) => one.id === id)
    if (!found) throw new Error(`no run ${id}`)
    return found
  }
  const start = async (): Promise<string> => {
    for (const [path, value] of [
      ['steps', STEPS],
      ['saveEvery', 5],
      ['evaluateProblems', 0],
    ] as const) {
      training.setField(path, value)
    }
    const id = await training.start()
    if (id === null) throw new Error(rig.state().training.refused?.message)
    return id
  }
  const texts = () => rig.state().notices.map(({ text }) => text)
  return { rig, training, folders, elsewhere, run, start, texts }
}
