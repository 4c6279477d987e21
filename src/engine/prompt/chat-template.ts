import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { StepscopeError } from '../../core/errors.ts'
import { CHAT_TEMPLATE_FILE } from '../checkpoint/chat-template.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { hasFile, readJson, readText } from '../checkpoint/checkpoint-text.ts'

const CONFIG_FILE = 'tokenizer_config.json'
/** Templates of models that take tools and documents have about 10 kB. */
const MOST_CHARACTERS = 1_000_000

/** How a chat is written for a model: plain data, as its folder has it. */
export interface ChatTemplate {
  /** Jinja. */
  readonly source: string
  /** Where it stands, for errors. */
  readonly file: string
  readonly field?: string
  /** `bos_token`, `eos_token` and others that a template may name. */
  readonly tokens: Readonly<Record<string, string>>
}

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A text for a tokenizer in which some special tokens were written by people, and so are characters. */
export interface RenderedText {
  readonly text: string
  /** Places behind the first character of each of those, ascending. */
  readonly cuts: readonly number[]
}

/**
 * The chat template of a folder: `chat_template.jinja`, else `chat_template` of `tokenizer_config.json`, of several the one
 * named `default`. Null where there is none.
 * @throws StepscopeError `bad-checkpoint` with file and field
 */
export async function readChatTemplate(files: CheckpointFiles, signal?: AbortSignal): Promise<ChatTemplate | null> {
  const config = hasFile(files, CONFIG_FILE) ? await readJson(files, CONFIG_FILE, signal) : {}
  const fields = typeof config === 'object' && config !== null ? (config as Readonly<Record<string, unknown>>) : {}
  const tokens = tokensOf(fields)
  if (hasFile(files, CHAT_TEMPLATE_FILE)) {
    const source = await readText(files, CHAT_TEMPLATE_FILE, signal)
    return checked({ source, file: CHAT_TEMPLATE_FILE, tokens })
  }
  const given = fields.chat_template
  if (given === undefined || given === null) return null
  const place = { file: CONFIG_FILE, field: 'chat_template' }
  if (typeof given === 'string') return checked({ source: given, ...place, tokens })
  const named = Array.isArray(given) ? given.map(namedTemplate) : []
  const chosen = named.find((one) => one?.name === 'default') ?? (named.length === 1 ? named[0] : null)
  if (chosen) return checked({ source: chosen.template, ...place, tokens })
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: 'The chat template is neither a text nor a list with one named “default”',
    expected: 'a text, or [{"name": "default", "template": "…"}]',
    found:
      named.length > 0 ? named.map((one) => one?.name ?? 'no name').join(', ') : JSON.stringify(given).slice(0, 60),
    place,
    nextStep: 'Correct the field, or put the template into chat_template.jinja.',
  })
}

function namedTemplate(value: unknown): { readonly name: string; readonly template: string } | null {
  if (typeof value !== 'object' || value === null) return null
  const { name, template } = value as { readonly name?: unknown; readonly template?: unknown }
  return typeof name === 'string' && typeof template === 'string' ? { name, template } : null
}

/** Every `…_token` of the tokenizer's configuration, which has it as a text or as an object with `content`. */
function tokensOf(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const tokens = Object.entries(config).flatMap(([name, value]) => {
    if (!name.endsWith('_token')) return []
    const text = typeof value === 'object' && value !== null ? (value as { readonly content?: unknown }).content : value
    return typeof text === 'string' ? [[name, text] as const] : []
  })
  return Object.fromEntries(tokens)
}

/** Refused before a model is loaded rather than at its first prompt. */
function checked(template: ChatTemplate): ChatTemplate {
  compiled(template)
  return template
}

/** As Transformers compiles chat templates. */
function compiled(template: ChatTemplate): ReturnType<typeof parse> {
  const { source } = template
  if (source.length > MOST_CHARACTERS) {
    throw templateError(template, 'The chat template is too long', {
      expected: `at most ${MOST_CHARACTERS} characters`,
      found: `${source.length} characters`,
    })
  }
  try {
    return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
  } catch (cause) {
    throw templateError(template, 'The chat template cannot be read', { found: messageOf(cause) }, cause)
  }
}

/**
 * The messages as the template writes them, with the beginning of the model's own turn. Special tokens in the messages
 * are characters (see `RenderedText`), those of the template are tokens.
 * A template that asks for the date gets 26 July 2024, so that a prompt is the same on every day.
 * @param specials texts of the tokenizer's special tokens
 * @throws StepscopeError `bad-checkpoint` with the template's place and what it says, where it refuses the messages or needs
 * something that is not given
 */
export function renderChat(
  template: ChatTemplate,
  messages: readonly ChatMessage[],
  specials: readonly string[],
): RenderedText {
  const [mark = ''] = marksFor(1, [template.source, ...messages.map(({ content }) => content)])
  const guarded = messages.map(({ role, content }) => ({ role, content: guard(content, specials, mark) }))
  return unmarked(run(template, guarded, [mark], true), mark)
}

/** A text that people wrote, or one between those whose end is wanted: special tokens in it are tokens. */
export type MarkedPart = string | { readonly mark: string }

export interface MarkedMessage {
  readonly role: ChatMessage['role']
  readonly content: readonly MarkedPart[]
}

export interface MarkedText extends RenderedText {
  /** Where each mark ends, in their order. */
  readonly ends: readonly number[]
}

/** The parts as one text, without a template. */
export function markedText(parts: readonly MarkedPart[], specials: readonly string[]): MarkedText {
  let text = ''
  const [cuts, ends]: [number[], number[]] = [[], []]
  for (const part of parts) {
    const start = text.length
    text += typeof part === 'string' ? part : part.mark
    if (typeof part === 'string') cuts.push(...cutsOf(part, specials).map((cut) => start + cut))
    else ends.push(text.length)
  }
  return { text, cuts, ends }
}

/**
 * A whole chat as the template writes it, without the beginning of another turn, and where the marks in it end.
 * @throws StepscopeError as `renderChat`, and where the template changes what stands around a mark
 */
export function renderMarkedChat(
  template: ChatTemplate,
  messages: readonly MarkedMessage[],
  specials: readonly string[],
): MarkedText {
  const texts = messages.flatMap(({ content }) => content.map((part) => (typeof part === 'string' ? part : part.mark)))
  const [cut = '', end = ''] = marksFor(2, [template.source, ...texts])
  const written = (after: string) =>
    messages.map(({ role, content }) => ({
      role,
      content: content
        .map((part) => (typeof part === 'string' ? guard(part, specials, cut) : part.mark + after))
        .join(''),
    }))
  const marked = run(template, written(end), [cut, end], false)
  const pieces = marked.split(end)
  if (run(template, written(''), [cut], false) !== pieces.join('')) {
    throw templateError(template, 'The chat template changes what stands behind a step', {
      expected: 'a template that keeps the texts at which scores are read',
      nextStep: 'Take another reading for this model.',
    })
  }
  let at = 0
  const ends = pieces.slice(0, -1).map((piece) => {
    at += piece.replaceAll(cut, '').length
    return at
  })
  return { ...unmarked(pieces.join(''), cut), ends }
}

/** @param marks characters that are no part of the messages, and of no error */
function run(
  template: ChatTemplate,
  messages: readonly ChatMessage[],
  marks: readonly string[],
  generation: boolean,
): string {
  const program = compiled(template)
  try {
    const given = { ...template.tokens, messages, add_generation_prompt: generation }
    return String(new Interpreter(environment(given)).run(program).value)
  } catch (cause) {
    const found = marks.reduce((text, mark) => text.replaceAll(mark, ''), messageOf(cause))
    if (!(cause instanceof Refusal)) throw templateError(template, 'The chat template fails', { found }, cause)
    throw templateError(
      template,
      `The chat template refuses the messages: ${found}`,
      {
        found: messages.map(({ role }) => role).join(', '),
        nextStep: messages.some(({ role }) => role === 'system')
          ? 'Leave the system message empty, or ask the model by plain completion.'
          : 'Ask the model by plain completion.',
      },
      cause,
    )
  }
}

class Refusal extends Error {}

/** What a template may name: what Transformers gives to all, and what is given here. */
function environment(given: Readonly<Record<string, unknown>>): Environment {
  const globals = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range,
    raise_exception: (reason: unknown) => {
      throw new Refusal(String(reason))
    },
    strftime_now: fixedDate,
  }
  const names = new Environment()
  for (const [name, value] of Object.entries({ ...globals, ...given })) names.set(name, value)
  return names
}

const MOST_STEPS = 100_000

/** As Python's, but never so long that it holds up the page. */
function range(first: number, end?: number, step = 1): number[] {
  const [from, to] = end === undefined ? [0, first] : [first, end]
  const count = Math.max(0, Math.ceil((to - from) / step))
  if (!(count <= MOST_STEPS)) throw new Error(`a range of more than ${MOST_STEPS} numbers`)
  return Array.from({ length: count }, (_, index) => from + index * step)
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function templateError(
  { file, field }: ChatTemplate,
  message: string,
  details: Partial<StepscopeError['details']>,
  cause?: unknown,
): StepscopeError {
  return new StepscopeError(
    {
      code: 'bad-checkpoint',
      message,
      place: { file, ...(field === undefined ? {} : { field }) },
      nextStep: 'Correct the template, or ask the model by plain completion.',
      ...details,
    },
    { cause },
  )
}

/** Characters for private use that stand in none of the texts. */
function marksFor(count: number, texts: readonly string[]): string[] {
  const marks: string[] = []
  for (let code = 0xe000; code < 0xf8ff && marks.length < count; code++) {
    const mark = String.fromCharCode(code)
    if (texts.every((text) => !text.includes(mark))) marks.push(mark)
  }
  if (marks.length === count) return marks
  throw new StepscopeError({ code: 'bad-problem', message: 'The text has all characters for private use' })
}

/** Places behind the first character of whatever is written as a special token, ascending. */
function cutsOf(text: string, specials: readonly string[]): number[] {
  const cuts = new Set<number>()
  for (const special of specials) {
    const first = String.fromCodePoint(special.codePointAt(0) ?? 0).length
    if (first >= special.length) continue
    for (let at = text.indexOf(special); at >= 0; at = text.indexOf(special, at + 1)) cuts.add(at + first)
  }
  return [...cuts].sort((a, b) => a - b)
}

/** The text with a mark at these places. */
function guard(text: string, specials: readonly string[], mark: string): string {
  let [guarded, from] = ['', 0]
  for (const cut of cutsOf(text, specials)) {
    guarded += text.slice(from, cut) + mark
    from = cut
  }
  return guarded + text.slice(from)
}

function unmarked(text: string, mark: string): RenderedText {
  const parts = text.split(mark)
  let at = 0
  const cuts = parts.slice(0, -1).map((part) => {
    at += part.length
    return at
  })
  return { text: parts.join(''), cuts }
}

const DATE: Readonly<Record<string, string>> = {
  Y: '2024',
  y: '24',
  m: '07',
  d: '26',
  b: 'Jul',
  B: 'July',
  A: 'Friday',
  a: 'Fri',
  H: '00',
  M: '00',
  S: '00',
  '%': '%',
}

function fixedDate(format: unknown): string {
  return String(format).replace(/%([YymdbBAaHMS%])/g, (whole, letter: string) => DATE[letter] ?? whole)
}
