import { expect, test } from 'vitest'
import { openBackend } from '../compute/open-backend.ts'
import { QUESTIONS, searchInChat } from './testing/node-search-in-chat.ts'
import { QWEN_HALF_BILLION } from './testing/random-checkpoint.ts'

test('the whole shape of Qwen2.5-0.5B, its own tokenizer and chat template: beam on three questions', async () => {
  const { backend } = await openBackend({ choice: 'webgpu' })
  const runs = await searchInChat(backend, QWEN_HALF_BILLION, { weights: 'f16' })
  backend.dispose()
  expect(runs).toHaveLength(QUESTIONS.length)
  for (const events of runs) {
    expect(events[0]).toMatchObject({ type: 'started', policy: { parameters: 494_032_768 } })
    expect(events.at(-1)).toMatchObject({ type: 'finished' })
  }
}, 900_000)
