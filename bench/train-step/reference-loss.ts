import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import { openWeights } from '../../src/engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'
import { readLogits } from '../../src/engine/logprobs.ts'
import { MODELS } from '../models/served-files.ts'
import type { TrainStepBatch } from './engine.ts'

/** The loss before training by the engine that runs models, on the CPU: no code of a trainer is in it. */
export async function referenceLoss(model: string, { tokenIds, promptTokens }: TrainStepBatch): Promise<number> {
  const { backend } = await openBackend({ choice: 'cpu' })
  const files = await openCheckpointDirectory(`${MODELS}${model}`)
  const tokens = tokenIds[0]?.length ?? 0
  const decoder = await createDecoder(backend, await readConfig(files), await openWeights(files), {
    cacheTokens: 2 * tokens,
    slots: tokens,
    maxRows: tokens,
  })
  try {
    let sum = 0
    let count = 0
    for (const [index, ids] of tokenIds.entries()) {
      const prompt = promptTokens[index] ?? 1
      const evaluated = Array.from({ length: tokens - prompt }, (_, slot) => slot)
      await decoder.execute({
        tokenIds: Uint32Array.from(ids),
        positions: Uint32Array.from(ids, (_, position) => position),
        sequences: new Uint32Array(tokens),
        // Every sequence in the same pages, from the first one on.
        pageTables: Uint32Array.from({ length: decoder.pagesPerSequence }, (_, page) => page),
        keep: evaluated.map((slot) => ({ row: prompt - 1 + slot, slot })),
      })
      const logits = await decoder.logits(evaluated)
      const vocabulary = decoder.config.vocabSize
      for (const slot of evaluated) {
        const row = logits.subarray(slot * vocabulary, (slot + 1) * vocabulary)
        sum -= readLogits(row, ids[prompt + slot] as number, 0).logprob
        count += 1
      }
    }
    return sum / count
  } finally {
    decoder.dispose()
    backend.dispose()
  }
}
