import { describe, expect, it } from 'vitest'
import { collect, setupOf, treeOf } from '../../search/testing/collect.ts'
import { scripted } from '../../search/testing/script.ts'
import { responseFacts, whatBecame } from './response-facts.ts'

const TABLE = {
  '': ['a\n', 'b\n', 'a\n', 'a\n'],
  'a\n': ['A no\n', 'A yes\n', 'A yes\n'],
  'b\n': ['A no\n'],
}

async function eventsOf() {
  const { policy } = scripted(TABLE)
  return await collect(setupOf('sampling', { n: 4 }), { policy, reward: null })
}

describe('what a response is made of', () => {
  it('the path of the answer, and every other step as tried and dropped', async () => {
    const tree = treeOf(await eventsOf())
    const { path, written, tokens, pathTokens } = responseFacts(tree)
    // Two votes each: the first that was found is the answer.
    expect(path.map(({ text }) => text)).toEqual(['a\n', 'A no\n'])
    expect(written.map(({ text }) => text)).toEqual(['a\n', 'b\n', 'A no\n', 'A yes\n', 'A no\n'])
    const count = (texts: readonly { tokens: readonly unknown[] }[]) =>
      texts.reduce((sum, one) => sum + one.tokens.length, 0)
    expect([tokens, pathTokens]).toEqual([count(written), count(path)])
    expect(tokens).toBeGreaterThan(pathTokens)
    for (const node of written)
      expect(whatBecame(node, tree)).toMatch(/^(Kept|Answer|Not the answer|Not shown|Finished|Pruned)/)
  })

  it('before the end, the path that the search follows; at first, none', async () => {
    const events = await eventsOf()
    expect(responseFacts(treeOf(events.slice(0, 1)))).toEqual({ path: [], written: [], tokens: 0, pathTokens: 0 })
    const kept = events.findIndex(({ type }) => type === 'kept')
    const half = treeOf(events.slice(0, kept + 1))
    expect(responseFacts(half).path.map(({ text }) => text)).toEqual(['a\n'])
    const waiting = half.nodes.find(({ state }) => state === 'proposed')
    expect(waiting && whatBecame(waiting, half)).toBe('Waits for a decision.')
  })
})
