/** The text of a response; steps that came without their ends are put on lines of their own. */
export function responseText(steps: readonly string[]): string {
  return steps.map((step) => (/\s$/.test(step) ? step : `${step}\n`)).join('')
}
