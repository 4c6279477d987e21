import { RandomStream } from '../../core/random.ts'
import { stateRelation, writePlan, writeResult } from './line.ts'
import type { Relation, WordProblem } from './problem.ts'
import { goalOf, peopleIn, relationOf, TOGETHER } from './problem.ts'
import type { Calculation, Operation } from './quantities.ts'
import { calculate, calculationOf, givenQuantities } from './quantities.ts'

/** How often a plan, a result and an answer are wrong. */
const PLAN_ERRS = 0.06
const RESULT_ERRS = 0.18
const ANSWER_ERRS = 0.03

/**
 * The lines of an attempt that may have mistakes of the kinds that models make: a plan that names the wrong people; a
 * result that repeats or follows another sentence, with another operand, operation or number, or with a wrong value; another answer. It goes
 * on from what it wrote.
 */
export function attemptWords(problem: WordProblem, seed: number): string[] {
  return new Attempt(problem, new RandomStream(seed, 1)).write()
}

/** A line of a result: what it repeats, and its calculation. */
interface Result {
  readonly stated: Relation
  readonly used: Calculation
  readonly value: number
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
    const said = withPeople(relation, needs)
    const calculation = calculationOf(said, this.known) ?? this.anyCalculation(person)
    const spoilt = this.random.next() < RESULT_ERRS ? this.spoil(person, said, calculation) : null
    const { stated, used, value } = spoilt ?? this.result(said, calculation)
    this.known.set(person, value)
    this.lines.push(writeResult(stateRelation(person, stated, this.problem.things), used, value))
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

  /** A result that is wrong for this person: in what it repeats, in its calculation or in its value. */
  private spoil(person: string, relation: Relation, right: Calculation): Result {
    const kind = this.random.next()
    if (kind < 0.3) return this.ofAnotherSentence(person, relation, right)
    if (kind < 0.55) return this.result(relation, { ...right, a: this.otherValue(right.a) })
    if (kind < 0.7) return this.withOtherNumber(person, relation, right)
    if (kind < 0.8) {
      const operations = (['+', '-', '*', '/'] as const).filter((operation) => operation !== right.operation)
      return this.result(relation, { ...right, operation: this.random.pick<Operation>(operations) })
    }
    const apart = this.random.pick([1, 1, 2, 10]) * (this.random.next() < 0.5 ? -1 : 1)
    const value = calculate(right)
    return { stated: relation, used: right, value: value + apart >= 0 ? value + apart : value - apart }
  }

  /** What another person's sentence says, as if it were about this one. */
  private ofAnotherSentence(person: string, own: Relation, right: Calculation): Result {
    const relations = this.problem.sentences
      .filter((sentence) => sentence.person !== person && sentence.relation.kind !== 'given')
      .map(({ relation }) => relation)
    if (relations.length === 0 || person === TOGETHER)
      return this.result(own, { ...right, a: this.otherValue(right.a) })
    const relation = this.random.pick(relations)
    const known = this.random.next() < 0.5 ? null : calculationOf(relation, this.known)
    if (known) return this.result(relation, known)
    // The way of that sentence, from the value that this person's sentence starts from.
    const values = new Map(this.known)
    for (const name of peopleIn(relation)) if (!values.has(name)) values.set(name, right.a)
    return this.result(relation, { ...(calculationOf(relation, values) ?? right), a: right.a })
  }

  /** Another number of the problem, repeated or in the calculation alone; or another quantity where two are added. */
  private withOtherNumber(person: string, relation: Relation, right: Calculation): Result {
    if (relation.kind === 'sum') return this.result(relation, { ...right, b: this.otherValue(right.b) })
    const numbers = this.problem.sentences
      .filter((sentence) => sentence.person !== person)
      .flatMap((sentence) => ('number' in sentence.relation ? [sentence.relation.number] : []))
      .filter((number) => number !== right.b)
    const b = numbers.length > 0 ? this.random.pick(numbers) : right.b + 1
    const repeated = 'number' in relation && this.random.next() < 0.5
    return this.result(repeated ? { ...relation, number: b } : relation, { ...right, b })
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
  private result(stated: Relation, calculation: Calculation): Result {
    const { a, operation, b } = calculation
    const turned = (operation === '-' && a < b) || (operation === '/' && b === 0)
    const written = turned ? { a: Math.max(a, b), operation, b: Math.min(a, b) } : calculation
    const safe = written.operation === '/' && written.b === 0 ? { ...written, operation: '+' as const } : written
    return { stated, used: safe, value: calculate(safe) }
  }
}

/** The relation as if its sentence named these people. */
function withPeople(relation: Relation, [first, second]: readonly string[]): Relation {
  if (relation.kind === 'given' || first === undefined) return relation
  if (relation.kind !== 'sum') return { ...relation, of: first }
  return { kind: 'sum', of: first, and: second ?? first }
}
