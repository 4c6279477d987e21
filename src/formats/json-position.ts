/**
 * Offset of the first character at which a text stops being JSON (its length where it ends too early). Engines'
 * own messages differ and often give no position.
 */
export function jsonErrorPosition(text: string): number {
  const space = /[ \t\n\r]*/y
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON refuses exactly these in a string
  const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
  const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y
  const open: ('{' | '[')[] = []
  let at = 0
  let wanted: 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'separator' = 'value'
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }
  for (;;) {
    skip(space)
    const char = text[at]
    if (wanted === 'separator' && open.length === 0) return at
    const container = open.at(-1)
    if (
      (char === '}' && (wanted === 'first key' || (wanted === 'separator' && container === '{'))) ||
      (char === ']' && (wanted === 'first value' || (wanted === 'separator' && container === '[')))
    ) {
      open.pop()
      at += 1
      wanted = 'separator'
    } else if (wanted === 'separator' && char === ',') {
      at += 1
      wanted = container === '{' ? 'key' : 'value'
    } else if (wanted === 'colon' && char === ':') {
      at += 1
      wanted = 'value'
    } else if ((wanted === 'key' || wanted === 'first key') && skip(string)) {
      wanted = 'colon'
    } else if (wanted === 'value' || wanted === 'first value') {
      if (char === '{' || char === '[') {
        open.push(char)
        at += 1
        wanted = char === '{' ? 'first key' : 'first value'
      } else if (skip(string) || skip(scalar)) wanted = 'separator'
      else return at
    } else return at
  }
}
