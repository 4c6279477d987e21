/** Where a text stops being JSON of at most some depth. */
export interface JsonStop {
  /** Offset of the first character that does not fit; the text's length where it ends too early, or where all of it fits. */
  readonly at: number
  /** It is JSON so far, and the character opens one list or object too many inside each other. */
  readonly tooDeep: boolean
}

const SPACE = /[ \t\n\r]*/y
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** Walks through a text that `JSON.parse` refuses: engines' own messages differ and often give no position. */
export function jsonStop(text: string, maxDepth = Number.POSITIVE_INFINITY): JsonStop {
  const open: ('{' | '[')[] = []
  let at = 0
  let wanted: 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'separator' = 'value'
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.test(text)
    if (found) at = pattern.lastIndex
    return found
  }
  let broken = false
  const skipString = (): boolean => {
    if (text[at] !== '"') return false
    const { at: end, whole } = readString(text, at)
    at = end
    broken = !whole
    return whole
  }
  while (!broken) {
    skip(SPACE)
    const char = text[at]
    if (wanted === 'separator' && open.length === 0) break
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
    } else if ((wanted === 'key' || wanted === 'first key') && skipString()) {
      wanted = 'colon'
    } else if (wanted === 'value' || wanted === 'first value') {
      if (char === '{' || char === '[') {
        if (open.length >= maxDepth) return { at, tooDeep: true }
        open.push(char)
        at += 1
        wanted = char === '{' ? 'first key' : 'first value'
      } else if (skipString() || skip(SCALAR)) wanted = 'separator'
      else broken = true
    } else broken = true
  }
  return { at, tooDeep: false }
}

/** Offset behind the string that begins at an offset, of any length; or the first that is none of a string, and that. */
function readString(text: string, start: number): { readonly at: number; readonly whole: boolean } {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return { at: at + 1, whole: true }
    // JSON refuses control characters in a string.
    if (code < 0x20) break
    if (code !== 0x5c) at += 1
    else {
      ESCAPE.lastIndex = at
      if (!ESCAPE.test(text)) break
      at = ESCAPE.lastIndex
    }
  }
  return { at, whole: false }
}
