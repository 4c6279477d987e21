import { PAGE_SIZE } from './decoder.ts'

/** Which pages a decode burst reads once for all sequences on them, and where their partial results go. */
export interface AttentionPlan {
  /** (page, first entry of the list, entries, 0) per item, most entries first. */
  readonly items: Uint32Array
  /** (sequence, place of the page's partial) per entry. */
  readonly list: Uint32Array
  /** (leading pages that items cover, place of the first one's partial) per sequence. */
  readonly coverage: Uint32Array
}

export interface PlannedSequence {
  readonly pageTable: Uint32Array
  /** Positions before this one are written when the burst starts. */
  readonly position: number
}

export interface AttentionPlanOptions {
  /** Partials that there is room for: leading pages of all sequences together. */
  readonly capacity: number
  /** Sequences that must share a page for it to be read apart; 1 splits every sequence's pages. */
  readonly sharedBy: number
  /** Pages of the cache: numbers in the tables are below this. */
  readonly pages: number
}

/**
 * Plans a burst from the sequences' page tables at its start. Only pages that are full by then take part, so all of their
 * positions are visible to all sequences on them throughout the burst. Of each sequence, its leading pages that at least
 * `sharedBy` sequences have; where the partials do not fit, all sequences' runs are cut at the same length. Takes time in
 * proportion to the tables' entries.
 */
export function planAttention(sequences: readonly PlannedSequence[], options: AttentionPlanOptions): AttentionPlan {
  const { capacity, sharedBy, pages } = options
  const full = sequences.map(({ position }) => Math.floor(position / PAGE_SIZE))
  const counts = new Uint32Array(pages)
  forEachPage(sequences, full, (page) => {
    counts[page] = (counts[page] as number) + 1
  })
  const runs = sequences.map(({ pageTable }, sequence) => {
    let run = 0
    while (run < (full[sequence] as number) && (counts[pageTable[run] as number] as number) >= sharedBy) run++
    return run
  })
  const most = longestThatFits(runs, capacity)
  const covered = runs.map((run) => Math.min(run, most))

  counts.fill(0)
  const order: number[] = []
  forEachPage(sequences, covered, (page) => {
    if (counts[page] === 0) order.push(page)
    counts[page] = (counts[page] as number) + 1
  })
  // Neighbouring items run in step on software adapters, so they should have lists of like length.
  order.sort((a, b) => (counts[b] as number) - (counts[a] as number))
  const items = new Uint32Array(4 * order.length)
  const next = new Uint32Array(pages)
  let entries = 0
  order.forEach((page, item) => {
    items.set([page, entries, counts[page] as number], 4 * item)
    next[page] = entries
    entries += counts[page] as number
  })
  const list = new Uint32Array(2 * entries)
  const coverage = new Uint32Array(2 * sequences.length)
  let place = 0
  sequences.forEach(({ pageTable }, sequence) => {
    const run = covered[sequence] as number
    coverage[2 * sequence] = run
    coverage[2 * sequence + 1] = place
    for (let index = 0; index < run; index++) {
      const page = pageTable[index] as number
      const entry = next[page] as number
      next[page] = entry + 1
      list[2 * entry] = sequence
      list[2 * entry + 1] = place++
    }
  })
  return { items, list, coverage }
}

/**
 * Pages of keys and values loaded in one layer of a burst, at most: rows that sequences share are counted for each of them.
 * One load is one page of one key-value head: an item loads it once in a step, whatever the rows on it; otherwise each
 * query head of each row does.
 */
export interface PageLoads {
  readonly reads: number
  /** What a kernel without shared pages would load. */
  readonly visits: number
}

/** @param executed steps that each sequence was executed in: its rows' positions count up from the sequence's own. */
export function countPageLoads(
  plan: AttentionPlan,
  sequences: readonly PlannedSequence[],
  executed: readonly number[],
  heads: { readonly heads: number; readonly keyValueHeads: number },
): PageLoads {
  let rowLoads = 0
  let visits = 0
  sequences.forEach(({ position }, sequence) => {
    const covered = plan.coverage[2 * sequence] as number
    for (let step = 0; step < (executed[sequence] as number); step++) {
      const pages = Math.floor((position + step) / PAGE_SIZE) + 1
      visits += pages
      rowLoads += pages - covered
    }
  })
  let itemLoads = 0
  for (let item = 0; item < plan.items.length; item += 4) {
    const first = plan.items[item + 1] as number
    const end = first + (plan.items[item + 2] as number)
    // An item is read as long as one of its sequences goes on.
    let steps = 0
    for (let entry = first; entry < end; entry++) {
      steps = Math.max(steps, executed[plan.list[2 * entry] as number] as number)
    }
    itemLoads += steps
  }
  return { reads: rowLoads * heads.heads + itemLoads * heads.keyValueHeads, visits: visits * heads.heads }
}

function forEachPage(
  sequences: readonly PlannedSequence[],
  lengths: readonly number[],
  visit: (page: number) => void,
): void {
  sequences.forEach(({ pageTable }, sequence) => {
    const length = lengths[sequence] as number
    for (let index = 0; index < length; index++) visit(pageTable[index] as number)
  })
}

/** The largest bound under which the runs' sum is at most `capacity`. */
function longestThatFits(runs: readonly number[], capacity: number): number {
  let fits = 0
  let tooLong = runs.reduce((most, run) => Math.max(most, run), 0) + 1
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    const sum = runs.reduce((total, run) => total + Math.min(run, middle), 0)
    if (sum <= capacity) fits = middle
    else tooLong = middle
  }
  return fits
}
