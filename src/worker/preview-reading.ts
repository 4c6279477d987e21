import type { Prompt } from '../core/prompt.ts'
import type { RewardReading } from '../engine/reading/reward-reading.ts'
import { EngineRewardModel } from '../engine/reward-model.ts'
import type { RewardModel } from '../search/models.ts'
import type { ReadingPreview } from './protocol.ts'

/** Room for a sample where the model is not loaded. */
const PREVIEW_TOKENS = 8192

/**
 * A sample as a reading puts it to its model.
 * @param loaded the model of the same files, read in some way; its scores in this one are told where the head is the same
 */
export async function previewReading(
  { manifest, reason, config, tokenizer, opened }: RewardReading,
  loaded: RewardModel | null,
  prompt: Prompt,
  steps: readonly string[],
  signal: AbortSignal,
): Promise<ReadingPreview> {
  const model = loaded instanceof EngineRewardModel ? loaded.model : null
  const same = model !== null && JSON.stringify(model.decoder.config.outputHead) === JSON.stringify(config.outputHead)
  const reader = opened.reader(model?.contextLength ?? PREVIEW_TOKENS)
  const read =
    loaded !== null && same
      ? await new EngineRewardModel({ model, info: loaded.info, reader, scoring: opened.scoring }).read(
          prompt,
          steps,
          signal,
        )
      : { ...reader.write(prompt, steps), scores: null }
  const texts = tokenizer.texts([...read.ids])
  return {
    manifest,
    reason,
    tokens: read.ids.map((id, index) => ({ id, text: texts[index] ?? '' })),
    positions: read.positions,
    scores: read.scores,
  }
}
