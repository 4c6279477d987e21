/** The task where nobody chose one. The only task that is named outside `src/tasks`. */
export const DEFAULT_TASK = 'countdown'

/** The problem that the page begins with, which is that of its recorded search, and its difficulty in the default task. */
export const DEFAULT_PROBLEM = { text: '4 3 6 8 > 40', difficulty: '4-numbers' } as const
