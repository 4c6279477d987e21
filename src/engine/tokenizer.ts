import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { firstSchemaIssue } from '../core/schema-issue.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { hasFile, readJson } from './checkpoint-text.ts'
import { checkTokenizerJson, TOKENIZER_PARTS } from './tokenizer-json.ts'

/** Stands for bytes that are not (or not yet) a character. */
const REPLACEMENT = '\uFFFD'
const TOKENIZER_FILE = 'tokenizer.json'
const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json'

/**
 * Text to token ids and back, without special tokens being added. A token's text is what it adds after other text: the
 * texts of a sequence, joined, are the decoded text, also where a character is spread over several byte tokens (the
 * last of them carries it).
 */
export class Tokenizer {
  private readonly inner: HuggingFaceTokenizer
  /** Texts of single tokens; null for those that are part of a character. */
  private readonly pieces = new Map<number, string | null>()
  /** A plain token to decode behind, because some decoders treat the start of a text differently. */
  private readonly anchor: { readonly ids: readonly number[]; readonly text: string }
  private readonly checksText: boolean

  /** @throws StepscopeError `bad-tokenizer` with what is wrong */
  constructor(tokenizerJson: unknown, tokenizerConfig: unknown) {
    this.inner = build(tokenizerJson, tokenizerConfig)
    this.anchor = this.findAnchor()
    // A normalizer may change the text on purpose; without one, text that does not come back was dropped.
    this.checksText = this.inner.normalizer === null
  }

  /**
   * Token ids of a text.
   * @throws StepscopeError `bad-problem` where the vocabulary has no token for a character
   */
  encode(text: string): number[] {
    if (text === '') return []
    const ids = this.inner.encode(text, { add_special_tokens: false }).ids
    const known = ids.every((id) => id !== undefined && id !== null)
    if (!known || (this.checksText && this.decode(ids) !== text)) throw this.unknownText(text)
    return ids
  }

  /** Text of a sequence that follows other text. */
  decode(ids: readonly number[]): string {
    return this.texts(ids).join('')
  }

  /** Text of each token of a sequence that follows other text; joined, they are the decoded text. */
  texts(ids: readonly number[]): string[] {
    const texts: string[] = []
    let window: number[] = []
    for (const [index, id] of ids.entries()) {
      const piece = window.length === 0 ? this.piece(id) : null
      if (piece !== null) {
        texts.push(piece)
        continue
      }
      window.push(id)
      const text = this.decodeBehindAnchor(window)
      const last = index === ids.length - 1
      if (text.endsWith(REPLACEMENT) && !last) texts.push('')
      else {
        texts.push(text)
        window = []
      }
    }
    return texts
  }

  /** @throws StepscopeError `bad-tokenizer` where the tokenizer has ids beyond the model's vocabulary */
  checkFits(vocabSize: number): void {
    const beyond = [...this.inner.get_vocab()].find(([, id]) => id >= vocabSize)
    if (beyond === undefined) return
    throw new StepscopeError({
      code: 'bad-tokenizer',
      message: 'The tokenizer does not belong to the model',
      expected: `token ids below ${vocabSize} (vocab_size of config.json)`,
      found: `${JSON.stringify(beyond[0])} with id ${beyond[1]}`,
      place: { file: TOKENIZER_FILE, field: 'model.vocab' },
      nextStep: 'Use the tokenizer.json of the same checkpoint.',
    })
  }

  /** Whether the vocabulary has this id. */
  has(id: number): boolean {
    return this.inner.id_to_token(id) !== undefined
  }

  /** Text of one token; the replacement character where it is only a part of one. */
  text(id: number): string {
    return this.piece(id) ?? REPLACEMENT
  }

  private piece(id: number): string | null {
    const known = this.pieces.get(id)
    if (known !== undefined) return known
    const text = this.decodeBehindAnchor([id])
    const piece = text.includes(REPLACEMENT) ? null : text
    this.pieces.set(id, piece)
    return piece
  }

  private decodeBehindAnchor(ids: readonly number[]): string {
    // Ids beyond the vocabulary (padded embeddings) have no text.
    const known = ids.filter((id) => this.has(id))
    if (known.length === 0) return ''
    return this.decodeRaw([...this.anchor.ids, ...known]).slice(this.anchor.text.length)
  }

  private decodeRaw(ids: readonly number[]): string {
    return this.inner.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false })
  }

  private findAnchor(): { readonly ids: readonly number[]; readonly text: string } {
    for (const candidate of ['a', '0', 'A', '1', '.']) {
      const id = this.inner.token_to_id(candidate)
      if (id !== undefined && this.decodeRaw([id]) === candidate) return { ids: [id], text: candidate }
    }
    return { ids: [], text: '' }
  }

  private unknownText(text: string): StepscopeError {
    const characters = [...new Set(text)].filter((character) => {
      const { ids } = this.inner.encode(character, { add_special_tokens: false })
      return ids.length === 0 || ids.some((id) => id === undefined || id === null) || this.decode(ids) !== character
    })
    return new StepscopeError({
      code: 'bad-problem',
      message: "The text cannot be written with the model's vocabulary",
      found: characters.map((character) => JSON.stringify(character)).join(', ') || JSON.stringify(text),
      nextStep: 'Use only characters the model was trained on.',
    })
  }
}

/**
 * Reads tokenizer.json and tokenizer_config.json (which may be missing).
 * @throws StepscopeError `bad-tokenizer` with the file and what is wrong
 */
export async function readTokenizer(files: CheckpointFiles, signal?: AbortSignal): Promise<Tokenizer> {
  const read = async (file: string) => {
    try {
      return await readJson(files, file, signal)
    } catch (error) {
      if (!(error instanceof StepscopeError) || error.details.code !== 'bad-checkpoint') throw error
      throw new StepscopeError({ ...error.details, code: 'bad-tokenizer' }, { cause: error })
    }
  }
  const config = hasFile(files, TOKENIZER_CONFIG_FILE) ? await read(TOKENIZER_CONFIG_FILE) : {}
  return new Tokenizer(await read(TOKENIZER_FILE), config)
}

function build(tokenizerJson: unknown, tokenizerConfig: unknown): HuggingFaceTokenizer {
  const fail = (message: string, field?: string, cause?: unknown) =>
    new StepscopeError(
      {
        code: 'bad-tokenizer',
        message,
        place: { file: TOKENIZER_FILE, ...(field === undefined ? {} : { field }) },
        nextStep: 'Download the file again from the checkpoint it belongs to.',
      },
      { cause },
    )
  if (typeof tokenizerJson !== 'object' || tokenizerJson === null || Array.isArray(tokenizerJson)) {
    throw fail('The tokenizer is not a JSON object')
  }
  const json = tokenizerJson as Record<string, unknown>
  const model = json.model
  if (typeof model !== 'object' || model === null) throw fail('The field is missing', 'model')
  const vocab = (model as Record<string, unknown>).vocab
  if (typeof vocab !== 'object' || vocab === null) throw fail('The field is missing', 'model.vocab')
  if (json.added_tokens !== undefined && !Array.isArray(json.added_tokens)) throw fail('Not a list', 'added_tokens')
  checkTokenizerJson(json, TOKENIZER_FILE)
  const config = z.looseObject({}).safeParse(tokenizerConfig)
  if (!config.success) {
    const { message } = firstSchemaIssue(config.error, tokenizerConfig)
    throw new StepscopeError({ code: 'bad-tokenizer', message, place: { file: TOKENIZER_CONFIG_FILE } })
  }
  const without = (part?: string) => {
    const empty = { decoder: null, post_processor: null, pre_tokenizer: null, normalizer: null }
    const given = { ...empty, ...json, added_tokens: json.added_tokens ?? [], ...(part ? { [part]: null } : {}) }
    return new HuggingFaceTokenizer(given, tokenizerConfig as object)
  }
  try {
    return without()
  } catch (cause) {
    const part = TOKENIZER_PARTS.find((name) => builds(() => without(name)))
    const message = `The tokenizer cannot be built: ${cause instanceof Error ? cause.message : String(cause)}`
    throw fail(message, part ?? 'model', cause)
  }
}

function builds(build: () => unknown): boolean {
  try {
    build()
    return true
  } catch {
    return false
  }
}
