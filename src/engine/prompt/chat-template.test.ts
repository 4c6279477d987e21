import { describe, expect, test } from 'vitest'
import { memoryFiles } from '../testing/memory-files.ts'
import type { ChatMessage } from './chat-template.ts'
import { readChatTemplate, renderChat } from './chat-template.ts'

const MESSAGES: ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello' },
]
const JINJA = "{% for m in messages %}[{{ m['role'] }}] {{ m.content }}{% endfor %}"

async function rendered(source: string, config: object = {}, messages: readonly ChatMessage[] = MESSAGES) {
  const files = memoryFiles({ 'tokenizer_config.json': { ...config, chat_template: source } })
  const template = await readChatTemplate(files)
  return template === null ? null : renderChat(template, messages, []).text
}

describe('where a template stands', () => {
  test('none', async () => {
    expect(await readChatTemplate(memoryFiles({}))).toBeNull()
    expect(await readChatTemplate(memoryFiles({ 'tokenizer_config.json': { chat_template: null } }))).toBeNull()
  })

  test('a file of its own before tokenizer_config.json, which has the tokens', async () => {
    const files = memoryFiles({
      'chat_template.jinja': `{{ bos_token }}${JINJA}`,
      'tokenizer_config.json': { chat_template: 'other', bos_token: { content: '<s>' }, pad_token: null },
    })
    expect(await readChatTemplate(files)).toEqual({
      source: `{{ bos_token }}${JINJA}`,
      file: 'chat_template.jinja',
      tokens: { bos_token: '<s>' },
    })
  })

  test('a list: the one named default, or the only one', async () => {
    const list = (...names: readonly string[]) =>
      memoryFiles({ 'tokenizer_config.json': { chat_template: names.map((name) => ({ name, template: name })) } })
    expect((await readChatTemplate(list('tool_use', 'default')))?.source).toBe('default')
    expect((await readChatTemplate(list('rag')))?.source).toBe('rag')
    await expect(readChatTemplate(list('rag', 'tool_use'))).rejects.toThrow(/found rag, tool_use/)
    await expect(readChatTemplate(memoryFiles({ 'tokenizer_config.json': { chat_template: 5 } }))).rejects.toThrow(
      /tokenizer_config\.json, chat_template: .*found 5/,
    )
  })
})

describe('what a template may do', () => {
  test('tokens that are not given are empty', async () => {
    expect(await rendered(`{{ bos_token }}${JINJA}{{ eos_token }}`, { eos_token: '</s>' })).toBe(
      '[system] Be brief.[user] Hello</s>',
    )
  })

  test('the date is the same on every day', async () => {
    expect(await rendered("{{ strftime_now('%d %b %Y, %B %A %%') }}")).toBe('26 Jul 2024, July Friday %')
  })

  test('the generation prompt, and variables that nobody gives', async () => {
    const source = '{% if add_generation_prompt %}yes{% endif %}{% if tools is defined and tools %}tools{% endif %}'
    expect(await rendered(source)).toBe('yes')
  })
})

describe('errors name the place', () => {
  test.each([
    ['{% if %}', /tokenizer_config\.json, chat_template: The chat template cannot be read/],
    [
      '{{ raise_exception("System role not supported") }}',
      /refuses the messages: System role not supported.*Leave the system message empty/,
    ],
    ['{{ documents() }}', /The chat template fails \(found Cannot call something/],
    ['{{ tools + "x" }}', /The chat template fails \(found .*undefined/],
    ['x'.repeat(1_000_001), /too long \(expected at most 1000000 characters/],
  ])('%.40s', async (source, message) => {
    await expect(rendered(source)).rejects.toThrow(message)
  })

  test('a refusal without a system message says something else', async () => {
    const source = '{{ raise_exception("no") }}'
    await expect(rendered(source, {}, MESSAGES.slice(1))).rejects.toThrow(/no \(found user\)\. Ask the model by plain/)
  })
})
