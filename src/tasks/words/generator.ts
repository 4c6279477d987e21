import { hashNumbers } from '../../core/hash.ts'
import { RandomStream } from '../../core/random.ts'
import type { Split } from '../split.ts'
import { splitOfHash } from '../split.ts'
import type { Relation, Sentence, WordProblem } from './problem.ts'
import { goalOf, relationOf } from './problem.ts'
import { calculate, calculationOf, neededPeople } from './quantities.ts'

/** Who and what the bundled models have words for. */
export const NAMES = ['Ann', 'Bob', 'Cy', 'Dee', 'Eve', 'Fay', 'Gus', 'Hal'] as const
export const THINGS = ['pens', 'cups', 'eggs', 'keys', 'figs'] as const

/** What a difficulty asks of a problem: both bounds included. */
interface WordsDifficulty {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Results from the given numbers to the answer, that of `together` included. */
  readonly results: readonly [number, number]
  /** How many people are there to distract, each number of them as likely as it stands here. */
  readonly distractors: readonly number[]
}

export const WORDS_DIFFICULTIES: readonly WordsDifficulty[] = [
  {
    id: '2-results',
    name: '2 results',
    description: 'Two calculations, at most one person who does not matter.',
    results: [2, 2],
    distractors: [0, 1],
  },
  {
    id: '2-to-3-results',
    name: '2 to 3 results',
    description: 'Two or three calculations, at most one person who does not matter.',
    results: [2, 3],
    distractors: [0, 1],
  },
  {
    id: '2-to-5-results',
    name: '2 to 5 results',
    description: 'Two to five calculations, at most two people who do not matter.',
    results: [2, 5],
    distractors: [0, 1, 1, 2, 2],
  },
  {
    id: '5-results',
    name: '5 results',
    description: 'Five calculations, at most two people who do not matter.',
    results: [5, 5],
    distractors: [1, 2],
  },
]

/** Share of problems that ask for two people together. */
const ASKS_TOGETHER = 0.15
/** How often somebody who is there to distract follows from others, instead of having a number. */
const DISTRACTOR_FOLLOWS = 0.6
/** Numbers of sentences, both bounds included, and of quantities: the bundled models' training range. */
export const GIVEN_RANGE = [2, 20] as const
export const APART_RANGE = [2, 15] as const
export const TIMES_RANGE = [2, 5] as const
const LARGEST_QUANTITY = 150

/**
 * A random problem: quantities that follow from each other up to the answer, people who distract, sentences in any
 * order. The same seed and difficulty give the same problem. Throws a RangeError for an unknown difficulty.
 */
export function generateWords(seed: number, difficulty: string): WordProblem {
  const index = WORDS_DIFFICULTIES.findIndex(({ id }) => id === difficulty)
  const wanted = WORDS_DIFFICULTIES[index]
  if (!wanted) throw new RangeError(`unknown difficulty ${difficulty}`)
  const random = new RandomStream(seed, index)
  const together = random.next() < ASKS_TOGETHER
  const calculated = random.integer(...wanted.results) - (together ? 1 : 0)
  const distractors = Array.from({ length: random.pick(wanted.distractors) }, () => random.next() < DISTRACTOR_FOLLOWS)
  const writer = new ProblemWriter(random)
  // Those with a number come first: a sum on the way may take one of them, who then does not distract.
  for (const follows of distractors) if (!follows) writer.addGiven()
  let last = writer.addGiven()
  for (let count = 0; count < calculated; count++) last = writer.addFollowing(last)
  const other = together ? writer.anyoneBut(last) : null
  for (const follows of distractors) if (follows) writer.addFollowing(writer.anyone())
  const asked: WordProblem['asked'] = other === null ? [last] : random.next() < 0.5 ? [last, other] : [other, last]
  return { things: random.pick(THINGS), sentences: shuffled(writer.sentences, random), asked }
}

/** Adds people one by one, each with a quantity in range that follows from those before. */
class ProblemWriter {
  readonly sentences: Sentence[] = []
  private readonly known = new Map<string, number>()
  private readonly names: string[]
  private readonly random: RandomStream

  constructor(random: RandomStream) {
    this.random = random
    this.names = shuffled(NAMES, random)
  }

  addGiven(): string {
    const number = this.random.integer(...GIVEN_RANGE)
    return this.add({ kind: 'given', number }, number)
  }

  /** Somebody whose quantity follows from that of this person. */
  addFollowing(of: string): string {
    for (;;) {
      const relation = this.draw(of)
      const calculation = relation && calculationOf(relation, this.known)
      if (!relation || !calculation || (relation.kind === 'half' && calculation.a % 2 !== 0)) continue
      const value = calculate(calculation)
      if (value >= 1 && value <= LARGEST_QUANTITY) return this.add(relation, value)
    }
  }

  anyone(): string {
    return this.random.pick([...this.known.keys()])
  }

  anyoneBut(person: string): string {
    return this.random.pick([...this.known.keys()].filter((name) => name !== person))
  }

  private draw(of: string): Relation | null {
    const kind = this.random.pick(['more', 'fewer', 'times', 'half', 'sum'] as const)
    if (kind === 'half') return { kind, of }
    if (kind === 'times') return { kind, number: this.random.integer(...TIMES_RANGE), of }
    if (kind !== 'sum') return { kind, number: this.random.integer(...APART_RANGE), of }
    if (this.known.size < 2) return null
    const [first = of, second = of] = shuffled([of, this.anyoneBut(of)], this.random)
    return { kind, of: first, and: second }
  }

  private add(relation: Relation, value: number): string {
    const person = this.names.pop()
    if (person === undefined) throw new RangeError('a problem with more people than there are names')
    this.sentences.push({ person, relation })
    this.known.set(person, value)
    return person
  }
}

function shuffled<T>(items: readonly T[], random: RandomStream): T[] {
  const left = [...items]
  const mixed: T[] = []
  while (left.length > 0) mixed.push(...left.splice(random.integer(0, left.length - 1), 1))
  return mixed
}

const KINDS = ['given', 'more', 'fewer', 'times', 'half', 'sum'] as const

/**
 * By a hash of the sentences that the answer follows from, their kinds and numbers, whoever they are about and in
 * whatever order: what is held out shares no such set with training.
 */
export function splitOfWords(problem: WordProblem): Split {
  const goal = goalOf(problem)
  const codes = [...neededPeople(problem)].map((person) => {
    const relation = relationOf(problem, person)
    if (!relation) throw new RangeError(`no sentence about ${person}`)
    const number = 'number' in relation ? relation.number : 0
    return (number * KINDS.length + KINDS.indexOf(relation.kind)) * 2 + (person === goal ? 1 : 0)
  })
  return splitOfHash(hashNumbers(codes))
}
