// The map of rooms as docs/architecture.md shows it: a graph and a table, from the rooms and the arrows that there are.
import { fileURLToPath } from 'node:url'
import { ROOMS } from './rooms.mjs'

export const MAP_FILE = fileURLToPath(new URL('../docs/architecture.md', import.meta.url))
const BEGIN = '<!-- rooms: drawn by `npm run rooms` -->'
const END = '<!-- end of rooms -->'

/** @param arrows of `checkImports` @returns Markdown */
export function drawRooms(arrows) {
  return [
    'Arrows of the graph that follow from others are left out; the table has them all.',
    '',
    '```mermaid',
    'graph TD',
    ...graphLines(arrows),
    '```',
    '',
    '| Room | What lives there | Imports (*only types of*) | May import, too |',
    '|---|---|---|---|',
    ...ROOMS.map((room) => tableLine(room, arrows.get(room.room) ?? new Map())),
  ].join('\n')
}

/** A text with the map between its markers. Throws an Error where it has none. */
export function withMap(text, map) {
  const [before, rest] = split(text, BEGIN)
  const [, after] = split(rest, END)
  return `${before}${BEGIN}\n${map}\n${END}${after}`
}

function split(text, marker) {
  const at = text.indexOf(marker)
  if (at < 0) throw new Error(`docs/architecture.md has no line ${marker}`)
  return [text.slice(0, at), text.slice(at + marker.length)]
}

/** The arrows that no other way leads along; those that are only allowed for types are no layers and are left to the table. */
function graphLines(arrows) {
  const next = new Map(ROOMS.map(({ room, may }) => [room, may.filter((other) => arrows.get(room)?.has(other))]))
  const reaches = (from, to) => next.get(from).some((room) => room === to || reaches(room, to))
  return ROOMS.flatMap(({ room }) =>
    next
      .get(room)
      .filter((other) => !next.get(room).some((between) => between !== other && reaches(between, other)))
      .map((other) => `  ${room} --> ${other}`),
  )
}

function tableLine({ room, where = `\`src/${room}/\``, says, may, mayTypes = [] }, arrows) {
  const used = ROOMS.filter((other) => arrows.has(other.room)).map(({ room: name }) =>
    arrows.get(name) === 'types' ? `*${name}*` : name,
  )
  const unused = [
    ...may.filter((name) => !arrows.has(name)),
    ...mayTypes.filter((name) => !arrows.has(name) && !may.includes(name)).map((name) => `*${name}*`),
  ]
  const cells = [`${room}: ${where}`, says, used.join(', ') || 'nothing', unused.join(', ')]
  return `| ${cells.join(' | ')} |`
}
