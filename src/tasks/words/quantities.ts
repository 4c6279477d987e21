import type { Relation, WordProblem } from './problem.ts'
import { goalOf, peopleIn, relationOf } from './problem.ts'

export type Operation = '+' | '-' | '*' | '/'

/** One calculation, as it is written: `10*4`. */
export interface Calculation {
  readonly a: number
  readonly operation: Operation
  readonly b: number
}

/** The result; of a division that does not come out even, the whole part. */
export function calculate({ a, operation, b }: Calculation): number {
  switch (operation) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return Math.floor(a / b)
  }
}

const OPERATION_OF = { more: '+', fewer: '-', times: '*', half: '/', sum: '+' } as const

/**
 * The calculation that a sentence asks for, the other person's value first; null where nothing is to be calculated, or
 * where a value is not known.
 */
export function calculationOf(relation: Relation, known: ReadonlyMap<string, number>): Calculation | null {
  if (relation.kind === 'given') return null
  const a = known.get(relation.of)
  const b = relation.kind === 'sum' ? known.get(relation.and) : relation.kind === 'half' ? 2 : relation.number
  if (a === undefined || b === undefined) return null
  return { a, operation: OPERATION_OF[relation.kind], b }
}

/** The quantities that sentences give as numbers. */
export function givenQuantities({ sentences }: WordProblem): Map<string, number> {
  const known = new Map<string, number>()
  for (const { person, relation } of sentences) if (relation.kind === 'given') known.set(person, relation.number)
  return known
}

/**
 * The graph of quantities, solved: every value that follows from the sentences, `together` included where it is asked
 * for. A value that is in a circle of sentences, or follows from somebody without one, is not in it.
 */
export function solveQuantities(problem: WordProblem): Map<string, number> {
  const known = givenQuantities(problem)
  const open = new Set([...problem.sentences.map(({ person }) => person), goalOf(problem)])
  for (let found = true; found; ) {
    found = false
    for (const person of open) {
      const relation = relationOf(problem, person)
      const calculation = relation && calculationOf(relation, known)
      if (calculation) known.set(person, calculate(calculation))
      if (known.has(person)) found = open.delete(person) || found
    }
  }
  return known
}

/** Everybody whose quantity the answer follows from, `together` included where it is asked for. */
export function neededPeople(problem: WordProblem): Set<string> {
  const needed = new Set<string>()
  const queue = [goalOf(problem)]
  for (let person = queue.pop(); person !== undefined; person = queue.pop()) {
    if (needed.has(person)) continue
    needed.add(person)
    const relation = relationOf(problem, person)
    if (relation) queue.push(...peopleIn(relation))
  }
  return needed
}
