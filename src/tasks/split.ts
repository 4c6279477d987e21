export const SPLITS = ['train', 'held-out'] as const
/** Problems to learn from, and problems kept for evaluation, which nothing is trained on. */
export type Split = (typeof SPLITS)[number]

/** One problem in so many is held out. */
const HELD_OUT_ONE_IN = 10

/** The split that a hash falls into. */
export function splitOfHash(hash: number): Split {
  return hash % HELD_OUT_ONE_IN === 0 ? 'held-out' : 'train'
}
