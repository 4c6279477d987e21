/**
 * A text written with the longest token at each place; null where no token goes on.
 * @param tokens ids of tokens by their texts, none of them empty
 */
export function longestTokens(text: string, tokens: ReadonlyMap<string, number>): number[] | null {
  let longest = 0
  for (const token of tokens.keys()) longest = Math.max(longest, token.length)
  const ids: number[] = []
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + longest)
    while (end > at && !tokens.has(text.slice(at, end))) end--
    const id = tokens.get(text.slice(at, end))
    if (id === undefined) return null
    ids.push(id)
    at = end
  }
  return ids
}
