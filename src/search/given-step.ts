import { StepscopeError } from '../core/errors.ts'

/**
 * A step that a person gives: one line, whose newline may be left out. The search ends it as its policy ends steps.
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
  return line === text ? `${line}\n` : text
}
