// The direction of imports between the folders of src/, and cycles between files, as errors.
// A type-only import counts like any other: it, too, ties one room to the other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import { roomOf } from './rooms.mjs'
import { drawRooms, MAP_FILE, withMap } from './rooms-map.mjs'

/** Packages that draw or keep the page's state; the rooms below the state never need them. */
const PAGE_PACKAGES = /^(react|react-dom|zustand|radix-ui|d3(-.*)?|@tanstack\/.*|virtual:.*)$/
const PAGE_ROOMS = new Set(['state', 'viz-layout', 'viz', 'ui', 'panels', 'features', 'app'])
/** Geometry may compute with d3 and knows nothing of React. */
const LAYOUT_PACKAGES = /^d3(-.*)?$/
/** Node's own modules and Dawn: in the command line, and in compute's files named node-*.ts, which only it and tests import. */
const NODE_PACKAGES = /^(webgpu|tsx)$/

/** Tests, and what only they use: helpers in folders named `testing`. */
const isTest = (file) => /\.test\.tsx?$|(^|\/)testing\//.test(file)
const isNodeOnly = (file) => file.startsWith('cli/') || /^compute\/(.*\/)?node-[^/]+\.ts$/.test(file)

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** Every import of a file: static, re-exported, dynamic, and `import('./x.ts').Type`. */
function importsOf(path) {
  const source = readFileSync(path, 'utf8')
  const { module, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  const imports = []
  for (const { moduleRequest, entries, start } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every(({ isType }) => isType)
    imports.push({ specifier: moduleRequest.value, typeOnly, start })
  }
  for (const { entries, start } of module.staticExports) {
    const request = entries.find(({ moduleRequest }) => moduleRequest)?.moduleRequest
    if (request) imports.push({ specifier: request.value, typeOnly: entries.every(({ isType }) => isType), start })
  }
  const dynamic = new Set()
  for (const { moduleRequest } of module.dynamicImports) {
    const text = source.slice(moduleRequest.start, moduleRequest.end)
    dynamic.add(moduleRequest.start)
    if (/^['"`][^$]*['"`]$/.test(text))
      imports.push({ specifier: text.slice(1, -1), typeOnly: false, start: moduleRequest.start })
  }
  // The parser's record leaves out imports inside types; comments may match too, which costs nothing if they are true.
  for (const match of source.matchAll(/\bimport\(\s*(?=['"])(['"])([^'"]+)\1\s*\)/g)) {
    const start = match.index + match[0].indexOf(match[1])
    if (!dynamic.has(start)) imports.push({ specifier: match[2], typeOnly: true, start })
  }
  const line = (start) => source.slice(0, start).split('\n').length
  return imports.map(({ start, ...rest }) => ({ ...rest, line: line(start) }))
}

function packageName(specifier) {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}

/**
 * Checks one src folder.
 * @returns messages, each with file and line; and the arrows between rooms that there are, tests excepted: for each room
 *   those that it imports, with `code` or, where only their types are, `types`
 */
export function checkImports(src) {
  const problems = []
  const arrows = new Map()
  const graph = new Map()
  for (const path of sourceFiles(src)) {
    const file = relative(src, path).split(sep).join('/')
    const room = roomOf(file)
    const edges = []
    graph.set(file, edges)
    if (!room) {
      problems.push(`src/${file}: in no known room; rooms are listed in scripts/check-imports.mjs`)
      continue
    }
    for (const { specifier, typeOnly, line } of importsOf(path)) {
      const at = `src/${file}:${line}`
      if (!specifier.startsWith('.')) {
        const name = packageName(specifier)
        if (isTest(file)) continue
        if ((isBuiltin(specifier) || NODE_PACKAGES.test(name)) && !isNodeOnly(file))
          problems.push(
            `${at}: '${specifier}' runs in Node alone; only src/cli and src/compute/**/node-*.ts may import it`,
          )
        if (PAGE_PACKAGES.test(name)) {
          const allowed = room.room === 'viz-layout' ? LAYOUT_PACKAGES.test(name) : PAGE_ROOMS.has(room.room)
          if (!allowed) problems.push(`${at}: ${room.name} must not import the package '${name}'`)
        }
        continue
      }
      const target = resolve(dirname(path), specifier.replace(/\?.*$/, ''))
      const targetFile = relative(src, target).split(sep).join('/')
      if (!existsSync(target)) {
        problems.push(`${at}: '${specifier}' is not a file; write its full name`)
        continue
      }
      if (/\.tsx?$/.test(targetFile)) edges.push(targetFile)
      // A test may put any rooms together; nothing may lean on a test.
      if (isTest(file)) continue
      if (targetFile.startsWith('../')) {
        problems.push(`${at}: '${specifier}' is outside src/`)
        continue
      }
      if (isTest(targetFile)) problems.push(`${at}: '${specifier}' is a test`)
      if (isNodeOnly(targetFile) && !isNodeOnly(file))
        problems.push(`${at}: '${specifier}' runs in Node alone; pass what it makes in from the command line`)
      const other = roomOf(targetFile)
      if (!other || other.name === room.name) continue
      if (other.room !== room.room) {
        const from = arrows.get(room.room) ?? new Map()
        arrows.set(room.room, from)
        if (!typeOnly || !from.has(other.room)) from.set(other.room, typeOnly ? 'types' : 'code')
      }
      const allowed =
        room.may.includes(other.room) ||
        (typeOnly && room.mayTypes?.includes(other.room)) ||
        (room.room === 'worker-client' && other.room === 'worker-client')
      if (!allowed) {
        const onlyTypes = room.mayTypes?.includes(other.room) ? ' (only its types: `import type`)' : ''
        problems.push(`${at}: ${room.name} must not import ${other.name}${onlyTypes}`)
      }
    }
  }
  for (const cycle of cycles(graph)) problems.push(`cycle: ${cycle.map((file) => `src/${file}`).join(' → ')}`)
  return { problems, files: graph.size, arrows }
}

/** One cycle for every back edge that a depth-first walk meets. */
function cycles(graph) {
  const found = []
  const state = new Map()
  const path = []
  const visit = (file) => {
    state.set(file, 'open')
    path.push(file)
    for (const next of new Set(graph.get(file) ?? [])) {
      if (state.get(next) === 'open') found.push([...path.slice(path.indexOf(next)), next])
      else if (!state.has(next)) visit(next)
    }
    path.pop()
    state.set(file, 'closed')
  }
  for (const file of graph.keys()) if (!state.has(file)) visit(file)
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const src = fileURLToPath(new URL('../src', import.meta.url))
  const { problems, files, arrows } = checkImports(src)
  const doc = readFileSync(MAP_FILE, 'utf8')
  if (withMap(doc, drawRooms(arrows)) !== doc)
    problems.push('docs/architecture.md: the map of rooms is not what the code is; run `npm run rooms`')
  for (const problem of problems) console.error(problem)
  console.log(
    `Imports of ${files} files: ${problems.length === 0 ? 'every arrow points the right way' : `${problems.length} wrong`}`,
  )
  process.exitCode = problems.length === 0 ? 0 : 1
}
