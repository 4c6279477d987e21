import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { expect, test } from 'vitest'
import { openBackend } from '../compute/open-backend.ts'
import { QUESTIONS, searchInChat } from './testing/node-search-in-chat.ts'
import { QWEN_HALF_BILLION } from './testing/random-checkpoint.ts'

/** A file in GSM8K's columns, whose first three problems are searched in place of our own. */
const FILE = process.env.STEPSCOPE_PROBLEMS
const rows: readonly unknown[] =
  FILE === undefined
    ? QUESTIONS
    : readFileSync(FILE, 'utf8')
        .split('\n', 3)
        .map((line) => JSON.parse(line))

test('the whole shape of Qwen2.5-0.5B, its own tokenizer and chat template: beam on three questions', async () => {
  const { backend } = await openBackend({ choice: 'webgpu' })
  const began = performance.now()
  // A quarter of the vocabulary's texts has an e, so that random steps end and several rounds are gone through.
  const runs = await searchInChat(backend, QWEN_HALF_BILLION, { weights: 'f16', rows, stepEnd: ['e'] })
  const seconds = (performance.now() - began) / 1000
  backend.dispose()
  expect(runs).toHaveLength(3)
  for (const events of runs) {
    const [started, finished] = [events[0], events.at(-1)]
    if (started?.type !== 'started' || finished?.type !== 'finished') throw new Error('it did not go through')
    expect(started.policy.parameters).toBe(494_032_768)
    const rounds = Math.max(...events.map((event) => ('round' in event ? event.round : 0)))
    expect(rounds).toBeGreaterThan(0)
    const { policy, reward } = finished.ledger
    const said = `${events.length} events, tokens executed: policy ${policy.executed}, reward model ${reward.executed}`
    process.stdout.write(`${started.policy.adapter}: last round ${rounds}, ${said}\n`)
  }
  process.stdout.write(`loading and three searches: ${seconds.toFixed(1)} s\n`)
}, 900_000)
