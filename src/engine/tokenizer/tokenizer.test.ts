import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryFiles } from '../testing/memory-files.ts'
import { openChangedCheckpoint } from '../testing/node-changed-checkpoint.ts'
import { byteLevelTokenizerJson } from '../testing/tokenizers.ts'
import { readTokenizer, Tokenizer } from './tokenizer.ts'

const bundledJson = JSON.parse(readFileSync('public/checkpoints/countdown-policy/tokenizer.json', 'utf8'))
const bundled = new Tokenizer(bundledJson, {})
/** The bundled tokenizer with another id of "0". */
const withId = (id: unknown) => ({
  ...bundledJson,
  model: { ...bundledJson.model, vocab: { ...bundledJson.model.vocab, 0: id } },
})

describe('characters', () => {
  test('one token per character, pieces joined are the whole', () => {
    expect(bundled.encode('A 24\n')).toEqual([21, 2, 5, 7, 1])
    const pieces = ['Q 3 5 > 8\n', '3+5=8 : 8\n', 'A 8\n']
    expect(pieces.flatMap((piece) => bundled.encode(piece))).toEqual(bundled.encode(pieces.join('')))
    expect(bundled.texts([21, 2, 5])).toEqual(['A', ' ', '2'])
  })

  test('a character without a token is named', () => {
    expect(() => bundled.encode('Q é 3x')).toThrow(/vocabulary \(found "é", "x"\)/)
  })
})

describe('whole words', () => {
  const json = JSON.parse(readFileSync('public/checkpoints/words-policy/tokenizer.json', 'utf8'))
  const tokenizer = new Tokenizer(json, {})

  test('that stand together, as a policy may write them, are read token by token', () => {
    const ids = ['Dee', 'needs', ' Bob', 'A', '\n'].map((token) => json.model.vocab[token])
    expect(tokenizer.decode(ids)).toBe('Deeneeds BobA\n')
    expect(tokenizer.encode('Deeneeds BobA\n')).toEqual(ids)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 88 }), { maxLength: 12 }), (drawn) => {
        const text = tokenizer.decode(drawn)
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
      }),
    )
  })

  test('without a token are named', () => {
    expect(() => tokenizer.encode('Zoe has 7 figs, Bob néé Ann.')).toThrow(/vocabulary \(found "Zoe", ",", "néé"\)/)
    expect(() => tokenizer.encode('<eos>')).toThrow(/vocabulary/)
  })
})

describe('what special tokens are written as', () => {
  test('stays characters, in a text full of it too', async () => {
    const json = structuredClone({ ...bundledJson, normalizer: null })
    for (const content of ['<', 'e', 'o', 's', '>']) json.model.vocab[content] ??= Object.keys(json.model.vocab).length
    const files = openChangedCheckpoint('countdown-policy', { files: { 'tokenizer.json': json } })
    const tokenizer = await readTokenizer(files)
    const text = '<eos>'.repeat(60_000)
    const ids = tokenizer.encode(text)
    expect(ids).toHaveLength(text.length)
    expect(ids).not.toContain(tokenizer.special('<eos>'))
    expect(tokenizer.decode(ids)).toBe(text)
  })

  test('of one character, or begun by a character of two code units', () => {
    const tokenizer = new Tokenizer(
      {
        model: { type: 'BPE', vocab: { 𝕊: 0, x: 1, '§': 2, 𝕊x: 3 }, merges: [['𝕊', 'x']] },
        added_tokens: ['§', '𝕊x'].map((content, index) => ({ id: index + 2, content, special: true })),
      },
      {},
    )
    expect(tokenizer.encode('x𝕊xx')).toEqual([1, 0, 1, 1])
    // Nothing is left to cut.
    expect(tokenizer.encode('x§')).toEqual([1, 2])
  })
})

describe('byte-level BPE', () => {
  // "Ã©" are GPT-2's characters for the two bytes of é; "ĊĊ" for two newlines.
  const tokenizer = new Tokenizer(
    byteLevelTokenizerJson([
      ['a', 'b'],
      ['Ã', '©'],
      ['Ċ', 'Ċ'],
      ['.', 'ĊĊ'],
    ]),
    {},
  )

  test('a character over several tokens is carried by the last of them', () => {
    const ids = tokenizer.encode('ab€!')
    expect(tokenizer.texts(ids)).toEqual(['ab', '', '', '€', '!'])
    expect(tokenizer.texts(ids.slice(0, 3))).toEqual(['ab', '', '\uFFFD'])
  })

  test('the texts of the tokens, joined, are the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        expect(tokenizer.texts(tokenizer.encode(text)).join('')).toBe(text)
      }),
      { numRuns: 100 },
    )
  })

  test('bytes that are no character show as the replacement character', () => {
    expect(tokenizer.texts([0xe2, 0x61])).toEqual(['', '\uFFFDa'])
    expect(tokenizer.text(0xe2)).toBe('\uFFFD')
  })
})

describe('a sentencepiece-like vocabulary, whose decoder strips the space at the start of a text', () => {
  const json = {
    added_tokens: [],
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: null,
      byte_fallback: true,
      vocab: { a: 0, b: 1, '▁': 2, '▁b': 3, '<0xC3>': 4, '<0xA9>': 5 },
      merges: [['▁', 'b']],
    },
  }
  test('a token that follows other text keeps its space, and fallback bytes make a character', () => {
    const tokenizer = new Tokenizer(json, {})
    const ids = tokenizer.encode('a bé')
    expect(ids).toEqual([0, 3, 4, 5])
    expect(tokenizer.texts(ids.slice(1))).toEqual([' b', '', 'é'])
  })
})

describe('a broken tokenizer is refused with the file and what is wrong', () => {
  test.each([
    ['not JSON', '{', /tokenizer\.json, line 1: The file is not JSON/],
    ['a list', [], /tokenizer\.json: The tokenizer is not a JSON object/],
    ['no model', {}, /tokenizer\.json, model: The field is missing/],
    ['no vocabulary', { model: { type: 'BPE' } }, /tokenizer\.json, model\.vocab: The field is missing/],
    ['an unknown decoder', { ...bundledJson, decoder: { type: 'Magic' } }, /decoder: .*cannot be built: .*Magic/],
    ['a part without a type', { ...bundledJson, pre_tokenizer: true }, /tokenizer\.json, pre_tokenizer: .*found true/],
    ['a decoder of a strange type', { ...bundledJson, decoder: { type: [1] } }, /tokenizer\.json, decoder\.type: /],
    ['added tokens that are none', { ...bundledJson, added_tokens: [[1]] }, /tokenizer\.json, added_tokens\.0: /],
    ['an added token without text', { ...bundledJson, added_tokens: [{ id: 0 }] }, /added_tokens\.0\.content: /],
    [
      'an added token far away',
      { ...bundledJson, added_tokens: [{ id: 1e9, content: 'x' }] },
      /added_tokens\.0\.id: .*4194303/,
    ],
    [
      'merges that are none',
      { model: { ...bundledJson.model, merges: [7] } },
      /tokenizer\.json, model\.merges\.0: A merge/,
    ],
  ])('%s', async (_, content, message) => {
    const error = await readTokenizer(memoryFiles({ 'tokenizer.json': content })).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ details: { code: 'bad-tokenizer' }, message: expect.stringMatching(message) })
  })

  test.each([2 ** 32 + 3, -1, 3.5, '3', null])('the id %j', (id) => {
    expect(() => new Tokenizer(withId(id), {})).toThrow(
      /^tokenizer\.json, model\.vocab\.0: .*expected a whole number from 0 to 4194303, found /,
    )
  })

  test('no file', async () => {
    await expect(readTokenizer(memoryFiles({}))).rejects.toThrow(/has no tokenizer\.json/)
  })

  test('ids beyond the model', () => {
    const sized = (size: number) => new Tokenizer(bundledJson, {}).fitTo(size)
    expect(() => sized(21)).toThrow(/model\.vocab: .*\(expected token ids below 21 .*, found "A" with id 21\)/)
    sized(23)
  })

  test('an added token without a row in the model is never used', () => {
    const added = (content: string, special: boolean) => {
      const json = { ...bundledJson, added_tokens: [...bundledJson.added_tokens, { id: 23, content, special }] }
      const tokenizer = new Tokenizer(json, {})
      tokenizer.fitTo(23)
      return tokenizer
    }
    expect(added('[PAD]', true).encode('A 24\n')).toEqual([21, 2, 5, 7, 1])
    expect(() => added('24', false).encode('A 24\n')).toThrow(/cannot be written with the model's vocabulary/)
  })

  test('of two models that do not mean the same is told by the token', () => {
    const other = structuredClone(bundledJson)
    other.model.vocab['10'] = 23
    expect(() => bundled.checkSame(new Tokenizer(other, {}), 'the reference')).toThrow(
      /The vocabulary of the reference is another one.*expected "10": no such token, found id 23/,
    )
    bundled.checkSame(new Tokenizer(bundledJson, {}), 'the reference')
  })
})
