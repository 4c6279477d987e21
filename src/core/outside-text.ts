/** Characters of a text from outside that stand in a line: a name, a title, a step. */
export const LINE_CHARACTERS = 200
/** Characters of one that stand in a paragraph: a message, a response. */
export const PARAGRAPH_CHARACTERS = 1000

export interface ShownText {
  readonly text: string
  /** Whether there is more than is shown. */
  readonly cut: boolean
}

/**
 * Text from outside (a file, a link, a model) as it may be shown: at most `most` characters, never half of one, and
 * every character that would act on its surroundings replaced by a sign for it. Controls become their pictures
 * (`␛`), embeddings and overrides of the writing direction their names (`⟨U+202E⟩`), half surrogates `�`. Isolates that
 * are closed again, such as those of `plainText`, act on nothing outside and stay.
 * @param lines whether line ends and tabs stay; else they become `⏎` and `⇥`
 */
export function shownText(text: string, most = LINE_CHARACTERS, lines = false): ShownText {
  const cut = text.length > most
  const part = cut ? `${text.slice(0, wholeCharacters(text, most - 1))}…` : text
  if (!ACTING.test(part)) return { text: part, cut }
  const closed = closedIsolates(part)
  const sign = (character: string, at: number) => (closed.has(at) ? character : signFor(character, lines))
  return { text: part.replace(ALL_ACTING, sign), cut }
}

/**
 * The same for places that hold plain text only, such as a page's title, an option, a picture or a terminal: text that
 * runs from right to left is isolated by characters, so that what stands beside it keeps its order.
 */
export function plainText(text: string, most = LINE_CHARACTERS, lines = false): string {
  const shown = shownText(text, most, lines).text
  return RIGHT_TO_LEFT.test(shown) ? `${ISOLATE}${shown}${ISOLATE_END}` : shown
}

const ISOLATE = '\u2068'
const ISOLATE_END = '\u2069'
const ACTING_CLASS = '[\\p{Cc}\\p{Cs}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]'
const ACTING = new RegExp(ACTING_CLASS, 'u')
const ALL_ACTING = new RegExp(ACTING_CLASS, 'gu')
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Places of isolates that end, and of their ends. */
function closedIsolates(text: string): ReadonlySet<number> {
  const places = new Set<number>()
  const open: number[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] === ISOLATE) open.push(at)
    const from = text[at] === ISOLATE_END ? open.pop() : undefined
    if (from !== undefined) places.add(from).add(at)
  }
  return places
}

function signFor(character: string, lines: boolean): string {
  if (character === '\n' || character === '\u2028' || character === '\u2029') return lines ? '\n' : '⏎'
  if (character === '\t') return lines ? character : '⇥'
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return code >= 0xd800 && code < 0xe000 ? '\ufffd' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/** Length of the longest beginning of at most `most` code units that ends between two characters, as a person sees them. */
function wholeCharacters(text: string, most: number): number {
  // A character of more code units than this is cut.
  const from = Math.max(0, most - 64)
  let end = most
  for (const { index, segment } of segmenter.segment(text.slice(from, most + 64))) {
    if (from + index + segment.length > most) {
      end = from + index
      break
    }
  }
  return end > from ? end : most
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
