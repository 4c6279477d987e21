import type { GrownResponse } from './grow-responses.ts'
import { writtenSteps } from './grow-responses.ts'

/** A response whose steps are to be labelled, sampled here or read from a file. */
export interface GivenResponse {
  /** Steps with text, each with its step end. */
  readonly steps: readonly string[]
  /** Nothing can follow the last step: it ends the response itself, or was cut. */
  readonly ended: boolean
  /** Length of the response in tokens. */
  readonly tokens: number
}

/** A sampled response to be labelled. An end of the sequence that stands alone is no step, and others may go on there. */
export function givenResponse(response: GrownResponse): GivenResponse {
  const last = response.steps.findLast(({ text }) => text !== '')
  return {
    steps: writtenSteps(response.steps),
    ended: (last !== undefined && last.finish !== 'step') || response.end === 'answer',
    tokens: response.steps.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0),
  }
}
