import { expect, test } from 'vitest'
import { openBackend } from '../compute/open-backend.ts'
import { QUESTIONS, searchInChat } from './testing/node-search-in-chat.ts'
import { QWEN_HALF_BILLION } from './testing/random-checkpoint.ts'

const SMALL = {
  ...QWEN_HALF_BILLION,
  hidden_size: 64,
  intermediate_size: 128,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  num_hidden_layers: 1,
}

test('questions are put to a chat model by its template, searched by beam, and judged by a gold answer that no prompt shows', async () => {
  const { backend } = await openBackend({ choice: 'wasm' })
  const runs = await searchInChat(backend, SMALL)
  const [own] = await searchInChat(backend, SMALL, { rows: QUESTIONS.slice(0, 1), system: 'Be brief.' })
  backend.dispose()
  expect(own?.[0]).toMatchObject({
    setup: { system: 'Be brief.' },
    prompt: expect.stringMatching(/^<\|im_start\|>system\nBe brief\.<\|im_end\|>/),
  })
  for (const [index, events] of runs.entries()) {
    const { question } = QUESTIONS[index] ?? { question: '' }
    const [started] = events
    if (started?.type !== 'started') throw new Error('it did not start')
    expect(started.prompt).toContain(`<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`)
    expect(started.prompt).toContain('<|im_start|>system\nPlease reason step by step')
    expect(started.prompt).not.toContain('####')
    const tokens = started.promptTokens ?? []
    expect(tokens.map(({ text }) => text).join('')).toBe(started.prompt)
    expect(tokens[0]).toEqual({ id: 151_644, text: '<|im_start|>' })
    expect(started.policy.stepEnds).toEqual(['\n\n', '\n'])
    // Each special token of the template is one token.
    expect(started.ledger.policy.asked).toBeLessThan(80)
    const finished = events.at(-1)
    if (finished?.type !== 'finished') throw new Error('it did not finish')
    expect(finished.correct).not.toBeNull()
    expect(events.filter(({ type }) => type === 'proposed').length).toBeGreaterThanOrEqual(4)
  }
})
