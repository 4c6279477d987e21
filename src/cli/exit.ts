/** Exit codes: done; something went wrong; the command line was wrong; interrupted, as shells count signals. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: { SIGINT: 130, SIGTERM: 143 } } as const
