export const SPLITS = ['blank-lines', 'line-ends', 'every-line-end'] as const
export type Split = (typeof SPLITS)[number]

/**
 * A response split anew, as if its steps had been written with a blank line between them: at blank lines; at line ends, what is empty
 * left out; or at every line end, which makes an empty step of each blank line: a common fault, and such steps have scores, too.
 */
export function resplit(steps: readonly string[], split: Split): readonly string[] {
  const text = steps.map((step) => step.replace(/^\n+|\n+$/g, '')).join('\n\n')
  switch (split) {
    case 'blank-lines':
      return text.split(/\n{2,}/)
    case 'line-ends':
      return text.split(/\n+/)
    case 'every-line-end':
      return text.split('\n')
  }
}
