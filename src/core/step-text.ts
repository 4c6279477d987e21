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
