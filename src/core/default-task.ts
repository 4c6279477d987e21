/** The task where nobody chose one. The only task that is named outside `src/tasks`. */
export const DEFAULT_TASK = 'countdown'
