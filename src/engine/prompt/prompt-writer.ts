import type { Prompt } from '../../core/prompt.ts'
import { promptText } from '../../core/prompt.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'

/** A prompt as it is put to one model. */
export interface WrittenPrompt {
  readonly ids: readonly number[]
  /** For people and records; special tokens by the text that stands for them. */
  readonly text: string
}

/** Puts problems and texts into the form that a model was made for. Throws as `Tokenizer.encodePrompt`. */
export type PromptWriter = (prompt: Prompt) => WrittenPrompt

/** For models that were trained on their task's own notation. */
export function notationPrompts(tokenizer: Pick<Tokenizer, 'encodePrompt'>): PromptWriter {
  return (prompt) => {
    const text = promptText(prompt)
    return { ids: tokenizer.encodePrompt(text), text }
  }
}
