import { STRATEGIES } from '../search/settings.ts'

/** For a select. */
export const strategyOptions = STRATEGIES.map(({ id, name }) => ({ value: id, label: name }))
