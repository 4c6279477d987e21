import { expect, test } from 'vitest'
import type { PutProblem } from '../../core/prompt.ts'
import type { ModelRole } from '../../search/manifest.ts'
import { memoryFiles } from '../testing/memory-files.ts'
import { readPromptWriter } from './prompt-writer.ts'

const files = memoryFiles({
  'tokenizer_config.json': {
    chat_template: '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}[assistant]',
  },
})
const tokenizer = {
  encodePrompt: (text: string) => [text.length],
  encodeRendered: (text: string) => [text.length],
  specialTexts: [],
}
const PROBLEM: PutProblem = { question: 'How many?', notation: null, system: 'Of the task.', examples: [] }

async function chatOf(role: ModelRole, system: string | undefined, prompt: PutProblem): Promise<string> {
  const manifest = { role, prompt: 'chat', ...(system === undefined ? {} : { system }) } as const
  return (await readPromptWriter(files, manifest, tokenizer))(prompt).text
}
const begins = (system: string): string => `${system === '' ? '' : `[system]${system}`}[user]How many?[assistant]`

test.each([
  ['policy', undefined, undefined, 'Of the task.'],
  ['policy', 'Of the model.', undefined, 'Of the model.'],
  ['policy', '', undefined, ''],
  ['policy', 'Of the model.', 'A person’s.', 'A person’s.'],
  ['policy', 'Of the model.', '', ''],
  ['process-reward-model', 'Of the model.', 'A person’s.', 'Of the model.'],
  ['process-reward-model', undefined, 'A person’s.', 'Of the task.'],
] as const)(
  'a chat of a %s whose manifest says %j, and a person %j, begins with %j',
  async (role, manifest, own, said) => {
    const prompt = own === undefined ? PROBLEM : { ...PROBLEM, ownSystem: own }
    expect(await chatOf(role, manifest, prompt)).toBe(begins(said))
  },
)
