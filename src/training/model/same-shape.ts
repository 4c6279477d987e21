import { StepscopeError } from '../../core/errors.ts'
import type { DecoderConfig } from '../../engine/decoder/decoder.ts'
import type { BatchLimits } from './packed-batch.ts'

/** What two models that share activations have in common, as config.json calls it. */
const SHAPE = [
  ['hidden_size', ({ hiddenSize }) => hiddenSize],
  ['intermediate_size', ({ intermediateSize }) => intermediateSize],
  ['num_hidden_layers', ({ layers }) => layers.length],
  ['num_attention_heads', ({ heads }) => heads],
  ['num_key_value_heads', ({ keyValueHeads }) => keyValueHeads],
  ['head_dim', ({ headDim }) => headDim],
  ['vocab_size', ({ vocabSize }) => vocabSize],
  [
    'model_type',
    ({ layers }) =>
      layers.some(({ norms }) => norms.queryKey) ? 'norms of queries and keys' : 'no norms of queries and keys',
  ],
  ['architectures', ({ outputHead }) => (outputHead.kind === 'score' ? 'a score head' : 'a language-model head')],
] as const satisfies readonly (readonly [string, (config: DecoderConfig) => number | string])[]

/**
 * Whether a reference can stand beside a model in training. Rotary positions, norms' ε, biases and tied heads may be its own.
 * @throws StepscopeError `bad-setting` naming the first field of config.json that differs, with both values
 */
export function checkSameShape(own: DecoderConfig, reference: DecoderConfig, { maxPositions }: BatchLimits): void {
  const differing = SHAPE.find(([, of]) => of(own) !== of(reference))
  if (differing !== undefined) {
    const [field, of] = differing
    throw unlike(field, String(of(own)), String(of(reference)))
  }
  if (reference.maxPositions < maxPositions) {
    throw unlike('max_position_embeddings', `at least ${maxPositions} (maxTokens)`, String(reference.maxPositions))
  }
}

function unlike(field: string, expected: string, found: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: `The reference model cannot stand beside the model: its ${field} is another`,
    expected,
    found,
    place: { field: 'reference' },
    nextStep: 'Take a reference of the same shape, or none: the model before training.',
  })
}
