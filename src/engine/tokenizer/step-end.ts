import type { DecoderConfig } from '../decoder/decoder.ts'
import { TOKEN_ENDS_SEQUENCE, TOKEN_ENDS_STEP, TOKEN_NEVER_SAMPLED } from '../decoder/decoder.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Flags per vocabulary id for the sampler: tokens whose text contains a step end, end-of-sequence tokens, and tokens
 * that are never sampled (padding, and rows of the embedding beyond the tokenizer's vocabulary).
 */
export function stepFlags(
  config: Pick<DecoderConfig, 'vocabSize' | 'eosTokenIds' | 'padTokenId'>,
  tokenizer: Tokenizer,
  stepEnds: readonly string[],
): Uint32Array {
  const flags = new Uint32Array(config.vocabSize)
  for (let id = 0; id < flags.length; id++) {
    if (config.eosTokenIds.includes(id)) flags[id] = TOKEN_ENDS_SEQUENCE
    else if (id === config.padTokenId || !tokenizer.has(id)) flags[id] = TOKEN_NEVER_SAMPLED
    else if (stepEnds.some((end) => tokenizer.text(id).includes(end))) flags[id] = TOKEN_ENDS_STEP
  }
  return flags
}

/**
 * Finds a step end that is spread over several tokens, which no single token's flag can tell; undefined where none of them
 * can be.
 * @returns how many tokens belong to the step, or null where it has not ended
 */
export function stepEndCut(
  tokenizer: Tokenizer,
  stepEnds: readonly string[],
): ((tokenIds: readonly number[]) => number | null) | undefined {
  // One character can only be spread over several tokens as bytes; those are decoded together too.
  if (stepEnds.every((end) => [...end].length <= 1)) return undefined
  return (tokenIds) => {
    const texts = tokenizer.texts(tokenIds)
    const text = texts.join('')
    const ends = stepEnds.flatMap((end) => (text.includes(end) ? [text.indexOf(end) + end.length] : []))
    if (ends.length === 0) return null
    const first = Math.min(...ends)
    let length = 0
    for (const [index, part] of texts.entries()) {
      length += part.length
      if (length >= first) return index + 1
    }
    return tokenIds.length
  }
}
