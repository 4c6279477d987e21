/**
 * The one way in which the text of a step is put together: by search, scoring, training and links alike, so that a model
 * reads the same tokens wherever a step comes from.
 */

/** A step as files have it, without its step end: whoever reads it puts the end after each step itself. */
export function bareStep(step: string, stepEnd = '\n'): string {
  return step.endsWith(stepEnd) ? step.slice(0, -stepEnd.length) : step
}

/**
 * A step as a model reads it, with that model's own step end, whoever wrote it: where steps end with line ends, those
 * that it came with (one from a policy, none from a file) give way to the model's.
 */
export function endedStep(step: string, stepEnd = '\n'): string {
  if (/^\n+$/.test(stepEnd)) return step.replace(/\n+$/, '') + stepEnd
  return step.endsWith(stepEnd) ? step : step + stepEnd
}
