import { plainText } from '../core/outside-text.ts'
import type { Difference } from '../state/search/belonging.ts'

/** `This search was made with problem 4 3 6 8 > 40 (now 3 5 7 2 > 24).`; null where it is of what is shown. */
export function belongsSentence(differences: readonly Difference[]): string | null {
  const [first, ...rest] = differences
  if (!first) return null
  return `This search was made with ${[first, ...rest].map(phrase).join(', ')}.`
}

function phrase({ what, run, now }: Difference): string {
  return `${what} ${plainText(run)} (now ${now.trim() === '' ? 'empty' : plainText(now)})`
}

/** Another problem or other models: what the picture shows would not come out now. */
export function isStale(differences: readonly Difference[]): boolean {
  return differences.some(({ what }) => what === 'problem' || what === 'policy' || what === 'reward model')
}
