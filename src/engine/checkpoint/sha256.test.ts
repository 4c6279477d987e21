import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSha256, sha256 } from './sha256.ts'

test('the digest of "abc" is the one in FIPS 180-4', async () => {
  expect(await sha256(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('bytes in any pieces give the digest that Node gives for the whole, side by side and one after the other', async () => {
  const kept = await createSha256()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), async (pieces) => {
      const fresh = await createSha256()
      const theirs = createHash('sha256')
      kept.reset()
      for (const piece of pieces) {
        fresh.update(piece)
        kept.update(piece)
        theirs.update(piece)
      }
      const expected = theirs.digest('hex')
      expect([fresh.hex(), kept.hex()]).toEqual([expected, expected])
    }),
    { numRuns: 50 },
  )
})
