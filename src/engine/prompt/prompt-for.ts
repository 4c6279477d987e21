import type { PutProblem } from '../../core/prompt.ts'
import type { PromptForm } from '../../search/manifest.ts'
import type { ChatMessage, ChatTemplate, RenderedText } from './chat-template.ts'
import { renderChat } from './chat-template.ts'

/** How a model is asked, apart from any problem. */
export type PromptStyle =
  | { readonly form: Exclude<PromptForm, 'chat'> }
  | { readonly form: 'chat'; readonly template: ChatTemplate; readonly specials: readonly string[] }

/** A prompt as it is sent. Plain data. */
export interface Prompt extends RenderedText {
  /** Whether the text is whole as it is, as chat templates write it: the tokenizer puts nothing before it. */
  readonly rendered: boolean
  /** Whether its last words begin a think block, so that the response is thinking until `</think>`. */
  readonly thinks: boolean
}

/**
 * The prompt of a problem for a model: in the task's notation, as a chat, or as text to go on with. A task without a notation is asked
 * in words there, too.
 * @throws StepscopeError as `renderChat`
 */
export function promptFor(parts: PutProblem, style: PromptStyle): Prompt {
  if (style.form === 'chat') {
    const rendered = renderChat(style.template, chatMessages(parts), style.specials)
    return { ...rendered, rendered: true, thinks: /<think>\s*$/.test(rendered.text) }
  }
  const text = style.form === 'notation' && parts.notation !== null ? parts.notation : completionText(parts)
  return { text, cuts: [], rendered: false, thinks: false }
}

export function chatMessages({ system, question }: Pick<PutProblem, 'system' | 'question'>): ChatMessage[] {
  const user: ChatMessage = { role: 'user', content: question }
  return system === '' ? [user] : [{ role: 'system', content: system }, user]
}

/** Worked examples and the question, each in the same form; a question without examples stands for itself. */
function completionText({ question, examples }: PutProblem): string {
  if (examples.length === 0) return `${question.trimEnd()}\n`
  const shown = examples.map((example) => `Problem: ${example.question}\nSolution:\n${example.response.trimEnd()}\n\n`)
  return `${shown.join('')}Problem: ${question.trimEnd()}\nSolution:\n`
}
