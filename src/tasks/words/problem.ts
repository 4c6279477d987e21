/** What one sentence says of a person: a number, or how their quantity follows from that of others. */
export type Relation =
  | { readonly kind: 'given'; readonly number: number }
  | { readonly kind: 'more' | 'fewer' | 'times'; readonly number: number; readonly of: string }
  | { readonly kind: 'half'; readonly of: string }
  | { readonly kind: 'sum'; readonly of: string; readonly and: string }

export interface Sentence {
  readonly person: string
  readonly relation: Relation
}

/** Quantities of one thing, a sentence each in any order, and whose is asked for: of one person, or of two together. */
export interface WordProblem {
  /** What is counted, in the plural, e.g. `figs`. */
  readonly things: string
  readonly sentences: readonly Sentence[]
  readonly asked: readonly [string] | readonly [string, string]
}

/** Who stands for the two people asked for, in the lines of a solution. */
export const TOGETHER = 'together'

/** The people of a sentence apart from the one that it is about, in its order. */
export function peopleIn(relation: Relation): readonly string[] {
  switch (relation.kind) {
    case 'given':
      return []
    case 'sum':
      return [relation.of, relation.and]
    default:
      return [relation.of]
  }
}

/** The sentence without its stop: `Ann has 4 times as many figs as Cy`. */
export function writeSentence({ person, relation }: Sentence, things: string): string {
  switch (relation.kind) {
    case 'given':
      return `${person} has ${relation.number} ${things}`
    case 'more':
    case 'fewer':
      return `${person} has ${relation.number} ${relation.kind} ${things} than ${relation.of}`
    case 'times':
      return `${person} has ${relation.number} times as many ${things} as ${relation.of}`
    case 'half':
      return `${person} has half as many ${things} as ${relation.of}`
    case 'sum':
      return `${person} has as many ${things} as ${relation.of} and ${relation.and} together`
  }
}

/** The problem in words: its sentences, then the question. */
export function formatWords({ things, sentences, asked }: WordProblem): string {
  const [first, second] = asked
  const question =
    second === undefined
      ? `How many ${things} does ${first} have?`
      : `How many ${things} do ${first} and ${second} have together?`
  return [...sentences.map((sentence) => `${writeSentence(sentence, things)}.`), question].join(' ')
}

/** What the problem says of a person, or of the two asked for `together`; undefined where it says nothing. */
export function relationOf({ sentences, asked }: WordProblem, person: string): Relation | undefined {
  const [first, second] = asked
  if (person === TOGETHER) return second === undefined ? undefined : { kind: 'sum', of: first, and: second }
  return sentences.find((sentence) => sentence.person === person)?.relation
}

/** Whose quantity is the answer: the person asked for, or `together`. */
export function goalOf({ asked }: WordProblem): string {
  return asked.length === 2 ? TOGETHER : asked[0]
}
