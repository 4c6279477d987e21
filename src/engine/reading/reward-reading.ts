import type { RewardManifest, StatedManifest } from '../../search/manifest.ts'
import { mergeManifests } from '../../search/manifest.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { readConfig } from '../checkpoint/config.ts'
import { readManifest, rewardManifest } from '../checkpoint/manifest.ts'
import type { DecoderConfig } from '../decoder/decoder.ts'
import { checkTask, readFittingTokenizer, wrongHead } from '../fitting.ts'
import { readPromptWriter } from '../prompt/prompt-writer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import type { OpenedReading } from './open-reading.ts'
import { configFor, openReading } from './open-reading.ts'
import type { RecognizedReading } from './recognize.ts'
import { recognizeReading } from './recognize.ts'

/** A reward model as far as its small files tell: all but its weights. */
export interface RewardReading {
  readonly manifest: RewardManifest
  /** Why it is read so: one sentence for people. */
  readonly reason: string
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer
  readonly opened: OpenedReading
}

/**
 * Settles how a folder is read as a reward model, and makes it ready.
 * @throws StepscopeError `unsupported-config`, `bad-checkpoint` or `bad-tokenizer` with file and field of what is missing or
 * does not fit
 */
export async function readRewardReading(
  files: CheckpointFiles,
  options: {
    readonly manifest?: StatedManifest
    readonly tasks?: readonly string[]
    readonly signal?: AbortSignal
  },
): Promise<RewardReading> {
  const { manifest: given = {}, tasks, signal } = options
  const stated = await readConfig(files, signal)
  const stored = await readManifest(files, signal)
  const recognized = await recognizeReading(files, stated, true, signal)
  const { reading } = mergeManifests(stored, given)
  if (
    stated.outputHead.kind === 'language-model' &&
    recognized === null &&
    (reading?.id ?? 'step-end') === 'step-end'
  ) {
    throw wrongHead('a score head (…ForTokenClassification), or a reading of the logits', 'a language-model head')
  }
  const manifest = await rewardManifest(files, given, signal, recognized?.manifest)
  checkTask(manifest, tasks)
  const config = await configFor(manifest.reading, files, stated, signal)
  const tokenizer = await readFittingTokenizer(files, config, signal)
  const prompts = await readPromptWriter(files, manifest, tokenizer, signal)
  const opened = await openReading(files, manifest, tokenizer, config, prompts, signal)
  return { manifest, reason: reasonOf(given, stored, recognized), config, tokenizer, opened }
}

function reasonOf(given: StatedManifest, stored: StatedManifest, recognized: RecognizedReading | null): string {
  const known = recognized?.manifest.reading
  const chosen = given.reading?.id
  const same =
    known !== undefined && chosen === known.id && (known.scoreAt ?? given.reading?.scoreAt) === given.reading?.scoreAt
  if (given.reading !== undefined && !same) return 'It was chosen here.'
  if (stored.reading !== undefined || recognized === null) return 'Its stepscope.json says so.'
  return recognized.reason
}
