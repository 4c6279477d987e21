import { pushAll } from '../../core/push-all.ts'
import type { Reading } from '../../search/reading.ts'
import type { ChatTemplate, MarkedMessage, MarkedPart, MarkedText } from '../prompt/chat-template.ts'
import { markedText, renderMarkedChat } from '../prompt/chat-template.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'

/** A problem and its steps as one sequence of tokens. */
export interface WrittenSteps {
  readonly ids: readonly number[]
  /** Indexes into `ids` at which scores are read: one for each step asked for, or one for all of them. */
  readonly positions: readonly number[]
}

/**
 * Writes a problem and its steps, all at once.
 * @param from the first step whose position is wanted
 */
export type StepWriter = (problem: string, steps: readonly string[], from?: number) => WrittenSteps

type WriterTokenizer = Pick<Tokenizer, 'encodeRendered' | 'specialTexts' | 'texts'>

export interface StepWriterParts {
  readonly reading: Reading
  readonly tokenizer: WriterTokenizer
  /** The beginning-of-sequence token; none where the reading puts none. */
  readonly bos: readonly number[]
  /** For chats; null for the other inputs. */
  readonly template: ChatTemplate | null
  /** What a chat begins with; '' for nothing of the reading's own. */
  readonly system: string
}

/** How a reading that is not the policy's own way of writing turns problems and steps into tokens. */
export function createStepWriter(parts: StepWriterParts): StepWriter {
  const { input, readAt } = parts.reading
  const write = input === 'pieces' ? piecesWriter(parts) : input === 'text' ? textWriter(parts) : chatWriter(parts)
  if (readAt !== 'end') return write
  return (problem, steps) => {
    const { ids } = write(problem, steps, steps.length)
    return { ids, positions: [ids.length - 1] }
  }
}

/** A step as it stands in a text, behind what the reading puts before it; step ends that a policy wrote are left out. */
function stepParts({ beforeStep, trimsSteps }: Reading, step: string, index: number): readonly [string, string] {
  const bare = trimsSteps ? step.trim() : step.replace(/\n+$/, '')
  const before = beforeStep.replaceAll('{n}', String(index + 1))
  // Steps of some data sets come with their numbers.
  return [before !== '' && bare.startsWith(before.trimEnd()) ? '' : before, bare]
}

function piecesWriter({ reading, tokenizer, bos }: StepWriterParts): StepWriter {
  const specials = tokenizer.specialTexts
  const encode = (...parts: readonly MarkedPart[]) => {
    const { text, cuts } = markedText(parts, specials)
    return tokenizer.encodeRendered(text, cuts)
  }
  const after = encode({ mark: reading.scoreAt })
  const between = encode({ mark: reading.betweenSteps })
  return (problem, steps, from = 0) => {
    const ids = [...bos, ...encode(problem, { mark: reading.afterProblem })]
    const positions: number[] = []
    for (const [index, step] of steps.entries()) {
      const [before, text] = stepParts(reading, step, index)
      pushAll(ids, [...(index === 0 ? [] : between), ...encode({ mark: before }, text), ...after])
      if (index >= from) positions.push(ids.length - 1)
    }
    return { ids, positions }
  }
}

function textWriter(parts: StepWriterParts): StepWriter {
  const { reading, tokenizer, bos } = parts
  return placing(parts, (problem, steps) => {
    const written = steps.flatMap((step, index): MarkedPart[] => {
      const [before, text] = stepParts(reading, step, index)
      return [{ mark: (index === 0 ? '' : reading.betweenSteps) + before }, text, { mark: reading.scoreAt }]
    })
    const marked = markedText([problem, { mark: reading.afterProblem }, ...written], tokenizer.specialTexts)
    // Of each step the last mark; the first of all is the problem's.
    return { marked: { ...marked, ends: marked.ends.filter((_, index) => index > 0 && index % 2 === 0) }, before: bos }
  })
}

function chatWriter(parts: StepWriterParts): StepWriter {
  const { tokenizer, template } = parts
  if (template === null) throw new TypeError('a chat needs a template')
  return placing(parts, (problem, steps) => ({
    marked: renderMarkedChat(template, messagesOf(parts, problem, steps), tokenizer.specialTexts),
    before: [],
  }))
}

/** A writer of whole texts, with one end for each step. */
function placing(
  { reading, tokenizer }: StepWriterParts,
  write: (
    problem: string,
    steps: readonly string[],
  ) => { readonly marked: MarkedText; readonly before: readonly number[] },
): StepWriter {
  const behind = reading.readAt === 'answer' ? reading.answer.length : 0
  return (problem, steps, from = 0) => {
    const { marked, before } = write(problem, steps)
    const encode = (end: number) => {
      const cuts = marked.cuts.filter((cut) => cut < end)
      return [...before, ...tokenizer.encodeRendered(marked.text.slice(0, end), cuts)]
    }
    const ids = encode(marked.text.length)
    const ends = marked.ends.slice(from).map((end) => end - behind)
    const own = ids.slice(before.length)
    const places = placesByText(tokenizer.texts(own), marked.text, ends)
    if (places !== null) return { ids, positions: places.map((place) => before.length + place) }
    return { ids, positions: ends.map((end) => placeIn(ids, encode(end))) }
  }
}

/** The chat, with one mark for each step: what follows it, or the answer to it. */
function messagesOf({ reading, system }: StepWriterParts, problem: string, steps: readonly string[]): MarkedMessage[] {
  const { input, readAt, scoreAt, afterProblem, betweenSteps, answer } = reading
  const start: MarkedMessage[] = system === '' ? [] : [{ role: 'system', content: [system] }]
  if (input === 'turns') {
    const turns = steps.flatMap((step, index): MarkedMessage[] => {
      const asked = (index === 0 ? problem + afterProblem : '') + stepParts(reading, step, index).join('')
      return [
        { role: 'user', content: [asked, readAt === 'answer' ? scoreAt : { mark: scoreAt }] },
        { role: 'assistant', content: [readAt === 'answer' ? { mark: answer } : answer] },
      ]
    })
    return [...start, ...turns]
  }
  const response = steps.flatMap((step, index) => [
    (index === 0 ? '' : betweenSteps) + stepParts(reading, step, index).join(''),
    { mark: scoreAt },
  ])
  return [...start, { role: 'user', content: [problem + afterProblem] }, { role: 'assistant', content: response }]
}

/**
 * The tokens that complete beginnings of a text, told by the tokens' own texts: nothing is tokenized again.
 * @param ends lengths of the beginnings, rising
 * @returns null where the texts are not the text, as a normalizer may have it
 */
function placesByText(texts: readonly string[], text: string, ends: readonly number[]): number[] | null {
  const joined = texts.join('')
  // Some tokenizers put a space before a text.
  const shift = joined === text ? 0 : joined === ` ${text}` ? 1 : null
  if (shift === null) return null
  let [at, length] = [-1, 0]
  return ends.map((end) => {
    while (length < end + shift && at < texts.length - 1) {
      at += 1
      length += texts[at]?.length ?? 0
    }
    return at
  })
}

/** The token that completes a beginning of a text: its last one, or the one that goes on behind it. */
function placeIn(ids: readonly number[], beginning: readonly number[]): number {
  const common = commonLength(ids, beginning)
  return common === beginning.length ? common - 1 : common
}

/** How many leading tokens two sequences have in common. */
export function commonLength(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length)
  let at = 0
  while (at < end && a[at] === b[at]) at++
  return at
}
