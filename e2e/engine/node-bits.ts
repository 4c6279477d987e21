import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import type { Backend } from '../../src/compute/backend.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from '../../src/engine/load-model.ts'
import type { ForwardCase } from '../../src/engine/testing/forward-cases.ts'
import { runForwardCase } from '../../src/engine/testing/forward-cases.ts'
import type { SearchEvent } from '../../src/search/events.ts'
import { RecordedCase } from '../../src/training/recorded-case.ts'
import { runReferenceCase } from '../../src/training/reference-case.ts'
import { caseBits } from '../../src/training/testing/case-bits.ts'
import { searchTask } from '../../src/worker/task-search.ts'
import { beamSetup } from './search-setup.ts'

/** What Node gets for the page's checks, in strict arithmetic on one thread: the page must get the same bits. */

async function onNode<T>(use: (backend: Backend) => Promise<T>): Promise<T> {
  const { backend } = await openBackend({ choice: 'wasm', wasm: { shared: false, arithmetic: 'strict' } })
  try {
    return await use(backend)
  } finally {
    backend.dispose()
  }
}

export function nodeForwardBits(name: ForwardCase): Promise<string> {
  return onNode(async (backend) => {
    const files = await openCheckpointDirectory(`tests/fixtures/forward/${name}`)
    return (await runForwardCase(backend, files)).bits
  })
}

export function nodeTrainingBits(fixture: string, names: readonly string[]): Promise<Record<string, string>> {
  return onNode(async (backend) => {
    const folder = `tests/fixtures/${fixture}`
    const model = await openCheckpointDirectory(`${folder}/model`)
    const reference = await openCheckpointDirectory(`${folder}/reference-model`)
    const bits: Record<string, string> = {}
    for (const name of names) {
      const recorded = await RecordedCase.open(await openCheckpointDirectory(folder), name)
      bits[name] = await caseBits(await runReferenceCase({ backend, recorded, model, reference }))
    }
    return bits
  })
}

/** The page's beam searches, one after the other. */
export function nodeBeams(problems: readonly string[]): Promise<SearchEvent[][]> {
  return onNode(async (backend) => {
    const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)
    const policy = await loadPolicy(backend, await folder('countdown-policy'), {}, createDecoder)
    const reward = await loadRewardModel(backend, await folder('countdown-prm'), {}, createDecoder)
    const runs: SearchEvent[][] = []
    for (const setup of problems.map(beamSetup)) {
      const events: SearchEvent[] = []
      for await (const event of searchTask(setup, { policy, reward }, new AbortController().signal)) events.push(event)
      runs.push(events)
    }
    policy.model.dispose()
    reward.model.dispose()
    return runs
  })
}
