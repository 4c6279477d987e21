type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * tokenizer.json for a text that goes on after another: SentencePiece-like tokenizers, and byte-level ones on request,
 * put a space before the first word of whatever they are given, which belongs to the beginning of a prompt alone.
 * @returns the same object where the tokenizer puts none
 */
export function continuedTokenizer(json: Json): Json {
  const preTokenizer = withoutSpace(json.pre_tokenizer)
  const normalizer = withoutSpace(json.normalizer)
  if (preTokenizer === json.pre_tokenizer && normalizer === json.normalizer) return json
  return { ...json, pre_tokenizer: preTokenizer, normalizer }
}

function withoutSpace(part: unknown): unknown {
  if (!isObject(part)) return part
  switch (part.type) {
    case 'Metaspace':
      // Before `prepend_scheme` the field was `add_prefix_space`; both default to a space.
      return part.prepend_scheme === 'never' ? part : { ...part, prepend_scheme: 'never', add_prefix_space: false }
    case 'ByteLevel':
      return part.add_prefix_space === true ? { ...part, add_prefix_space: false } : part
    case 'Prepend':
      return null
    case 'Sequence': {
      const key = Array.isArray(part.normalizers) ? 'normalizers' : 'pretokenizers'
      const parts: readonly unknown[] = Array.isArray(part[key]) ? part[key] : []
      const changed = parts.map(withoutSpace)
      if (changed.every((one, index) => one === parts[index])) return part
      return { ...part, [key]: changed.filter((one) => one !== null) }
    }
    default:
      return part
  }
}

/** Whether a normalizer only writes spaces in another way, which decoding undoes: text that does not come back was dropped. */
export function keepsText(normalizer: unknown): boolean {
  if (normalizer === null || normalizer === undefined) return true
  if (!isObject(normalizer)) return false
  if (normalizer.type === 'Sequence')
    return Array.isArray(normalizer.normalizers) && normalizer.normalizers.every(keepsText)
  if (normalizer.type === 'Prepend') return true
  const pattern = isObject(normalizer.pattern) ? normalizer.pattern.String : undefined
  return normalizer.type === 'Replace' && pattern === ' ' && normalizer.content === '▁'
}
