import type { Reading } from '../../search/reading.ts'
import type { ChatTemplate, MarkedMessage } from '../prompt/chat-template.ts'
import { renderMarkedChat } from '../prompt/chat-template.ts'
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

type WriterTokenizer = Pick<Tokenizer, 'encodeAlone' | 'encodeRendered' | 'specialTexts'>

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

/** A step as it stands in a text: step ends that a policy wrote are left out, the reading puts its own. */
function stepText({ beforeStep, trimsSteps }: Reading, step: string, index: number): string {
  const bare = trimsSteps ? step.trim() : step.replace(/\n+$/, '')
  const before = beforeStep.replaceAll('{n}', String(index + 1))
  // Steps of some data sets come with their numbers.
  return before !== '' && bare.startsWith(before.trimEnd()) ? bare : before + bare
}

function piecesWriter({ reading, tokenizer, bos }: StepWriterParts): StepWriter {
  const after = tokenizer.encodeAlone(reading.scoreAt)
  const between = tokenizer.encodeAlone(reading.betweenSteps)
  return (problem, steps, from = 0) => {
    const ids = [...bos, ...tokenizer.encodeAlone(problem + reading.afterProblem)]
    const positions: number[] = []
    for (const [index, step] of steps.entries()) {
      const piece = tokenizer.encodeAlone(stepText(reading, step, index))
      ids.push(...(index === 0 ? [] : between), ...piece, ...after)
      if (index >= from) positions.push(ids.length - 1)
    }
    return { ids, positions }
  }
}

function textWriter({ reading, tokenizer, bos }: StepWriterParts): StepWriter {
  const encode = (text: string) => [...bos, ...tokenizer.encodeAlone(text)]
  return (problem, steps, from = 0) => {
    let text = problem + reading.afterProblem
    const ends: number[] = []
    for (const [index, step] of steps.entries()) {
      text += (index === 0 ? '' : reading.betweenSteps) + stepText(reading, step, index) + reading.scoreAt
      if (index >= from) ends.push(text.length)
    }
    const ids = encode(text)
    return { ids, positions: ends.map((end) => placeIn(ids, encode(text.slice(0, end)))) }
  }
}

function chatWriter(parts: StepWriterParts): StepWriter {
  const { reading, tokenizer, template } = parts
  if (template === null) throw new TypeError('a chat needs a template')
  const behind = reading.readAt === 'answer' ? reading.answer.length : 0
  return (problem, steps, from = 0) => {
    const { text, cuts, ends } = renderMarkedChat(template, messagesOf(parts, problem, steps), tokenizer.specialTexts)
    const encode = (end: number) =>
      tokenizer.encodeRendered(
        text.slice(0, end),
        cuts.filter((cut) => cut < end),
      )
    const ids = encode(text.length)
    return { ids, positions: ends.slice(from).map((end) => placeIn(ids, encode(end - behind))) }
  }
}

/** The chat, with one mark for each step: what follows it, or the answer to it. */
function messagesOf({ reading, system }: StepWriterParts, problem: string, steps: readonly string[]): MarkedMessage[] {
  const { input, readAt, scoreAt, afterProblem, betweenSteps, answer } = reading
  const before: MarkedMessage[] = system === '' ? [] : [{ role: 'system', content: [system] }]
  if (input === 'turns') {
    const turns = steps.flatMap((step, index): MarkedMessage[] => {
      const asked = [index === 0 ? problem + afterProblem : '', stepText(reading, step, index)]
      return [
        { role: 'user', content: [...asked, readAt === 'answer' ? scoreAt : { mark: scoreAt }] },
        { role: 'assistant', content: [readAt === 'answer' ? { mark: answer } : answer] },
      ]
    })
    return [...before, ...turns]
  }
  const response = steps.flatMap((step, index) => [
    (index === 0 ? '' : betweenSteps) + stepText(reading, step, index),
    { mark: scoreAt },
  ])
  return [...before, { role: 'user', content: [problem + afterProblem] }, { role: 'assistant', content: response }]
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
