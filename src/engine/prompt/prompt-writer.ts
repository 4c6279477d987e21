import { StepscopeError } from '../../core/errors.ts'
import type { Prompt, PutProblem } from '../../core/prompt.ts'
import { promptText } from '../../core/prompt.ts'
import type { Manifest } from '../../search/manifest.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { readChatTemplate } from './chat-template.ts'
import type { PromptStyle } from './prompt-for.ts'
import { promptFor } from './prompt-for.ts'

/** A prompt as it is put to one model. */
export interface WrittenPrompt {
  readonly ids: readonly number[]
  /** For people and records; special tokens by the text that stands for them. */
  readonly text: string
}

/**
 * Puts problems and texts into the form that a model was made for. A text alone is what a person says in a chat, and stays as
 * it is in the other forms.
 * @throws StepscopeError as `Tokenizer.encodePrompt` and `renderChat`
 */
export type PromptWriter = (prompt: Prompt) => WrittenPrompt

type PromptTokenizer = Pick<Tokenizer, 'encodePrompt' | 'encodeRendered' | 'specialTexts'>

/** For models that were trained on their task's own notation. */
export function notationPrompts(tokenizer: Pick<Tokenizer, 'encodePrompt'>): PromptWriter {
  return (prompt) => {
    const text = promptText(prompt)
    return { ids: tokenizer.encodePrompt(text), text }
  }
}

/**
 * The writer of a folder's manifest. A chat begins with what a person says of it, which is meant for the policy alone, else with
 * the manifest's message, else with the task's.
 * @throws StepscopeError `bad-checkpoint` where it says chat and the folder has no template
 */
export async function readPromptWriter(
  files: CheckpointFiles,
  { prompt: form, system, role }: Pick<Manifest, 'prompt' | 'system' | 'role'>,
  tokenizer: PromptTokenizer,
  signal?: AbortSignal,
): Promise<PromptWriter> {
  const systemOf = (prompt: PutProblem): string => {
    const own = role === 'policy' ? prompt.ownSystem : undefined
    return own ?? system ?? prompt.system
  }
  if (form !== 'chat') return formPrompts({ form }, systemOf, tokenizer)
  const template = await readChatTemplate(files, signal)
  if (template !== null) {
    return formPrompts({ form, template, specials: tokenizer.specialTexts }, systemOf, tokenizer)
  }
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The model is to be asked in a chat, and its folder has no chat template',
    expected: 'chat_template.jinja, or chat_template in tokenizer_config.json',
    found: 'neither',
    place: { file: 'stepscope.json', field: 'prompt' },
    nextStep: 'Add the template, or choose completion as the form of the prompt.',
  })
}

function formPrompts(
  style: PromptStyle,
  systemOf: (prompt: PutProblem) => string,
  tokenizer: PromptTokenizer,
): PromptWriter {
  return (prompt) => {
    if (typeof prompt === 'string' && style.form !== 'chat') {
      return { ids: tokenizer.encodePrompt(prompt), text: prompt }
    }
    const given = typeof prompt === 'string' ? { question: prompt, notation: null, system: '', examples: [] } : prompt
    const { text, cuts, rendered } = promptFor({ ...given, system: systemOf(given) }, style)
    return { ids: rendered ? tokenizer.encodeRendered(text, cuts) : tokenizer.encodePrompt(text), text }
  }
}
