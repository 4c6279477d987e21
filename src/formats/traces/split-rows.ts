/** The text of a row, and the line it begins at (from 1). */
export interface SplitRow {
  readonly text: string
  readonly line: number
}

/**
 * Cuts a stream of text into rows: lines of JSON Lines, the members of one JSON list, or one JSON object over several lines. What
 * a file is shows in its first line. Only the row at hand is kept.
 */
export async function* splitRows(chunks: AsyncIterable<string>): AsyncGenerator<SplitRow, void> {
  let lines: LineCutter | ValueCutter | null = null
  let held = ''
  for await (const chunk of chunks) {
    if (lines === null) {
      held += chunk
      // Not by one pattern: in a long line it would look for the line end from every character.
      const first = held.search(/\S/)
      if (first < 0 || held.indexOf('\n', first) < 0) continue
      lines = cutterFor(held)
      yield* lines.add(held)
      held = ''
    } else yield* lines.add(chunk)
  }
  lines ??= cutterFor(held)
  if (held !== '') yield* lines.add(held)
  yield* lines.end()
}

/** A list, or an object over several lines, begins with a line that is no JSON by itself. */
function cutterFor(start: string): LineCutter | ValueCutter {
  const [first = ''] = start.replace(/^\uFEFF?\s*/, '').split('\n', 1)
  const text = first.trim()
  if (text.startsWith('[')) return new ValueCutter(1)
  return text === '{' || (text.startsWith('{') && /[{[,:]$/.test(text)) ? new ValueCutter(0) : new LineCutter()
}

class LineCutter {
  private rest: string[] = []
  private line = 1;

  *add(chunk: string): Generator<SplitRow> {
    let from = 0
    for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
      this.rest.push(chunk.slice(from, at))
      yield* this.end()
      this.line += 1
      from = at + 1
    }
    this.rest.push(chunk.slice(from))
  }

  *end(): Generator<SplitRow> {
    const text = this.rest.join('')
    this.rest = []
    if (/\S/.test(text)) yield { text, line: this.line }
  }
}

/** Values at a depth of lists and objects: 0 for a text that is one value, 1 for the members of a list. */
class ValueCutter {
  private readonly at: 0 | 1
  private depth = 0
  private inText = false
  private escaped = false
  private line = 1
  private started = 0
  private parts: string[] = []

  constructor(at: 0 | 1) {
    this.at = at
  }

  *add(chunk: string): Generator<SplitRow> {
    let from = this.started === 0 ? -1 : 0
    for (let i = 0; i < chunk.length; i++) {
      const character = chunk[i] as string
      if (character === '\n') this.line += 1
      if (this.inText) {
        if (this.escaped) this.escaped = false
        else if (character === '\\') this.escaped = true
        else if (character === '"') this.inText = false
        continue
      }
      const opens = character === '{' || character === '['
      const closes = character === '}' || character === ']'
      // Between members.
      if (this.started === 0 && this.depth === this.at && /[^\s,\]\uFEFF]/.test(character)) {
        this.started = this.line
        from = i
      }
      if (character === '"') this.inText = true
      if (opens) this.depth += 1
      if (closes) this.depth -= 1
      const over = this.depth === this.at && (closes || (character === ',' && this.at === 1))
      const ended = this.depth < this.at && this.started > 0
      if (this.started > 0 && (over || ended)) {
        this.parts.push(chunk.slice(Math.max(0, from), closes && !ended ? i + 1 : i))
        yield* this.end()
        from = -1
      }
    }
    if (this.started > 0) this.parts.push(chunk.slice(Math.max(0, from)))
  }

  *end(): Generator<SplitRow> {
    const row = { text: this.parts.join(''), line: this.started }
    this.parts = []
    this.started = 0
    if (/\S/.test(row.text)) yield row
  }
}
