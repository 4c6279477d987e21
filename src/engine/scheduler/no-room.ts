import { StepscopeError } from '../../core/errors.ts'
import type { PrefixCache, SlotPool } from '../cache/prefix-cache.ts'
import { pagesFor } from '../cache/radix-tree.ts'
import { PAGE_SIZE } from '../decoder/decoder.ts'
import type { DecodeRequest, ExecuteRequest } from './scheduler-requests.ts'
import { pagesToDecode } from './scheduler-requests.ts'

/** Why a request was refused: the cache is too small for it alone, or others hold the pages that it needs. */
export function noRoom(request: ExecuteRequest | DecodeRequest, cache: PrefixCache, slots: SlotPool): StepscopeError {
  const decode = 'node' in request
  const { length } = decode ? request.node.sequence : request.sequence
  const tokens = decode ? length : length + request.ids.length
  const needed = decode ? pagesToDecode(request) : request.sequence.pagesNeeded(tokens)
  const alone = decode ? pagesFor(length) + needed : pagesFor(tokens)
  if (alone > cache.pages) return tooSmall(alone, tokens, cache.pages)
  return new StepscopeError({
    code: 'out-of-memory',
    message: "The model's cache has no room for another branch",
    expected: `${needed} free pages of ${PAGE_SIZE} tokens and a free slot`,
    found: `${cache.freePages} of ${cache.pages} pages and ${slots.freeSlots} slots free`,
    nextStep: 'Close other runs, take a smaller n, or give the model a larger cache.',
  })
}

/** Not even one branch fits into the whole cache. */
export function tooSmall(pages: number, tokens: number, found: number): StepscopeError {
  return new StepscopeError({
    code: 'out-of-memory',
    message: "The model's cache is too small for even one branch",
    expected: `${pages} pages of ${PAGE_SIZE} tokens for one branch after ${tokens} tokens`,
    found: `${found} pages`,
    nextStep: 'Give the model a larger cache (--cache-mb on the command line), or shorten the problem or the steps.',
  })
}
