import { StepscopeError } from '../core/errors.ts'

/**
 * A step that a person gives, with its step end or without: the search ends it as its policy ends steps.
 * @throws StepscopeError `bad-setting` where it is empty
 */
export function readGivenStep(text: string): string {
  if (text.trim() !== '') return text.includes('\n') ? text : `${text}\n`
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'A given step is empty',
    expected: 'the text of a step',
    found: JSON.stringify(text),
    nextStep: 'Leave it out, or write the step.',
  })
}
