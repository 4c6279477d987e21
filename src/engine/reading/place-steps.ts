import { pushAll } from '../../core/push-all.ts'
import { bareStep, endedStep } from '../../core/step-text.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'

/**
 * Tokens of the steps, and for each step the index of the token it is scored at: the last one that completes `scoreAt`,
 * which is appended to steps without it; line ends that another model closed the step with give way to it.
 * @param room tokens that fit after the prompt
 */
export function placeSteps(
  tokenizer: Tokenizer,
  scoreAt: string,
  steps: readonly string[],
  room: number,
): { readonly ids: number[]; readonly readouts: number[] } {
  const ids: number[] = []
  const readouts: number[] = []
  for (const [index, step] of steps.entries()) {
    if (step === '') throw new RangeError(`step ${index} is empty: it has no score`)
    const special = tokenizer.special(scoreAt)
    if (special !== undefined) {
      pushAll(ids, tokenizer.encode(bareStep(bareStep(step, [scoreAt]))))
      if (ids.length < room) ids.push(special)
      readouts.push(ids.length - 1)
      continue
    }
    const marked = step.includes(scoreAt) && !/^\n+$/.test(scoreAt) ? step : endedStep(step, [scoreAt])
    const all = tokenizer.encode(marked)
    // A sequence that fills the context to its last token is read there.
    const stepIds = marked === step || ids.length + all.length <= room ? all : tokenizer.encode(step)
    const texts = tokenizer.texts(stepIds)
    const at = texts.join('').lastIndexOf(scoreAt)
    const end = at < 0 ? Number.POSITIVE_INFINITY : at + scoreAt.length
    let length = 0
    const token = texts.findIndex((text) => {
      length += text.length
      return length >= end
    })
    readouts.push(ids.length + (token < 0 ? stepIds.length - 1 : token))
    pushAll(ids, stepIds)
  }
  return { ids, readouts }
}
