import { splitThinking } from '../../core/thinking.ts'
import type { CanonicalAnswer } from './canonical-answer.ts'
import { canonicalAnswer } from './canonical-answer.ts'

/** How an answer was found: in a box, behind `####`, behind “the answer is”, or as the last number of the text. */
export type AnswerRule = 'box' | 'hashes' | 'phrase' | 'number'

export const ANSWER_RULES: Readonly<Record<AnswerRule, string>> = {
  box: 'the last \\boxed{…}',
  hashes: 'the last line with ####',
  phrase: 'the last “the answer is …”',
  number: 'the last number of the text',
}

export interface FoundAnswer {
  readonly rule: AnswerRule
  /** As it stands in the response. */
  readonly raw: string
  readonly answer: CanonicalAnswer
}

/**
 * The answer of a response, outside of its thinking: what the last `\boxed{…}` holds, else what follows `####`, else
 * “the answer is”, else the last number. An empty box is an answer left out; one that is never closed is no box.
 * @param marked only by the first three rules, so not any number
 */
export function readAnswer(response: string, marked = false): FoundAnswer | null {
  const { visible } = splitThinking(response)
  const box = lastBox(visible)
  if (box !== null) return found('box', box)
  return byHashes(visible) ?? byPhrase(visible) ?? (marked ? null : lastNumber(visible))
}

function found(rule: AnswerRule, raw: string): FoundAnswer | null {
  const answer = canonicalAnswer(raw)
  return answer === null ? null : { rule, raw: raw.trim(), answer }
}

const BOX_OR_BRACE = /\\(?:boxed|fbox)\s*\{|\\(?:boxed|fbox)\s*(?![a-zA-Z{])|\\[\s\S]|[{}]/g

/** What the last closed box holds; null where there is none. Escaped braces do not count. */
function lastBox(text: string): string | null {
  /** Where the braces that are open begin; those of boxes hold something. */
  const open: { readonly from: number; readonly box: boolean }[] = []
  let [start, last] = [-1, null as string | null]
  for (const { 0: mark, index } of text.matchAll(BOX_OR_BRACE)) {
    const from = index + mark.length
    const box = /box(?:ed)?\s*\{?$/.test(mark)
    if (mark.endsWith('{') && (box || mark === '{')) open.push({ from, box })
    else if (box) {
      // `\boxed5`, as TeX reads it: one digit or letter; people write a number.
      const bare = /^(?:\\?\$?-?[\d.,]*\d|[a-zA-Z](?![a-zA-Z]))/.exec(text.slice(from, from + 40))
      if (bare !== null) [start, last] = [from, bare[0]]
    } else if (mark === '}') {
      const opened = open.pop()
      if (opened?.box && opened.from > start) [start, last] = [opened.from, text.slice(opened.from, index)]
    }
  }
  return last
}

/**
 * `#### 72`. Headings begin so, too: what follows must be a number or an expression, or stand in the last line.
 */
function byHashes(text: string): FoundAnswer | null {
  const marks = [...text.matchAll(/(?<!#)####(?!#)[ \t]*([^\n]*)/g)].reverse()
  for (const { 0: whole, 1: rest = '', index } of marks) {
    const answer = found('hashes', rest)
    if (answer === null) continue
    if (answer.answer.kind !== 'text' || text.slice(index + whole.length).trim() === '') return answer
  }
  return null
}

const PHRASE =
  /\banswer(?:\s+(?:to|of|for)\b[^\n.:=]{0,80}?)?\**\s*(?:\bis\b(?:\s+(?:therefore|thus|then|simply|just|equal\s+to|exactly))?\s*:?|:|=)\**\s*/gi

function byPhrase(text: string): FoundAnswer | null {
  const marks = [...text.matchAll(PHRASE)].reverse()
  for (const { 0: phrase, index } of marks) {
    const from = index + phrase.length
    // What follows stands in the same line, or in the next one with something in it.
    const line = /^\s*([^\n]*)/.exec(text.slice(from, from + MOST_LINE))?.[1] ?? ''
    const answer = fromSentence(line)
    if (answer !== null) return answer
  }
  return null
}

const MOST_LINE = 1000

/** An answer at the beginning of a sentence: mathematics between dollar signs, the whole of it, or its first number. */
function fromSentence(line: string): FoundAnswer | null {
  const maths = /^(?:\$\$?([^$]+)\$\$?|\\\((.+?)\\\)|\\\[(.+?)\\\])/.exec(line)
  const inside = maths?.[1] ?? maths?.[2] ?? maths?.[3]
  // Two prices in a sentence are no mathematics: `$5 and not $6`.
  if (inside !== undefined && !/[a-z]{3,}\s/.test(inside.replace(/\\[a-zA-Z]+(\{[^{}]*\})?/g, ''))) {
    const read = found('phrase', inside)
    if (read !== null) return read
  }
  const sentence = line.replace(/(?<=[^.\s\d]|\d)[.!?](?=\s|$)[\s\S]*$/, '').replace(/\*+$/, '')
  const whole = canonicalAnswer(sentence)
  if (whole !== null && whole.kind !== 'text') return { rule: 'phrase', raw: sentence.trim(), answer: whole }
  const number = new RegExp(`^[*\\s]*(?:about\\s+|approximately\\s+)?(${NUMBER.source})`).exec(sentence)?.[1]
  if (number !== undefined) return found('phrase', number)
  const choice = /^[*\s]*(?:option\s+|choice\s+)?(\([A-Za-z]\)|[A-Z](?![\w'’]))/.exec(sentence)?.[1]
  return found('phrase', choice ?? sentence.replace(/,?\s+(?:because|since|so|as)\s[\s\S]*$/, ''))
}

/** A number in running text, with its sign, currency, thousands, decimals, fraction, power of ten and percent sign. */
const NUMBER =
  /[-\u2212]?\s?(?:\\?[$€£]\s?)?(?:\d*\s?\\[dt]?frac\{[^{}\n]{1,40}\}\{[^{}\n]{1,40}\}|(?:\d{1,3}(?:(?:,|\{,\})\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3}\b)?(?:\s?(?:×|\\times|\*)\s?10\^\{?-?\d{1,3}\}?|\s\d{1,6}\/\d{1,6}|\/\d+)?(?:\s?\\?%)?/

/** The last number of a text. A minus sign behind a number or a letter is a difference: the number is positive. */
function lastNumber(text: string): FoundAnswer | null {
  const tail = text.slice(-MOST_TAIL)
  for (const { 0: number, index } of [...tail.matchAll(new RegExp(NUMBER.source, 'g'))].reverse()) {
    const before = tail.slice(0, index).trimEnd().at(-1) ?? ''
    const sign = /^[-\u2212]/.test(number)
    const difference = sign && (/[\w)}\]]/.test(before) || /^.\s/.test(number))
    const read = found('number', difference ? number.slice(1) : number)
    if (read !== null && read.answer.kind === 'number') return read
  }
  return null
}

const MOST_TAIL = 20_000
