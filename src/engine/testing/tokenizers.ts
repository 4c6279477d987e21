import { Tokenizer } from '../tokenizer/tokenizer.ts'

/** tokenizer.json of a vocabulary without merges: one token per entry of a text's characters. */
export function characterTokenizerJson(tokens: readonly string[]): object {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      unk_token: null,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [],
    },
  }
}

export function characterTokenizer(tokens: readonly string[]): Tokenizer {
  return new Tokenizer(characterTokenizerJson(tokens), {})
}

/** tokenizer.json of a byte-level BPE: 256 byte tokens, in the order of the bytes, then the merges. */
export function byteLevelTokenizerJson(merges: readonly (readonly [string, string])[]): object {
  const vocab = new Map<string, number>()
  for (let byte = 0; byte < 256; byte++) vocab.set(byteCharacter(byte), byte)
  for (const [left, right] of merges) vocab.set(left + right, vocab.size)
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', unk_token: null, vocab: Object.fromEntries(vocab), merges },
  }
}

/** GPT-2's visible character for a byte. */
export function byteCharacter(byte: number): string {
  const visible = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255)
  if (visible(byte)) return String.fromCharCode(byte)
  const hidden = Array.from({ length: 256 }, (_, b) => b).filter((b) => !visible(b))
  return String.fromCharCode(256 + hidden.indexOf(byte))
}
