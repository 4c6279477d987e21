import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { servePages } from '../scripts/page-server.ts'
import type { ForwardCase } from '../src/engine/testing/forward-cases.ts'
import { FORWARD_CASES, forwardFaults } from '../src/engine/testing/forward-cases.ts'
import type { SearchEvent } from '../src/search/events.ts'
import { TRAINING_CASES } from '../src/training/testing/case-faults.ts'
import { TRAIN_FIXTURES } from '../src/training/testing/train-fixture.ts'
import { nodeBeams, nodeForwardBits, nodeTrainingBits } from './engine/node-bits.ts'
import type { BackendKind, ModelFolders } from './engine/page.ts'
import type { Problem } from './fixtures.ts'
import { expect, firstVisit, LONG, watchProblems } from './fixtures.ts'

/**
 * The engine in a real browser, without the app: a page over the source offers the checks, one page for all of them, because
 * loading the source costs more than most of them do.
 */
const test = firstVisit.extend<
  { watchChecks: undefined },
  { checks: { readonly page: Page; readonly problems: Problem[] } }
>({
  checks: [
    async ({ browser }, use) => {
      const server = await servePages({ name: 'engine-checks', isolated: true })
      const context = await browser.newContext({ baseURL: server.origin })
      const { problems } = watchProblems(context, server.origin)
      const page = await context.newPage()
      await page.goto('/e2e/engine/page.html')
      await page.waitForFunction(() => 'engineChecks' in window)
      await use({ page, problems })
      await context.close()
      await server.close()
    },
    { scope: 'worker' },
  ],
  watchChecks: [
    async ({ checks }, use) => {
      await use(undefined)
      expect(checks.problems.splice(0), 'problems that the page reported').toEqual([])
    },
    { auto: true },
  ],
  page: ({ checks }, use) => use(checks.page),
})

/** There must be an adapter: without one the check throws, and the test fails. */
function noteAdapter(adapter: string): void {
  expect(adapter).not.toBe('')
  test.info().annotations.push({ type: 'adapter', description: adapter })
  console.log(`  adapter: ${adapter}`)
}

interface Reference {
  readonly prompt: string
  readonly greedy_response: string
  readonly prm_step_scores: readonly number[]
  readonly orm_scores_after_each_step?: readonly number[]
  readonly response_logprob_with_eos: number
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const references = (file: string) => JSON.parse(read(`tests/fixtures/${file}`)) as readonly Reference[]
const problems = read('public/datasets/countdown4-problems.jsonl')
  .split('\n')
  .slice(0, LONG ? 3 : 2)
  .map((line) => {
    const { numbers, target } = JSON.parse(line) as { numbers: number[]; target: number }
    return `${numbers.join(' ')} > ${target}`
  })

const startersFolder = (name: string) => ({
  baseUrl: `/tests/fixtures/words-starters/${name}/`,
  files: readdirSync(new URL(`../tests/fixtures/words-starters/${name}`, import.meta.url)),
})
const WORDS_STARTERS: ModelFolders = { policy: startersFolder('policy'), reward: startersFolder('prm') }

interface Proved {
  readonly forward: readonly ForwardCase[]
  readonly training: readonly string[]
  /** Tasks whose models, bundled or from a folder of tests, answer; and PyTorch's answers. */
  readonly answers: readonly (readonly [task: string, file: string, folders?: ModelFolders])[]
}

const ALL: Proved = {
  forward: FORWARD_CASES,
  training: TRAIN_FIXTURES,
  answers: [
    ['countdown', 'expected.json'],
    ['word-problems', 'words-starters/expected.json', WORDS_STARTERS],
  ],
}

/** SwiftShader compiles each shape's shaders anew: `npm test` shows one of each kind, and Node has every case on WebGPU in the long proofs. */
const ONE_OF_EACH: Proved = {
  forward: ['qwen3-qknorm'],
  training: ['train'],
  answers: [['countdown', 'expected.json']],
}

/** The references are the same JavaScript on the same V8 in Node, where every case runs on them: here they show that they load. */
const PROVED: Readonly<Record<BackendKind, Proved>> = {
  webgpu: LONG ? ALL : ONE_OF_EACH,
  wasm: ALL,
  cpu: { forward: ['qwen3-qknorm'], training: [], answers: [['countdown', 'expected.json']] },
}

for (const kind of ['webgpu', 'wasm', 'cpu'] as const satisfies readonly BackendKind[]) {
  const { forward, training, answers } = PROVED[kind]
  test.describe(`engine on ${kind}`, () => {
    for (const name of forward) {
      test(`${name} agrees with PyTorch`, async ({ page }) => {
        const files = readdirSync(new URL(`../tests/fixtures/forward/${name}`, import.meta.url))
        const { adapter, report } = await page.evaluate(
          ([kind, name, files]) => window.engineChecks.forward(kind, name, files),
          [kind, name, files] as const,
        )
        noteAdapter(adapter)
        expect(forwardFaults(name, report)).toEqual([])
        if (kind === 'wasm') expect(report.bits).toBe(await nodeForwardBits(name))
      })
    }

    for (const fixture of training) {
      test(`${fixture}: every objective agrees with PyTorch`, async ({ page }) => {
        const files = readdirSync(new URL(`../tests/fixtures/${fixture}/model`, import.meta.url))
        const { adapter, cases } = await page.evaluate(
          ([kind, fixture, names, files]) => window.engineChecks.training(kind, fixture, names, files),
          [kind, fixture, TRAINING_CASES, files] as const,
        )
        expect(adapter).not.toBe('')
        expect(cases.map(({ name, faults }) => ({ name, faults }))).toEqual(
          TRAINING_CASES.map((name) => ({ name, faults: [] })),
        )
        if (kind !== 'wasm') return
        const bits = cases.map(({ name, bits }) => [name, bits])
        expect(bits).toEqual(Object.entries(await nodeTrainingBits(fixture, TRAINING_CASES)))
      })
    }

    for (const [task, file, folders] of answers) {
      test(`${task}: models give the reference answers, log-probabilities and scores`, async ({ page }) => {
        const expected = references(file)
        const asked = expected.map(({ prompt }) => prompt.replace(/^Q /, '').trim())
        const { adapter, answers } = await page.evaluate(
          ([kind, task, asked, folders]) => window.engineChecks.reference(kind, task, asked, folders),
          [kind, task, asked, folders] as const,
        )
        noteAdapter(adapter)
        expect(answers.map(({ response }) => response)).toEqual(expected.map((reference) => reference.greedy_response))
        for (const [index, { logprob, scores }] of answers.entries()) {
          const reference = expected[index] as Reference
          expect(Math.abs(logprob - reference.response_logprob_with_eos)).toBeLessThan(1e-3)
          expectClose(scores, reference.prm_step_scores)
        }
        if (folders === undefined) return
        const outcome = await page.evaluate(
          ([kind, task, asked, folders]) => window.engineChecks.reference(kind, task, asked, folders),
          [kind, task, asked, { ...folders, reward: startersFolder('orm') }] as const,
        )
        for (const [index, { scores }] of outcome.answers.entries()) {
          expectClose(scores, expected[index]?.orm_scores_after_each_step ?? [])
        }
      })
    }
  })
}

test('both backends search the same tree, with the same scores; WebAssembly with the bits that it has in Node; WebGPU the same events beside other searches', async ({
  page,
}) => {
  const { gpu, together, wasm } = await page.evaluate(
    async (problems) => ({
      gpu: await window.engineChecks.beam('webgpu', problems, 'in turn'),
      together: await window.engineChecks.beam('webgpu', problems, 'together'),
      wasm: await window.engineChecks.beam('wasm', problems, 'in turn'),
    }),
    problems,
  )
  noteAdapter(`${gpu.adapter} and ${wasm.adapter}`)
  for (const [index, events] of gpu.runs.entries()) {
    const others = wasm.runs[index] ?? []
    expect(stepsOf(events).length).toBeGreaterThan(20)
    expect(stepsOf(events)).toEqual(stepsOf(others))
    expectClose(scoresOf(events), scoresOf(others))
  }
  const inNode = await nodeBeams(problems)
  // The first event names the adapter.
  const rest = (runs: readonly (readonly SearchEvent[])[]) => JSON.stringify(runs.map((events) => events.slice(1)))
  expect(rest(wasm.runs)).toBe(rest(inNode))

  expect(gpu.runs.map((events) => events.at(-1)?.type)).toEqual(problems.map(() => 'finished'))
  expect(JSON.stringify(together.runs)).toBe(JSON.stringify(gpu.runs))
})

test(`${LONG ? 'eight' : 'three'} searches in a row leave no bytes and no pages behind`, async ({ page }) => {
  const { adapter, holdings, withoutModels } = await page.evaluate(
    (asked) => window.engineChecks.holdings('webgpu', ...asked),
    ['3 5 7 > 22', LONG ? 8 : 3] as const,
  )
  noteAdapter(adapter)
  const [before] = holdings
  expect(before).toMatchObject({ pages: 0, branches: 0 })
  expect(holdings).toEqual(holdings.map(() => before))
  // Buffers for reading back belong to the backend and serve the next models.
  expect(Object.keys(withoutModels).filter((purpose) => purpose !== 'staging')).toEqual([])
})

/** Every step as it entered the tree. */
function stepsOf(events: readonly SearchEvent[]): readonly { node: number; parent: number; text: string }[] {
  return events.flatMap((event) =>
    event.type === 'proposed' ? [{ node: event.node, parent: event.parent, text: event.text }] : [],
  )
}

function scoresOf(events: readonly SearchEvent[]): readonly (number | null)[] {
  return events.flatMap((event) => (event.type === 'scored' ? [event.score, event.pathScore] : []))
}

/** Within 1e-4 of each other, one by one. */
function expectClose(found: readonly (number | null)[], wanted: readonly (number | null)[]): void {
  expect(found.length).toBe(wanted.length)
  const apart = found.map((value, index) => {
    const other = wanted[index] ?? null
    return value === null || other === null ? Number(value !== other) : Math.abs(value - other)
  })
  expect(Math.max(0, ...apart)).toBeLessThan(1e-4)
}
