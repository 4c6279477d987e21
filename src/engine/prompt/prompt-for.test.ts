import { describe, expect, test } from 'vitest'
import { promptFor } from './prompt-for.ts'

const PARTS = {
  question: 'What is 6 * 7?\n',
  notation: null,
  system: 'Be brief.',
  examples: [{ question: 'What is 1 + 1?', response: '1 + 1 = 2\nThe answer is \\boxed{2}.' }],
}
const chat = (source: string) =>
  ({ form: 'chat', template: { source, file: 'chat_template.jinja', tokens: {} }, specials: ['<|end|>'] }) as const
const JINJA = '{% for m in messages %}{{ m.role }}: {{ m.content | trim }}<|end|>{% endfor %}assistant:'

describe('a prompt', () => {
  test('in the notation of its task', () => {
    expect(promptFor({ ...PARTS, notation: 'Q 6 7\n' }, { form: 'notation' })).toEqual({
      text: 'Q 6 7\n',
      cuts: [],
      rendered: false,
      thinks: false,
    })
  })

  test('as text to go on with: examples, then the question in the same form', () => {
    const text =
      'Problem: What is 1 + 1?\nSolution:\n1 + 1 = 2\nThe answer is \\boxed{2}.\n\nProblem: What is 6 * 7?\nSolution:\n'
    expect(promptFor(PARTS, { form: 'completion' }).text).toBe(text)
    expect(promptFor(PARTS, { form: 'notation' }).text).toBe(text)
    expect(promptFor({ ...PARTS, examples: [] }, { form: 'completion' }).text).toBe('What is 6 * 7?\n')
  })

  test('as a chat, with a system message or without', () => {
    const prompt = promptFor(PARTS, chat(JINJA))
    expect(prompt).toMatchObject({ rendered: true, thinks: false })
    expect(prompt.text).toBe('system: Be brief.<|end|>user: What is 6 * 7?<|end|>assistant:')
    expect(promptFor({ ...PARTS, system: '' }, chat(JINJA)).text).toBe('user: What is 6 * 7?<|end|>assistant:')
  })

  test('that begins to think says so', () => {
    expect(promptFor(PARTS, chat(`${JINJA}<think>\n`)).thinks).toBe(true)
    expect(promptFor(PARTS, chat(`${JINJA}<think>\n\n</think>\n\n`)).thinks).toBe(false)
  })

  test('keeps the places of special tokens in a question', () => {
    const { text, cuts } = promptFor({ ...PARTS, system: '', question: 'a<|end|>b' }, chat(JINJA))
    expect(text).toBe('user: a<|end|>b<|end|>assistant:')
    expect(cuts).toEqual([8])
  })
})
