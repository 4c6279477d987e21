import { expect, test } from 'vitest'
import { TOKEN_ENDS_SEQUENCE, TOKEN_ENDS_STEP, TOKEN_NEVER_SAMPLED } from '../decoder/decoder.ts'
import { characterTokenizer } from '../testing/tokenizers.ts'
import { stepEndCut, stepFlags } from './step-end.ts'

const VOCABULARY = ['_', '\n', ' ', 'a', ';', '~']
const tokenizer = characterTokenizer(VOCABULARY)
const ids = (text: string) => [...text].map((letter) => VOCABULARY.indexOf(letter))

test('a token with any of the step ends ends a step', () => {
  const config = { vocabSize: 7, eosTokenIds: [5], padTokenId: 0 }
  expect([...stepFlags(config, tokenizer, ['\n', ';'])]).toEqual([
    TOKEN_NEVER_SAMPLED,
    TOKEN_ENDS_STEP,
    0,
    0,
    TOKEN_ENDS_STEP,
    TOKEN_ENDS_SEQUENCE,
    TOKEN_NEVER_SAMPLED,
  ])
})

test('of step ends over several tokens the one that comes first cuts; single characters need none', () => {
  expect(stepEndCut(tokenizer, ['\n', ';'])).toBeUndefined()
  const cut = stepEndCut(tokenizer, ['\n\n', '; '])
  expect(cut?.(ids('a\na'))).toBeNull()
  expect(cut?.(ids('a\n\n'))).toBe(3)
  expect(cut?.(ids('a; a\n\na'))).toBe(3)
  expect(cut?.(ids('aa\n\n; '))).toBe(4)
})
