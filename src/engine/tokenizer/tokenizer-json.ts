import { z } from 'zod'
import { BOUNDS, bounded, describeBound, isWithin } from '../../core/bounds.ts'
import { StepscopeError } from '../../core/errors.ts'
import { firstSchemaIssue } from '../../core/schema-issue.ts'

/** Parts of tokenizer.json that a tokenizer can do without. */
export const TOKENIZER_PARTS = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const

const part = z.looseObject({ type: z.string() }).nullish()
const pair = z.union([z.string(), z.tuple([z.string(), z.string()])], {
  error: 'A merge is neither a text nor two texts',
})

const schema = z.looseObject({
  model: z.looseObject({ type: z.string().nullish(), merges: z.array(pair).nullish() }),
  added_tokens: z.array(z.looseObject({ id: bounded(BOUNDS.tokenId), content: z.string() })).nullish(),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  decoder: part,
})

/**
 * Checks tokenizer.json before the library reads it: its parts have types, and every id is one. A vocabulary is a table of
 * ids, or a list of texts with their scores whose places are the ids.
 * @throws StepscopeError `bad-tokenizer` with file and field
 */
export function checkTokenizerJson(json: Readonly<Record<string, unknown>>, file: string): void {
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    const { path, message, found } = firstSchemaIssue(parsed.error, json)
    throw bad(file, path.join('.'), message, found)
  }
  const { vocab } = parsed.data.model
  for (const [token, id] of Object.entries(vocab as object)) {
    const fits = Array.isArray(vocab) ? Array.isArray(id) && typeof id[0] === 'string' : isWithin(BOUNDS.tokenId, id)
    if (fits) continue
    const expected = Array.isArray(vocab) ? 'a list of a text and its score' : describeBound(BOUNDS.tokenId)
    throw bad(file, `model.vocab.${token}`, 'The token’s id cannot be used', JSON.stringify(id), expected)
  }
}

function bad(file: string, field: string, message: string, found: string, expected?: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-tokenizer',
    message,
    ...(expected === undefined ? {} : { expected }),
    found,
    place: { file, field },
    nextStep: 'Download the file again from the checkpoint it belongs to.',
  })
}
