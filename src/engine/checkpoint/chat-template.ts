import type { CheckpointFiles } from './checkpoint-files.ts'
import { hasFile, readJson } from './checkpoint-text.ts'

/** A template in a file of its own, as Transformers has written it since 2025. */
export const CHAT_TEMPLATE_FILE = 'chat_template.jinja'

/** Whether the folder says how a chat is written for its model. */
export async function hasChatTemplate(files: CheckpointFiles, signal?: AbortSignal): Promise<boolean> {
  if (hasFile(files, CHAT_TEMPLATE_FILE)) return true
  if (!hasFile(files, 'tokenizer_config.json')) return false
  const config = await readJson(files, 'tokenizer_config.json', signal)
  const template = (config as { readonly chat_template?: unknown } | null)?.chat_template
  return typeof template === 'string' || (Array.isArray(template) && template.length > 0)
}
