/** Parts of a text between separators that stand in no brackets. */
export function splitOutside(text: string, separator: RegExp): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at++) {
    const escaped = text[at] === '\\' && /[{}]/.test(text[at + 1] ?? '')
    const character = escaped ? text[at + 1] : text[at]
    const found = depth === 0 ? separator.exec(text.slice(at)) : null
    if (found !== null) {
      parts.push(text.slice(from, at))
      from = at + found[0].length
      at = from - 1
      continue
    }
    if (escaped) at++
    if (character === '(' || character === '[' || character === '{') depth++
    else if (character === ')' || character === ']' || character === '}') depth--
  }
  return [...parts, text.slice(from)]
}
