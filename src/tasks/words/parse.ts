import { StepscopeError } from '../../core/errors.ts'
import type { Relation, Sentence, WordProblem } from './problem.ts'
import { goalOf, peopleIn, TOGETHER, writeSentence } from './problem.ts'
import { calculationOf, givenQuantities, solveQuantities } from './quantities.ts'

const MOST_SENTENCES = 26
const LARGEST_NUMBER = 9999

const SENTENCES =
  'sentences like “Ann has 7 figs.”, “Ann has 7 more figs than Bob.”, “Ann has 7 fewer figs than Bob.”, “Ann has 3 times as many figs as Bob.”, “Ann has half as many figs as Bob.” or “Ann has as many figs as Bob and Cy together.”'
const QUESTIONS =
  'a question like “How many figs does Ann have?” or “How many figs do Ann and Bob have together?” at the end'

const NAME = '([A-Z][A-Za-z]*)'
const THINGS = '([a-z]+)'
const NUMBER = '(\\d+)'

const QUESTION = new RegExp(`^How many ${THINGS} (?:does ${NAME} have|do ${NAME} and ${NAME} have together)$`)

/** Forms of sentences: what they match, and what is read from person, numbers, things and names in their order. */
const FORMS: readonly { readonly form: RegExp; readonly read: (found: readonly string[]) => SentenceRead }[] = [
  {
    form: new RegExp(`^${NAME} has ${NUMBER} ${THINGS}$`),
    read: ([, person = '', number, things = '']) => ({
      person,
      things,
      relation: { kind: 'given', number: Number(number) },
    }),
  },
  {
    form: new RegExp(`^${NAME} has ${NUMBER} (more|fewer) ${THINGS} than ${NAME}$`),
    read: ([, person = '', number, kind, things = '', of = '']) => ({
      person,
      things,
      relation: { kind: kind === 'more' ? 'more' : 'fewer', number: Number(number), of },
    }),
  },
  {
    form: new RegExp(`^${NAME} has ${NUMBER} times as many ${THINGS} as ${NAME}$`),
    read: ([, person = '', number, things = '', of = '']) => ({
      person,
      things,
      relation: { kind: 'times', number: Number(number), of },
    }),
  },
  {
    form: new RegExp(`^${NAME} has half as many ${THINGS} as ${NAME}$`),
    read: ([, person = '', things = '', of = '']) => ({ person, things, relation: { kind: 'half', of } }),
  },
  {
    form: new RegExp(`^${NAME} has as many ${THINGS} as ${NAME} and ${NAME} together$`),
    read: ([, person = '', things = '', of = '', and = '']) => ({ person, things, relation: { kind: 'sum', of, and } }),
  },
]

interface SentenceRead {
  readonly person: string
  readonly things: string
  readonly relation: Relation
}

/**
 * Reads a problem in words: sentences in any order, then the question. Throws a StepscopeError `bad-problem` that names
 * the sentence that does not fit, and says what was expected and found.
 */
export function parseWords(text: string): WordProblem {
  const bare = text.replace(/\s+/g, ' ').trim()
  if (bare === '') throw badProblem('The problem is empty', `${SENTENCES}, then ${QUESTIONS}`)
  const parts = bare.split(/(?<=[.?])\s*/)
  const last = parts.pop() ?? ''
  const question = last.endsWith('?') ? QUESTION.exec(last.slice(0, -1).trimEnd()) : null
  if (!question) {
    const what = last.endsWith('?') ? 'The question does not fit' : 'The problem has no question at its end'
    throw badProblem(what, QUESTIONS, last)
  }
  if (parts.length > MOST_SENTENCES) {
    throw badProblem('The problem has too many sentences', `at most ${MOST_SENTENCES}`, String(parts.length))
  }
  const [, things = '', one, first = '', second = ''] = question
  const sentences = parts.map((part) => readSentence(part, things))
  return checkProblem({ things, sentences, asked: one === undefined ? [first, second] : [one] })
}

/**
 * Reads a data row: `{ problem }`, or `{ question }`, in words. An `answer` beside it must be the one that follows.
 * Throws as `parseWords`, with the field named.
 */
export function readWordsFields(value: unknown): WordProblem {
  const { problem, question, answer } = (value ?? {}) as Record<string, unknown>
  const field = problem === undefined && question !== undefined ? 'question' : 'problem'
  const text = field === 'problem' ? problem : question
  try {
    if (typeof text !== 'string') {
      throw badProblem('The row has no text “problem”', 'a problem in words', JSON.stringify(text) ?? 'nothing')
    }
    const read = parseWords(text)
    const gold = goldOf(read)
    if (answer !== undefined && answer !== null && String(answer) !== gold) {
      throw new StepscopeError({
        code: 'bad-problem',
        message: 'The answer beside the problem is not the one that follows from its sentences',
        expected: gold,
        found: typeof answer === 'string' || typeof answer === 'number' ? String(answer) : JSON.stringify(answer),
        place: { field: 'answer' },
      })
    }
    return read
  } catch (error) {
    if (!(error instanceof StepscopeError) || error.details.place) throw error
    throw new StepscopeError({ ...error.details, place: { field } }, { cause: error })
  }
}

/** The answer that follows from the sentences. The problem must be a checked one. */
export function goldOf(problem: WordProblem): string {
  const value = solveQuantities(problem).get(goalOf(problem))
  if (value === undefined) throw new RangeError('the answer does not follow from the sentences')
  return String(value)
}

function readSentence(text: string, things: string): Sentence {
  const bare = text.replace(/\s*[.?]$/, '')
  for (const { form, read } of FORMS) {
    const found = form.exec(bare)
    if (!found) continue
    const { things: counted, person, relation } = read(found)
    if (counted !== things) {
      throw badProblem('A sentence counts something else than the question', things, `“${text}”`)
    }
    return { person, relation }
  }
  throw badProblem('A sentence does not fit', SENTENCES, `“${text}”`)
}

/** Refuses what cannot be solved: a person with two sentences or none, circles, quantities that are no whole numbers. */
function checkProblem(problem: WordProblem): WordProblem {
  const { sentences, asked, things } = problem
  const people = new Set<string>()
  for (const sentence of sentences) {
    const { person, relation } = sentence
    const quoted = `“${writeSentence(sentence, things)}.”`
    if (people.has(person)) throw badProblem(`${person} has two sentences`, 'one sentence for each person', quoted)
    if ('number' in relation && relation.number > LARGEST_NUMBER) {
      throw badProblem('A number of the problem is too large', `at most ${LARGEST_NUMBER}`, quoted)
    }
    if (relation.kind === 'sum' && relation.of === relation.and) {
      throw badProblem('A sentence adds a person to themselves', 'two people', quoted)
    }
    people.add(person)
  }
  if (asked[0] === asked[1]) throw badProblem('The question names a person twice', 'two people', `${asked[0]}`)
  for (const name of [...asked, ...sentences.flatMap(({ person, relation }) => [person, ...peopleIn(relation)])]) {
    // Those would be lines of a solution.
    if (name === 'A' || name.toLowerCase() === TOGETHER) throw badProblem('A name cannot be used', 'another name', name)
    if (!people.has(name)) {
      throw badProblem(`No sentence says how many ${things} ${name} has`, 'a sentence for each person', name)
    }
  }
  checkQuantities(problem)
  return problem
}

/** Every quantity, of people who are there to distract too, follows and is a whole number from 0. */
function checkQuantities(problem: WordProblem): void {
  const known = solveQuantities(problem)
  const given = givenQuantities(problem)
  for (const sentence of problem.sentences) {
    const { person, relation } = sentence
    const quoted = `“${writeSentence(sentence, problem.things)}.”`
    const value = known.get(person)
    if (value === undefined) throw badProblem('Quantities follow from each other in a circle', 'a first number', quoted)
    if (given.has(person)) continue
    const calculation = calculationOf(relation, known)
    if (value < 0) throw badProblem(`${person} has fewer than none`, 'a quantity from 0', quoted)
    if (relation.kind === 'half' && calculation && calculation.a % 2 !== 0) {
      throw badProblem(`Half of ${calculation.a} is not a whole number`, 'an even number', quoted)
    }
    if (!Number.isSafeInteger(value)) throw badProblem(`${person} has too many`, 'smaller numbers', quoted)
  }
}

function badProblem(message: string, expected: string, found?: string): StepscopeError {
  return new StepscopeError({ code: 'bad-problem', message, expected, ...(found === undefined ? {} : { found }) })
}
