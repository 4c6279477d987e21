import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import { firstSchemaIssue } from '../../core/schema-issue.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { hasFile, readJson } from '../checkpoint/checkpoint-text.ts'
import { continuedTokenizer, keepsText } from './continued-text.ts'
import { longestTokens } from './longest-tokens.ts'
import { checkTokenizerJson, TOKENIZER_PARTS } from './tokenizer-json.ts'

/** Stands for bytes that are not (or not yet) a character. */
const REPLACEMENT = '\uFFFD'
const TOKENIZER_FILE = 'tokenizer.json'
const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json'

/**
 * Text to token ids and back. A prompt is encoded as the tokenizer's own template has it, with the tokens put before it;
 * what follows a prompt is encoded as it goes on, without a space or a token in front. Characters of a text never become
 * special tokens. A token's text is what it adds after other text: the texts of a sequence, joined, are the decoded
 * text, also where a character is spread over several byte tokens (the last of them carries it).
 */
export class Tokenizer {
  /** For text that goes on. */
  private readonly inner: HuggingFaceTokenizer
  /** For the beginning of a text; the same one where nothing differs there. */
  private readonly first: HuggingFaceTokenizer
  /** Ids that the template puts before a text. */
  private readonly before: readonly number[]
  /** How special tokens are written, the longest first. */
  private readonly specials: readonly string[]
  /** Texts of single tokens; null for those that are part of a character. */
  private readonly known = new Map<number, string | null>()
  /** A plain token to decode behind, because some decoders treat the start of a text differently. */
  private readonly anchor: { readonly ids: readonly number[]; readonly text: string }
  private readonly checksText: boolean
  /** Texts of the tokens that were added to the vocabulary. */
  private readonly added: ReadonlySet<string>
  /** Ids of plain tokens by their texts, once a text needs them. */
  private plainTokens: ReadonlyMap<string, number> | null = null
  /** Tokens that the model has. */
  private vocabSize = Number.POSITIVE_INFINITY

  /** @throws StepscopeError `bad-tokenizer` with what is wrong */
  constructor(tokenizerJson: unknown, tokenizerConfig: unknown) {
    const json = checkTokenizer(tokenizerJson)
    const continued = continuedTokenizer(json)
    this.inner = build(continued, tokenizerConfig)
    this.first = continued === json ? this.inner : build(json, tokenizerConfig)
    this.before = idsBefore(this.first)
    const added = addedTokens(json)
    this.added = new Set(added.map(({ content }) => content))
    this.specials = added.flatMap(({ content, special }) => (special ? [content] : []))
    this.anchor = this.findAnchor()
    // A normalizer may change the text on purpose; without one, text that does not come back was dropped.
    this.checksText = keepsText(json.normalizer)
  }

  /**
   * Token ids of a prompt, as the tokenizer's template begins a sequence: what `tokenizers` and Transformers give, but
   * for tokens that the template would put behind it.
   * @throws StepscopeError as `encode`
   */
  encodePrompt(text: string): number[] {
    const ids = this.encode(text)
    const [start] = this.pieces(text)
    if (this.first === this.inner || start === undefined) return [...this.before, ...ids]
    const rest = this.encode(text.slice(start.length))
    return [...this.before, ...this.first.encode(start, { add_special_tokens: false }).ids, ...rest]
  }

  /**
   * Token ids of a text that has all its tokens already, as chat templates write it: special tokens in it are tokens, and
   * none is put before it, which is what Transformers gives for it. Those that people wrote stay characters.
   * @param cuts places behind the first character of each of those, ascending
   * @throws StepscopeError `bad-problem` where the vocabulary has no token for a character
   */
  encodeRendered(text: string, cuts: readonly number[] = []): number[] {
    const ends = [...cuts, text.length]
    return ends.flatMap((end, index) => {
      const part = text.slice(index === 0 ? 0 : ends[index - 1], end)
      // What follows a cut goes on in the middle of a text, up to the template's next token.
      const goesOn = index === 0 ? 0 : this.firstSpecial(part)
      const rest = part.slice(goesOn)
      const ids = rest === '' ? [] : this.first.encode(rest, { add_special_tokens: false }).ids
      if (!this.knows(ids) || (this.checksText && !this.writes(ids, rest))) throw this.unknownText(rest)
      return [...(goesOn === 0 ? [] : this.encodePiece(part.slice(0, goesOn))), ...ids]
    })
  }

  /** Texts of the special tokens, the longest first. */
  get specialTexts(): readonly string[] {
    return this.specials
  }

  /** Where the first special token of a text stands; its length where it has none. */
  private firstSpecial(text: string): number {
    return this.specials.reduce((least, special) => {
      const at = text.indexOf(special)
      return at >= 0 && at < least ? at : least
    }, text.length)
  }

  /** Whether the model has all of these tokens. */
  private knows(ids: readonly number[]): boolean {
    return ids.every((id) => id !== undefined && id !== null && id < this.vocabSize)
  }

  /** Whether ids are this text, but for spaces that the tokenizer puts before words. */
  private writes(ids: readonly number[], text: string): boolean {
    return this.decode(ids).replaceAll(' ', '') === text.replaceAll(' ', '')
  }

  /**
   * Token ids of a text that follows other text. Where it holds what a special token is written as, those are characters
   * like others.
   * @throws StepscopeError `bad-problem` where the vocabulary has no token for a character
   */
  encode(text: string): number[] {
    return this.pieces(text).flatMap((piece) => this.encodePiece(piece))
  }

  /** Id of a special token by its text, `<eos>` for instance; undefined where no special token has it. */
  special(text: string): number | undefined {
    return this.specials.includes(text) ? this.inner.token_to_id(text) : undefined
  }

  /** A text cut behind the first character of whatever is written as a special token of several, which so stay characters. */
  private pieces(text: string): string[] {
    const cuts = new Set<number>([text.length])
    for (const content of this.specials) {
      const start = String.fromCodePoint(content.codePointAt(0) ?? 0).length
      if (start === content.length) continue
      for (let at = text.indexOf(content); at >= 0; at = text.indexOf(content, at + 1)) cuts.add(at + start)
    }
    let from = 0
    return [...cuts]
      .sort((a, b) => a - b)
      .map((to) => {
        const piece = text.slice(from, to)
        from = to
        return piece
      })
      .filter((piece) => piece !== '')
  }

  private encodePiece(text: string): number[] {
    const ids = this.inner.encode(text, { add_special_tokens: false }).ids
    if (!this.knows(ids)) throw this.unknownText(text)
    if (!this.checksText || this.decode(ids) === text) return ids
    // A tokenizer of whole words drops `AnnBob`, which a model may well write: token by token.
    const written = longestTokens(text, this.plain())
    if (written === null) throw this.unknownText(text)
    return written
  }

  /** Tokens that write something, apart from special ones. */
  private plain(): ReadonlyMap<string, number> {
    if (this.plainTokens !== null) return this.plainTokens
    const plain = new Map<string, number>()
    for (const [token, id] of this.tokens()) {
      const text = this.specials.includes(token) ? null : this.piece(id)
      if (text) plain.set(text, id)
    }
    this.plainTokens = plain
    return plain
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

  /**
   * Says how many tokens the model has. Tokens that were added to the tokenizer alone, a `[PAD]` for instance, may lie
   * beyond: the model never writes them, and a text that needs one is refused.
   * @throws StepscopeError `bad-tokenizer` where tokens of the vocabulary itself, or of the template, lie beyond
   */
  fitTo(vocabSize: number): void {
    const beyond = [...this.inner.get_vocab()].find(
      ([token, id]) => id >= vocabSize && (this.before.includes(id) || !this.added.has(token)),
    )
    this.vocabSize = vocabSize
    this.plainTokens = null
    if (beyond === undefined) return
    throw new StepscopeError({
      code: 'bad-tokenizer',
      message: 'The tokenizer has tokens that the model has no row for',
      expected: `token ids below ${vocabSize} (vocab_size of config.json)`,
      found: `${JSON.stringify(beyond[0])} with id ${beyond[1]}`,
      place: { file: TOKENIZER_FILE, field: this.added.has(beyond[0]) ? 'added_tokens' : 'model.vocab' },
      nextStep: 'Use the tokenizer.json that the model was made with, or a model with a row for each token.',
    })
  }

  /**
   * @param name of the other model, for the message
   * @throws StepscopeError `bad-tokenizer` where another model's ids mean other tokens
   */
  checkSame(other: Tokenizer, name: string): void {
    const [own, others] = [this.tokens(), other.tokens()]
    const differs = (from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>) =>
      [...from.keys()].find((token) => from.get(token) !== to.get(token))
    const token = differs(own, others) ?? differs(others, own)
    if (token === undefined) return
    const said = (id: number | undefined) => (id === undefined ? 'no such token' : `id ${id}`)
    throw new StepscopeError({
      code: 'bad-tokenizer',
      message: `The vocabulary of ${name} is another one: it would read other tokens`,
      expected: `${JSON.stringify(token)}: ${said(own.get(token))}`,
      found: said(others.get(token)),
      place: { file: TOKENIZER_FILE, field: 'model.vocab' },
      nextStep: 'Take a reference model with the same tokenizer.',
    })
  }

  /** The tokens that the model has, with their ids. */
  private tokens(): ReadonlyMap<string, number> {
    return new Map([...this.inner.get_vocab()].filter(([, id]) => id < this.vocabSize))
  }

  /** The text that stands for a token in tokenizer.json, `<eos>` for instance; undefined where there is none. */
  content(id: number): string | undefined {
    return this.inner.id_to_token(id)
  }

  /** Id of a token as the vocabulary writes it, `▁+` for instance; undefined where the model has none. */
  idOf(token: string): number | undefined {
    const id = this.inner.token_to_id(token)
    return id !== undefined && id < this.vocabSize ? id : undefined
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
    const known = this.known.get(id)
    if (known !== undefined) return known
    const text = this.decodeBehindAnchor([id])
    const piece = text.includes(REPLACEMENT) ? null : text
    this.known.set(id, piece)
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
    const parts = new Set(text.match(/\p{L}+|\P{L}/gu))
    const plain = this.plain()
    const unknown = [...parts].filter((part) => [part, ` ${part}`].every((one) => longestTokens(one, plain) === null))
    return new StepscopeError({
      code: 'bad-problem',
      message: "The text cannot be written with the model's vocabulary",
      found: unknown.map((part) => JSON.stringify(part)).join(', ') || JSON.stringify(text),
      nextStep: 'Use only characters and words the model was trained on.',
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

/** What the template of a tokenizer puts before a text. */
function idsBefore(tokenizer: HuggingFaceTokenizer): number[] {
  for (const probe of ['a', '0', '1', 'A', '.']) {
    const plain = tokenizer.encode(probe, { add_special_tokens: false }).ids
    if (plain.length === 0 || plain.some((id) => id === undefined || id === null)) continue
    const whole = tokenizer.encode(probe).ids
    const at = whole.findIndex((_, index) => plain.every((id, i) => whole[index + i] === id))
    return at <= 0 ? [] : whole.slice(0, at)
  }
  return []
}

/** The longest first. */
function addedTokens(
  json: Readonly<Record<string, unknown>>,
): { readonly content: string; readonly special: boolean }[] {
  const added = (json.added_tokens ?? []) as readonly { readonly content?: unknown; readonly special?: unknown }[]
  return added
    .flatMap(({ content, special }) =>
      typeof content === 'string' && content !== '' ? [{ content, special: special === true }] : [],
    )
    .sort((a, b) => b.content.length - a.content.length)
}

function fail(message: string, field?: string, cause?: unknown): StepscopeError {
  return new StepscopeError(
    {
      code: 'bad-tokenizer',
      message,
      place: { file: TOKENIZER_FILE, ...(field === undefined ? {} : { field }) },
      nextStep: 'Download the file again from the checkpoint it belongs to.',
    },
    { cause },
  )
}

function checkTokenizer(tokenizerJson: unknown): Readonly<Record<string, unknown>> {
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
  return json
}

function build(json: Readonly<Record<string, unknown>>, tokenizerConfig: unknown): HuggingFaceTokenizer {
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
