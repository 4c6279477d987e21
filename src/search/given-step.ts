import { StepscopeError } from '../core/errors.ts'
import { endedStep } from '../core/step-text.ts'

/**
 * A step that a person gives, ended with a newline: one line, whose newline may be left out.
 * @throws StepscopeError `bad-setting` where it is empty, or several lines
 */
export function readGivenStep(text: string): string {
  const line = text.replace(/\n+$/, '')
  if (line.trim() === '' || /[\n\r]/.test(line)) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: line.trim() === '' ? 'A given step is empty' : 'A given step has several lines',
      expected: 'one line of text',
      found: JSON.stringify(text),
      nextStep: 'Give every step by itself.',
    })
  }
  return endedStep(line)
}
