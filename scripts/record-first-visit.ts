// Records the search that a first visit shows: beam search on a problem where greedy decoding fails, with the bundled
// models on the CPU backend, so that every machine records the same events.
//
//   npx tsx scripts/record-first-visit.ts ["4 3 6 8 > 40" [seed]]
import { writeFileSync } from 'node:fs'
import { openCheckpointDirectory } from '../src/cli/checkpoint-directory.ts'
import { APP_VERSION } from '../src/formats/app-version.ts'
import { writeRunFile } from '../src/formats/run-file.ts'
import type { RunSetup, SearchEvent } from '../src/search/events.ts'
import { DEFAULT_CONFIG } from '../src/search/settings.ts'
import { engineLoader } from '../src/worker/engine-loader.ts'
import { sourcesOf } from '../src/worker/sources/model-provider.ts'
import { searchTask } from '../src/worker/task-search.ts'

const OUT = 'public/runs/first-visit.json'
const [problem = '4 3 6 8 > 40', seed = '7'] = process.argv.slice(2)

const loader = engineLoader(sourcesOf(({ id }) => openCheckpointDirectory(`public/checkpoints/${id}`)))
const { signal } = new AbortController()
const engine = await loader.load(
  {
    backend: 'cpu',
    policy: { source: { kind: 'bundled', id: 'countdown-policy' } },
    reward: { source: { kind: 'bundled', id: 'countdown-prm' } },
  },
  () => {},
  signal,
)

const run = async (strategy: RunSetup['strategy']): Promise<readonly [RunSetup, SearchEvent[]]> => {
  const setup = { task: 'countdown', problem, strategy, config: DEFAULT_CONFIG, seed: Number(seed), prefix: [] }
  const events: SearchEvent[] = []
  for await (const event of searchTask(setup, engine, signal)) events.push(event)
  return [setup, events]
}

const [, greedy] = await run('greedy-decoding')
const before = engine.status()
const started = performance.now()
const [setup, events] = await run('beam')
const wallMs = performance.now() - started
const [failed, solved] = [greedy.at(-1), events.at(-1)]
if (failed?.type !== 'finished' || solved?.type !== 'finished' || failed.correct || !solved.correct) {
  throw new Error(`${problem} with seed ${seed} does not show what search is for: choose another`)
}
const [first] = events
if (first?.type !== 'started') throw new Error('the run did not start')

writeFileSync(
  OUT,
  writeRunFile({
    app: APP_VERSION,
    createdAt: new Date().toISOString(),
    title: 'Beam search finds what greedy decoding misses',
    status: 'finished',
    setup,
    models: { policy: first.policy, reward: first.reward },
    measured: {
      wallMs: Math.round(wallMs),
      passes: engine.status().passes - before.passes,
      readbackBytes: engine.status().readbackBytes - before.readbackBytes,
      peakBytes: Object.values(engine.status().bytes).reduce((sum, bytes) => sum + bytes, 0),
    },
    parent: null,
    selected: { event: events.length, node: solved.node },
    events,
  }),
)
engine.dispose()
console.log(
  `${OUT}: ${events.length} events, ${solved.response.trim().replaceAll('\n', ', ')}; greedy: ${failed.explanation}`,
)
