import { StepscopeError } from '../core/errors.ts'
import type { StatedManifest } from '../search/manifest.ts'
import type { CheckpointFiles } from './checkpoint/checkpoint-files.ts'
import { checkEndTokens } from './checkpoint/config.ts'
import type { DecoderConfig } from './decoder/decoder.ts'
import type { Tokenizer } from './tokenizer/tokenizer.ts'
import { readTokenizer } from './tokenizer/tokenizer.ts'

/** @param tasks ids of those there are; none are looked at where they are not given */
export function checkTask({ task }: StatedManifest, tasks: readonly string[] | undefined): void {
  if (task === undefined || tasks === undefined || tasks.includes(task)) return
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: 'There is no such task',
    expected: tasks.join(', '),
    found: task,
    place: { file: 'stepscope.json', field: 'task' },
    nextStep: 'Name one of these tasks, or leave the field out where the model serves any.',
  })
}

/** The folder's tokenizer, whose tokens the model has; and whose ends of the sequence it can write. */
export async function readFittingTokenizer(
  files: CheckpointFiles,
  config: DecoderConfig,
  signal?: AbortSignal,
): Promise<Tokenizer> {
  const tokenizer = await readTokenizer(files, signal)
  tokenizer.fitTo(config.vocabSize)
  await checkEndTokens(files, config)
  return tokenizer
}

/** The checkpoint has another head than the role takes. */
export function wrongHead(expected: string, found: string): StepscopeError {
  return new StepscopeError({
    code: 'unsupported-config',
    message: 'The model cannot take this role',
    expected,
    found,
    place: { file: 'config.json', field: 'architectures' },
    nextStep: 'Choose a checkpoint made for this role.',
  })
}
