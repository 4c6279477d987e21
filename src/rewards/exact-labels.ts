/**
 * Exact step labels of a response, from a task that can tell whether a right answer can still be reached.
 * @param label the task's word on a prefix
 */
export function exactLabels(
  steps: readonly string[],
  label: (steps: readonly string[]) => { readonly label: 0 | 1 },
): boolean[] {
  return steps.map((_, index) => label(steps.slice(0, index + 1)).label === 1)
}
