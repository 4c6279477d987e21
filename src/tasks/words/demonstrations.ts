import { stateRelation, writePlan, writeResult } from './line.ts'
import type { WordProblem } from './problem.ts'
import { goalOf, peopleIn, relationOf } from './problem.ts'
import { calculate, calculationOf, givenQuantities } from './quantities.ts'

/**
 * The lines of the solution, the answer included, each with its newline: from the question down, a plan for everybody
 * who needs somebody not known yet, then the results on the way back, each after the sentence that it follows from.
 */
export function demonstrateWords(problem: WordProblem): string[] {
  const known = givenQuantities(problem)
  const lines: string[] = []
  const goal = goalOf(problem)
  const solve = (person: string): number => {
    const value = known.get(person)
    if (value !== undefined) return value
    const relation = relationOf(problem, person)
    if (!relation) throw new RangeError(`no sentence about ${person}`)
    const people = peopleIn(relation)
    if (person === goal || people.some((name) => !known.has(name))) lines.push(writePlan(person, people))
    for (const name of people) solve(name)
    const calculation = calculationOf(relation, known)
    if (!calculation) throw new RangeError(`nothing to calculate for ${person}`)
    const result = calculate(calculation)
    known.set(person, result)
    lines.push(writeResult(stateRelation(person, relation, problem.things), calculation, result))
    return result
  }
  const answer = solve(goal)
  return [...lines, `A ${answer}\n`]
}
