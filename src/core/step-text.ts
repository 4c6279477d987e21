/**
 * The one way in which the text of a step is put together: by search, scoring, training and links alike, so that a model
 * reads the same tokens wherever a step comes from.
 */

/** What steps end with where a model says nothing. */
const LINE_END = ['\n'] as const

/** A step as files have it and people edit it, without its step end: whoever reads it puts the end after each step itself. */
export function bareStep(step: string, stepEnds: readonly string[] = LINE_END): string {
  const longest = stepEnds.reduce((most, end) => (step.endsWith(end) && end.length > most.length ? end : most), '')
  return step.slice(0, step.length - longest.length)
}

/** A text's steps, each with its step end but for the last one, which may have none. */
export function splitSteps(text: string, stepEnds: readonly string[] = LINE_END): string[] {
  const steps: string[] = []
  let rest = text
  while (rest !== '') {
    const ends = stepEnds.flatMap((end) => {
      const at = rest.indexOf(end)
      return at < 0 ? [] : [{ at, after: at + end.length }]
    })
    const first = Math.min(...ends.map(({ at }) => at))
    // Of ends that begin at one place the longest: a blank line is not a line end with an empty step behind it.
    const after = Math.max(...ends.filter(({ at }) => at === first).map((end) => end.after))
    const length = ends.length === 0 ? rest.length : after
    steps.push(rest.slice(0, length))
    rest = rest.slice(length)
  }
  return steps
}

/**
 * A step as a model reads it, with one of that model's own step ends, whoever wrote it: the one that it came with, where the
 * model has it, else the model's first. Line ends that it came with (one from a policy, none from a file) give way to those
 * of the model.
 */
export function endedStep(step: string, stepEnds: readonly string[] = LINE_END): string {
  const isLineEnds = (end: string) => /^\n+$/.test(end)
  const lineEnds = /\n*$/.exec(step)?.[0] ?? ''
  const text = step.slice(0, step.length - lineEnds.length)
  if (stepEnds.includes(lineEnds)) return step
  if (stepEnds.some((end) => !isLineEnds(end) && text.endsWith(end))) return text
  const [first = '\n'] = stepEnds
  const end = (lineEnds === '' ? undefined : stepEnds.find(isLineEnds)) ?? first
  return (isLineEnds(end) ? text : step) + end
}
