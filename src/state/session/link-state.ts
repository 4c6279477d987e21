import type { NodeId } from '../../search/events.ts'

/** The event of a run that a link is of. */
export interface LinkAsk {
  readonly event: number
  readonly node: NodeId | null
}

export interface LinkState {
  /** A link is not carried out yet: a reload needs it again. */
  readonly carrying: boolean
  /** It is of an event of a search that is not here: a person says whether to run it. */
  readonly ask: LinkAsk | null
}

/** What a link holds besides the search: the next training run, or the next sweep. */
export type LinkAbout = 'search' | 'training' | 'sweep'

export interface LinkActions {
  /**
   * URL hash (`#…`) that reproduces session, compare entries and selected event; '' where all is default.
   * @param about with what the next training run, or the next sweep, does
   */
  hash(about?: LinkAbout): string
  /** Takes over what a hash says, and starts nothing; bad values fall back with a notice. */
  apply(hash: string): void
  /** Runs the search that `link.ask` is of, and shows the event. */
  run(): Promise<void>
  /** Only sets it up. */
  leave(): void
}
