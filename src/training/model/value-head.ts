import type { Backend } from '../../compute/backend.ts'
import type { DecoderConfig } from '../../engine/decoder/decoder.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import type { DecoderLayout } from '../../engine/decoder/decoder-layout.ts'
import { roundUp } from '../../engine/decoder/decoder-layout.ts'
import type { MatrixPlan } from '../../engine/decoder/decoder-tensors.ts'
import type { Matrix } from '../../engine/decoder/decoder-weights.ts'

/** Name of the value head's weight in checkpoints, as in Hugging Face score heads. */
export const VALUE_HEAD = 'score.weight'

/** A scalar head of zeros beside the language model. */
export async function createValueHead(
  buffers: DecoderBuffers,
  config: DecoderConfig,
  layout: DecoderLayout,
  backend: Backend,
): Promise<{ readonly plan: MatrixPlan; readonly matrix: Matrix }> {
  const columns = roundUp(1, backend.tuning.matmul.columns)
  const same = (index: number) => index
  return {
    plan: {
      inner: layout.hidden,
      columns,
      sources: [{ name: VALUE_HEAD, shape: [1, config.hiddenSize], column: same, row: same, bias: null }],
    },
    matrix: {
      inner: layout.hidden,
      format: 'f32',
      parts: [
        {
          first: 0,
          columns,
          weights: await buffers.words(layout.hidden * columns, 'weights'),
          bias: await buffers.words(columns, 'control'),
        },
      ],
    },
  }
}
