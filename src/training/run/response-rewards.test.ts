import { describe, expect, it } from 'vitest'
import { readRecipe } from '../../formats/training-recipe.ts'
import type { ResponseEnd } from '../../rewards/grow-responses.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { countdown } from '../../tasks/countdown/countdown.ts'
import { rewardResponses } from './response-rewards.ts'

const PROBLEM = countdown.parse('3 5 7 2 > 24')

function response(lines: readonly string[], end: ResponseEnd = 'eos'): SampledResponse {
  const steps = lines.map((text) => ({ text, tokenIds: [1, 2], logprobs: [-1, -1], finish: 'step' as const }))
  const verdict = countdown.verify(PROBLEM, lines)
  return { problem: 0, sample: 0, prompt: 'Q 3 5 7 2 > 24\n', sent: '', text: lines.join(''), steps, end, verdict }
}

async function earned(one: SampledResponse, reward: { verifier: number; format: number }): Promise<number | undefined> {
  const recipe = readRecipe({ objective: 'grpo', model: 'm', reward })
  const rewards = await rewardResponses(recipe, [[one]], null, new AbortController().signal)
  return rewards[0]?.[0]?.total
}

const RIGHT = ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n']

describe('the format reward', () => {
  const format = { verifier: 0, format: 0.5 }

  it.each<[string, readonly string[], ResponseEnd, number]>([
    ['a right response', RIGHT, 'eos', 0.5],
    ['wrong arithmetic in well-formed lines', ['3*5=99 : 7 2 99\n', 'A 7\n'], 'eos', 0.5],
    ['an answer without a line end', [...RIGHT.slice(0, 3), 'A 24'], 'eos', 0.5],
    ['an answer alone', ['A 24\n'], 'eos', 0.5],
    ['a line that is no step', ['hello\n', 'A 24\n'], 'eos', 0],
    ['one among right ones', [...RIGHT.slice(0, 2), '22 plus 2\n', 'A 24\n'], 'eos', 0],
    ['an empty line', ['\n', ...RIGHT], 'eos', 0],
    ['text after the answer', [...RIGHT, 'so 24\n'], 'eos', 0],
    ['two answers', [...RIGHT, 'A 24\n'], 'eos', 0],
    ['an answer that is no number', [...RIGHT.slice(0, 3), 'A twenty-four\n'], 'eos', 0],
    ['no answer', RIGHT.slice(0, 3), 'eos', 0],
    ['nothing', [], 'eos', 0],
    ['a response that was cut', RIGHT, 'length', 0],
    ['one that was cut after its last step', RIGHT, 'max-steps', 0],
  ])('%s', async (_, lines, end, expected) => {
    expect(await earned(response(lines, end), format)).toBe(expected)
  })

  it('is added to the verifier’s', async () => {
    expect(await earned(response(RIGHT), { verifier: 2, format: 0.5 })).toBe(2.5)
    expect(await earned(response(['hello\n', ...RIGHT]), { verifier: 2, format: 0.5 })).toBe(0)
  })
})
