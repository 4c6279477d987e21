/** What of the traces is listed, and in which order. */
export const SORTS = ['file', 'length', 'first-error', 'lowest', 'disagreement'] as const
export type TraceSort = (typeof SORTS)[number]

export interface TraceView {
  /** Of problem and steps, in any case; '' for all. */
  readonly query: string
  /** '' for all. */
  readonly set: string
  /** Part of a data set; '' for all. */
  readonly subset: string
  readonly outcome: 'all' | 'wrong' | 'right' | 'unknown'
  readonly labelled: 'all' | 'human' | 'unlabelled'
  /** Whether model A, or the models, agree with the truth, or with each other. */
  readonly judged: 'all' | 'found' | 'missed' | 'unscored'
  readonly sort: TraceSort
  readonly descending: boolean
  /** A step is called wrong below this score. */
  readonly threshold: number
}

export const EVERYTHING: TraceView = {
  query: '',
  set: '',
  subset: '',
  outcome: 'all',
  labelled: 'all',
  judged: 'all',
  sort: 'file',
  descending: false,
  threshold: 0.5,
}
