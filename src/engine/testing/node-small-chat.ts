import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { QWEN_HALF_BILLION, randomCheckpoint } from './random-checkpoint.ts'

const TOKENIZER = fileURLToPath(new URL('../../../tests/fixtures/chat/chatml', import.meta.url))

const CONFIG = {
  ...QWEN_HALF_BILLION,
  hidden_size: 32,
  intermediate_size: 64,
  num_attention_heads: 1,
  num_key_value_heads: 1,
  num_hidden_layers: 1,
  max_position_embeddings: 1024,
  vocab_size: 424,
  bos_token_id: 0,
  eos_token_id: 0,
}

/** Writes the folder of a chat model (ChatML) that is small and has random weights: what it says means nothing. */
export async function writeSmallChat(
  folder: string,
  manifest: Readonly<Record<string, unknown>> = { role: 'policy', step_end: '\n' },
): Promise<string> {
  mkdirSync(folder, { recursive: true })
  cpSync(TOKENIZER, folder, { recursive: true })
  const files = randomCheckpoint(CONFIG, { 'stepscope.json': manifest })
  for (const file of files.files) writeFileSync(join(folder, file), await files.read(file, 0, await files.size(file)))
  return folder
}
