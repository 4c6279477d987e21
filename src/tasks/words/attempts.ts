import { RandomStream } from '../../core/random.ts'
import { writePlan, writeResult } from './line.ts'
import type { Relation, WordProblem } from './problem.ts'
import { goalOf, peopleIn, relationOf } from './problem.ts'
import type { Calculation, Operation } from './quantities.ts'
import { calculate, calculationOf, givenQuantities } from './quantities.ts'

/** How often a plan, a result and an answer are wrong. */
const PLAN_ERRS = 0.06
const RESULT_ERRS = 0.18
const ANSWER_ERRS = 0.03

/**
 * The lines of an attempt that may have mistakes of the kinds that models make: a plan that names the wrong people; a
 * result of another sentence, with another operand, operation or number, or with a wrong value; another answer. It goes
 * on from what it wrote.
 */
export function attemptWords(problem: WordProblem, seed: number): string[] {
  return new Attempt(problem, new RandomStream(seed, 1)).write()
}

class Attempt {
  private readonly lines: string[] = []
  /** What the attempt takes for known: given numbers and what it wrote itself. */
  private readonly known: Map<string, number>
  private readonly problem: WordProblem
  private readonly random: RandomStream
  /** People whose quantity is being worked out, so that a wrong plan leads into no circle. */
  private readonly open = new Set<string>()

  constructor(problem: WordProblem, random: RandomStream) {
    this.problem = problem
    this.random = random
    this.known = givenQuantities(problem)
  }

  write(): string[] {
    const goal = goalOf(this.problem)
    this.workOut(goal)
    const right = this.known.get(goal) ?? 0
    const others = [...this.known.values()].filter((value) => value !== right)
    const wrong = this.random.next() < ANSWER_ERRS && others.length > 0
    return [...this.lines, `A ${wrong ? this.random.pick(others) : right}\n`]
  }

  private workOut(person: string): void {
    const relation = relationOf(this.problem, person)
    if (!relation || relation.kind === 'given' || this.known.has(person) || this.open.has(person)) return
    this.open.add(person)
    const people = peopleIn(relation)
    let needs = people
    if (person === goalOf(this.problem) || people.some((name) => !this.known.has(name))) {
      if (this.random.next() < PLAN_ERRS) needs = this.otherPeople(person, people)
      this.lines.push(writePlan(person, needs))
    }
    for (const name of needs) this.workOut(name)
    // A result uses what the plan named.
    const calculation = calculationOf(withPeople(relation, needs), this.known) ?? this.anyCalculation(person)
    const spoilt = this.random.next() < RESULT_ERRS ? this.spoil(person, relation, calculation) : null
    const [used, value] = spoilt ?? this.withValue(calculation)
    this.known.set(person, value)
    this.lines.push(writeResult(person, used, value))
    this.open.delete(person)
  }

  /** As many people as it should be, or one fewer, of whom at least one is wrong. */
  private otherPeople(person: string, people: readonly string[]): readonly string[] {
    const others = this.problem.sentences
      .map((sentence) => sentence.person)
      .filter((name) => name !== person && !people.includes(name))
    const [first, second] = people
    if (first !== undefined && second !== undefined && (others.length === 0 || this.random.next() < 0.3)) {
      return [this.random.pick([first, second])]
    }
    if (others.length === 0) return people
    const other = this.random.pick(others)
    if (second === undefined || first === undefined) return [other]
    return this.random.next() < 0.5 ? [first, other] : [other, second]
  }

  /** A calculation that is wrong for this person, with its value; or the right one with a wrong value. */
  private spoil(person: string, relation: Relation, right: Calculation): readonly [Calculation, number] {
    const kind = this.random.next()
    if (kind < 0.3) return this.withValue(this.ofAnotherSentence(person, right))
    if (kind < 0.55) return this.withValue({ ...right, a: this.otherValue(right.a) })
    if (kind < 0.7) return this.withValue(this.withOtherNumber(person, relation, right))
    if (kind < 0.85) {
      const operations = (['+', '-', '*', '/'] as const).filter((operation) => operation !== right.operation)
      return this.withValue({ ...right, operation: this.random.pick<Operation>(operations) })
    }
    const apart = this.random.pick([1, 1, 2, 10]) * (this.random.next() < 0.5 ? -1 : 1)
    const value = calculate(right)
    return [right, value + apart >= 0 ? value + apart : value - apart]
  }

  /** What another person's sentence says, as if it were about this one. */
  private ofAnotherSentence(person: string, right: Calculation): Calculation {
    const relations = this.problem.sentences
      .filter((sentence) => sentence.person !== person && sentence.relation.kind !== 'given')
      .map(({ relation }) => relation)
    if (relations.length === 0) return { ...right, a: this.otherValue(right.a) }
    const relation = this.random.pick(relations)
    const own = this.random.next() < 0.5 ? null : calculationOf(relation, this.known)
    if (own) return own
    // The way of that sentence, from the value that this person's sentence starts from.
    const values = new Map(this.known)
    for (const name of peopleIn(relation)) if (!values.has(name)) values.set(name, right.a)
    return { ...(calculationOf(relation, values) ?? right), a: right.a }
  }

  /** Another number of the problem, or another quantity where two are added. */
  private withOtherNumber(person: string, relation: Relation, right: Calculation): Calculation {
    if (relation.kind === 'sum') return { ...right, b: this.otherValue(right.b) }
    const numbers = this.problem.sentences
      .filter((sentence) => sentence.person !== person)
      .flatMap((sentence) => ('number' in sentence.relation ? [sentence.relation.number] : []))
      .filter((number) => number !== right.b)
    return { ...right, b: numbers.length > 0 ? this.random.pick(numbers) : right.b + 1 }
  }

  /** A known quantity other than this one; where there is none, the next number. */
  private otherValue(value: number): number {
    const others = [...this.known.values()].filter((other) => other !== value)
    return others.length > 0 ? this.random.pick(others) : value + 1
  }

  /** Where what is needed is not known: any quantity that is. */
  private anyCalculation(person: string): Calculation {
    const relation = relationOf(this.problem, person)
    const values = new Map(this.known)
    for (const name of relation ? peopleIn(relation) : []) {
      if (!values.has(name)) values.set(name, this.random.pick([...this.known.values()]))
    }
    const calculation = relation && calculationOf(relation, values)
    if (!calculation) throw new RangeError(`nothing to calculate for ${person}`)
    return calculation
  }

  /** The calculation with its value; turned round where it would be negative. */
  private withValue(calculation: Calculation): readonly [Calculation, number] {
    const { a, operation, b } = calculation
    const turned = (operation === '-' && a < b) || (operation === '/' && b === 0)
    const written = turned ? { a: Math.max(a, b), operation, b: Math.min(a, b) } : calculation
    const safe = written.operation === '/' && written.b === 0 ? { ...written, operation: '+' as const } : written
    return [safe, calculate(safe)]
  }
}

/** The relation as if its sentence named these people. */
function withPeople(relation: Relation, [first, second]: readonly string[]): Relation {
  if (relation.kind === 'given' || first === undefined) return relation
  if (relation.kind !== 'sum') return { ...relation, of: first }
  return { kind: 'sum', of: first, and: second ?? first }
}
