import type { ExactLabel, ResponseVerdict, StepVerdict } from '../task.ts'
import type { WordsLine } from './line.ts'
import { isAnswerLine, readWordsLine, stateRelation, writeCalculation } from './line.ts'
import { goldOf } from './parse.ts'
import type { Relation, WordProblem } from './problem.ts'
import { goalOf, peopleIn, relationOf, TOGETHER, writeSentence } from './problem.ts'
import type { Calculation } from './quantities.ts'
import { calculate, calculationOf, givenQuantities } from './quantities.ts'

/** What a response says, line by line, up to its answer. */
interface Reading {
  readonly steps: readonly StepVerdict[]
  /** Message of the first line that is wrong, and which line it is, from 1. */
  readonly firstError: { readonly message: string; readonly line: number } | null
  /** Quantities given and written so far. */
  readonly known: ReadonlyMap<string, number>
  readonly answer: number | null
}

/**
 * Verdict on a response: right where its answer is the gold answer. Every line is judged by the sentences and by what
 * the lines before it say, so that one mistake is told once; text after the answer does not count.
 */
export function verifyWords(problem: WordProblem, steps: readonly string[]): ResponseVerdict {
  const reading = readResponse(problem, steps)
  const answer = reading.answer === null ? null : String(reading.answer)
  return {
    answer,
    correct: answer === goldOf(problem),
    vote: answer,
    explanation: explain(problem, reading),
    steps: reading.steps,
  }
}

/** Exact label of a prefix: 1 while every line is right. What is right so far can always be finished. */
export function labelWords(problem: WordProblem, steps: readonly string[]): ExactLabel {
  const reading = readResponse(problem, steps)
  const valid = reading.firstError === null
  const message = valid && reading.answer === null ? describeNext(problem, reading.known) : explain(problem, reading)
  return { valid, reachable: valid, label: valid ? 1 : 0, message }
}

export function answerOfWords(steps: readonly string[]): string | null {
  const line = readWordsLine(steps.find(isAnswerLine) ?? '')
  return line.kind === 'answer' ? String(line.value) : null
}

function readResponse(problem: WordProblem, steps: readonly string[]): Reading {
  const verdicts: StepVerdict[] = []
  const known = givenQuantities(problem)
  let answer: number | null = null
  let ended = false
  let firstError: Reading['firstError'] = null
  for (const step of steps) {
    // An empty step is where the response ended without another line.
    if (ended || step === '') {
      const message = ended ? 'Text after the answer does not count.' : 'The response ends here.'
      verdicts.push({ valid: true, message })
      continue
    }
    const line = readWordsLine(step)
    const verdict = judgeLine(problem, line, known, firstError === null)
    verdicts.push(verdict)
    if (!verdict.valid) firstError ??= { message: verdict.message, line: verdicts.length }
    if (line.kind === 'result') known.set(line.person, line.value)
    if (line.kind === 'answer') answer = line.value
    ended = isAnswerLine(step)
  }
  return { steps: verdicts, firstError, known, answer }
}

/** @param right whether all lines before are: else the answer is judged by what they say */
function judgeLine(
  problem: WordProblem,
  line: WordsLine,
  known: ReadonlyMap<string, number>,
  right: boolean,
): StepVerdict {
  if (line.kind === 'malformed') {
    return wrong(
      `“${line.text}” is neither a plan like Ann needs Cy, nor a result like Ann has 4 times as many figs as Cy 10*4=40, nor an answer like A 54`,
    )
  }
  if (line.kind === 'answer') {
    const said = right ? undefined : known.get(goalOf(problem))
    const expected = said === undefined ? goldOf(problem) : String(said)
    if (String(line.value) === expected) {
      return { valid: true, message: `The answer is ${expected}${right ? '' : ', by the lines before'}` }
    }
    return wrong(`${asked(problem, expected)}, not ${line.value}`)
  }
  const { person } = line
  const relation = relationOf(problem, person)
  if (!relation) {
    const message = person === TOGETHER ? 'The question asks for one person' : `No sentence is about ${person}`
    return wrong(message)
  }
  const sentence = quote(problem, person, relation)
  if (relation.kind === 'given') return wrong(`${sentence}: nothing is to be calculated`)
  if (line.kind === 'plan') return judgePlan(sentence, person, relation, line.needs)
  if (line.stated !== null && !sameStatement(line.stated, person, relation, problem.things)) {
    return wrong(`${sentence}, not “${line.stated}”`)
  }
  return judgeResult(sentence, relation, line.calculation, line.value, known)
}

function judgePlan(sentence: string, person: string, relation: Relation, needs: readonly string[]): StepVerdict {
  const people = peopleIn(relation)
  if (people.length === needs.length && people.every((name) => needs.includes(name))) {
    return { valid: true, message: `${sentence}: ${person} needs ${people.join(' and ')}` }
  }
  return wrong(`${sentence}: ${person} needs ${people.join(' and ')}, not ${needs.join(' and ')}`)
}

/** The person's sentence, with the two people of a sum in any order. */
function sameStatement(stated: string, person: string, relation: Relation, things: string): boolean {
  if (stated === stateRelation(person, relation, things)) return true
  if (relation.kind !== 'sum') return false
  return stated === stateRelation(person, { ...relation, of: relation.and, and: relation.of }, things)
}

function judgeResult(
  sentence: string,
  relation: Relation,
  written: Calculation,
  value: number,
  known: ReadonlyMap<string, number>,
): StepVerdict {
  const expected = calculationOf(relation, known)
  if (!expected) {
    const missing = peopleIn(relation).filter((name) => !known.has(name))
    return wrong(`${sentence}: the quantity of ${missing.join(' and ')} is not known yet`)
  }
  if (expected.operation === '/' && expected.a % expected.b !== 0) {
    return wrong(`${sentence}: half of ${expected.a} is not a whole number`)
  }
  const equation = `${writeCalculation(expected)}=${calculate(expected)}`
  if (!sameCalculation(expected, written)) {
    return wrong(`${sentence}: ${equation}, not ${writeCalculation(written)}=${value}`)
  }
  return value === calculate(expected)
    ? { valid: true, message: `${sentence}: ${equation}` }
    : wrong(`${sentence}: ${equation}, not ${value}`)
}

/** The same calculation, whichever of two numbers added or multiplied comes first. */
function sameCalculation(left: Calculation, right: Calculation): boolean {
  if (left.operation !== right.operation) return false
  if (left.a === right.a && left.b === right.b) return true
  return (left.operation === '+' || left.operation === '*') && left.a === right.b && left.b === right.a
}

function quote({ things, asked: [first, second] }: WordProblem, person: string, relation: Relation): string {
  if (person === TOGETHER) return `How many ${things} ${first} and ${second ?? ''} have together`
  return writeSentence({ person, relation }, things)
}

/** `Eve has 54 figs`, as the answer to the question. */
function asked({ things, asked: [first, second] }: WordProblem, value: string): string {
  return second === undefined
    ? `${first} has ${value} ${things}`
    : `${first} and ${second} have ${value} ${things} together`
}

function wrong(message: string): StepVerdict {
  return { valid: false, message }
}

function explain(problem: WordProblem, { firstError, answer, known }: Reading): string {
  const gold = goldOf(problem)
  if (firstError === null) {
    return answer === null
      ? `The response ends without an answer. ${describeNext(problem, known)}`
      : `Every line is right: the answer is ${gold}.`
  }
  const error = `Line ${firstError.line}: ${firstError.message}.`
  return String(answer) === gold ? `The answer ${gold} is right, but the way to it is not. ${error}` : error
}

/** What a right prefix lacks. */
function describeNext(problem: WordProblem, known: ReadonlyMap<string, number>): string {
  const goal = goalOf(problem)
  if (known.has(goal)) return 'Every line is right so far; the answer line is missing.'
  const next = nextOf(problem, goal, known)
  const relation = relationOf(problem, next)
  const calculation = relation && calculationOf(relation, known)
  const way = calculation ? `${next} ${writeCalculation(calculation)}=${calculate(calculation)}` : next
  return `Every line is right so far; what can follow is ${way}.`
}

/** Somebody whom the answer follows from, with everything known for their calculation. */
function nextOf(problem: WordProblem, person: string, known: ReadonlyMap<string, number>): string {
  const relation = relationOf(problem, person)
  const missing = relation && peopleIn(relation).find((name) => !known.has(name))
  return missing === undefined ? person : nextOf(problem, missing, known)
}
