/**
 * Words that threads share, at the start of the memory, each group in cache lines of its own. Addresses in bytes.
 */
export const CONTROL = {
  /** i64: number of the job (high half) and units of it that nobody has taken yet (low half). */
  ticket: 64,
  /** Units of the job that are done, and whether its owner waits for that. */
  done: 128,
  ownerWaits: 132,
  /** The job: its descriptor, its units, and how many are taken at a time. */
  job: 192,
  jobUnits: 196,
  jobGrain: 200,
  /** Threads that sleep, and what they sleep on. */
  sleepers: 256,
  wake: 260,
  /** Set for threads to end. */
  stop: 320,
  /** Set by a thread that failed. */
  failed: 324,
  /** Modules that a thread needs before it takes a unit, and where their list is: (address, bytes, first place, places). */
  modules: 328,
  moduleList: 332,
  /** Scratch space of thread 0, and bytes from one thread's to the next. */
  scratch: 336,
  scratchStride: 340,
  /** Threads of all, the owner among them. */
  threads: 344,
  /** Times of 100 ms without progress after which a job counts as lost. */
  patience: 348,
} as const

/** The heap starts here. */
export const CONTROL_BYTES = 1024

/** A dispatch as the runner reads it: words, then the addresses of the bindings. */
export const DESCRIPTOR = {
  /** Place of the function that counts units, or `HOST`. */
  units: 0,
  /** Place of the function that does them, or the number of the host's function. */
  run: 4,
  addresses: 8,
} as const

export const HOST = -1
