import type { EngineModel } from './engine-model.ts'

/**
 * Head outputs at every position of token sequences, which need no tokenizer: logits, or raw scores of a score head.
 * @returns for each sequence [tokens, width], width being the vocabulary or the number of labels
 */
export async function headOutputs(
  model: EngineModel,
  sequences: readonly (readonly number[])[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const width = model.scheduler.outputWidth
  return Promise.all(
    sequences.map(async (ids) => {
      model.checkLength(ids.length)
      const outputs = new Float32Array(ids.length * width)
      const sequence = model.createSequence()
      try {
        await model.scheduler.execute({
          sequence,
          ids,
          readouts: ids.map((_, index) => index),
          onOutput: (row, index) => outputs.set(row, index * width),
          signal,
        })
      } finally {
        sequence.release()
        model.scheduler.released()
      }
      return outputs
    }),
  )
}
