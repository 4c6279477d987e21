import { calculationInWords, inWords, quoteStep } from '../summary.ts'
import type { Relation } from './problem.ts'
import { peopleIn, TOGETHER, writeSentence } from './problem.ts'
import type { Calculation, Operation } from './quantities.ts'

/** A line of a response: `Ann needs Cy`, `Ann has 4 times as many figs as Cy 10*4=40`, `A 54`, or something else. */
export type WordsLine =
  | { readonly kind: 'plan'; readonly person: string; readonly needs: readonly string[] }
  | {
      readonly kind: 'result'
      readonly person: string
      /** What it repeats before the calculation, the person included; null in the short form `Ann 10*4=40`. */
      readonly stated: string | null
      readonly calculation: Calculation
      readonly value: number
    }
  | { readonly kind: 'answer'; readonly value: number }
  | { readonly kind: 'malformed'; readonly text: string }

const PLAN = /^([A-Za-z]+) needs ([A-Za-z]+)(?: and ([A-Za-z]+))?$/
const RESULT = /^(([A-Za-z]+)(?: .*)?) (\d+)([-+*/])(\d+)=(-?\d+)$/
const ANSWER = /^A (-?\d+)$/
/** What chat models write: `The answer is 54.`, `**Answer:** 54`. */
const ANSWER_IN_WORDS = /\banswer(?: is|:)[*: ]*(-?\d+)\b/i

/** Reads one line, with or without its newline. Numbers beyond exact integers make it malformed. */
export function readWordsLine(step: string): WordsLine {
  const text = step.endsWith('\n') ? step.slice(0, -1) : step
  const answer = ANSWER.exec(text) ?? ANSWER_IN_WORDS.exec(text)
  if (answer) {
    const value = Number(answer[1])
    return Number.isSafeInteger(value) ? { kind: 'answer', value } : { kind: 'malformed', text }
  }
  const plan = PLAN.exec(text)
  if (plan) {
    const [, person = '', first = '', second] = plan
    return { kind: 'plan', person, needs: second === undefined ? [first] : [first, second] }
  }
  const [, stated = '', person = '', a, operation, b, value] = RESULT.exec(text) ?? []
  if (person === '') return { kind: 'malformed', text }
  const calculation = { a: Number(a), operation: operation as Operation, b: Number(b) }
  const exact = [calculation.a, calculation.b, calculation.a * calculation.b, Number(value)].every(Number.isSafeInteger)
  if (!exact) return { kind: 'malformed', text }
  return { kind: 'result', person, stated: stated === person ? null : stated, calculation, value: Number(value) }
}

/** Does this line end a response? One that starts as `A 54` does, or says in words what the answer is. */
export function isAnswerLine(step: string): boolean {
  // Not a sentence of a chat model, like `A box has 5 figs.`
  return /^A (?![A-Za-z])/.test(step) || ANSWER_IN_WORDS.test(step)
}

export function writePlan(person: string, needs: readonly string[]): string {
  return `${person} needs ${needs.join(' and ')}\n`
}

export function writeResult(stated: string, calculation: Calculation, value: number): string {
  return `${stated} ${writeCalculation(calculation)}=${value}\n`
}

/** What a result repeats: the person's sentence, or `together Bob and Hal`. */
export function stateRelation(person: string, relation: Relation, things: string): string {
  if (person === TOGETHER) return `${TOGETHER} ${peopleIn(relation).join(' and ')}`
  return writeSentence({ person, relation }, things)
}

export function writeCalculation({ a, operation, b }: Calculation): string {
  return `${a}${operation}${b}`
}

/** A sentence for all plans that stand together, and one for each result. */
export function summarizeWords(steps: readonly string[]): string[] {
  const said: string[] = []
  let plans: string[] = []
  const endPlans = (): void => {
    if (plans.length > 0) said.push(`Plans: ${inWords(plans)}.`)
    plans = []
  }
  for (const step of steps) {
    const line = readWordsLine(step)
    if (line.kind === 'plan') {
      plans.push(`${line.person} needs ${inWords(line.needs)}`)
      continue
    }
    endPlans()
    if (line.kind === 'malformed') said.push(`Writes ${quoteStep(step)}.`)
    else if (line.kind === 'answer') said.push(`Answers ${line.value}.`)
    else {
      const { a, operation, b } = line.calculation
      const whose = line.person === TOGETHER ? TOGETHER : `for ${line.person}`
      said.push(`Takes ${calculationInWords(a, operation, b)} as ${line.value}, ${whose}.`)
    }
  }
  endPlans()
  return said
}

/** The line with two people who are needed, or the operands of a sum or product, exchanged; null where that changes nothing. */
export function paraphraseWords(step: string): string | null {
  const line = readWordsLine(step)
  if (line.kind === 'plan') {
    return line.needs.length < 2 ? null : writePlan(line.person, line.needs.toReversed()).trimEnd()
  }
  if (line.kind !== 'result') return null
  const { a, operation, b } = line.calculation
  if ((operation !== '+' && operation !== '*') || a === b) return null
  return writeResult(line.stated ?? line.person, { a: b, operation, b: a }, line.value).trimEnd()
}
