// The direction of imports between the folders of src/, and cycles between files, as errors.
// A type-only import counts like any other: it, too, ties one room to the other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'

/** Rooms of pure functions, without the DOM, devices or state. */
const PURE = ['core', 'tasks', 'search', 'objectives']
const MECHANISMS = [
  'core',
  'tasks',
  'search',
  'rewards',
  'objectives',
  'compute',
  'engine',
  'training',
  'runtimes',
  'downloads',
  'formats',
]

/** Each room and what it may import from elsewhere in src/. The first pattern that fits a file is its room. */
const ROOMS = [
  { room: 'core', files: /^core\//, may: [] },
  { room: 'tasks', files: /^tasks\//, may: ['core'] },
  { room: 'search', files: /^search\//, may: ['core'] },
  { room: 'rewards', files: /^rewards\//, may: ['core', 'search'] },
  { room: 'objectives', files: /^objectives\//, may: ['core', 'rewards'] },
  { room: 'compute', files: /^compute\//, may: ['core'] },
  { room: 'engine', files: /^engine\//, may: ['core', 'search', 'compute'] },
  {
    room: 'training',
    files: /^training\//,
    may: ['core', 'tasks', 'search', 'rewards', 'objectives', 'compute', 'engine', 'formats'],
  },
  // Another runtime under the same tokens: tokenizer, step ends and sampler are our own engine's.
  { room: 'runtimes', files: /^runtimes\//, may: ['core', 'search', 'compute', 'engine'] },
  { room: 'downloads', files: /^downloads\//, may: ['core', 'search', 'engine', 'formats'] },
  { room: 'formats', files: /^formats\//, may: ['core', 'search', 'objectives'] },
  // What goes wrong on purpose, in development builds alone.
  { room: 'faults', files: /^faults\//, may: ['core'] },
  // What the page sees of the worker: types of the mechanisms, no code of theirs.
  {
    room: 'worker-client',
    files: /^worker\/(protocol|client)(\.test)?\.ts$/,
    may: ['core', 'faults'],
    mayTypes: [...MECHANISMS, 'worker'],
  },
  { room: 'worker', files: /^worker\//, may: [...MECHANISMS, 'worker-client', 'faults'] },
  { room: 'storage', files: /^storage\//, may: ['core', 'search', 'formats'] },
  {
    room: 'state',
    files: /^state\//,
    may: ['core', 'tasks', 'search', 'rewards', 'objectives', 'formats', 'storage', 'worker-client'],
  },
  { room: 'viz-layout', files: /^viz\/layout\//, may: ['core', 'search'] },
  { room: 'viz', files: /^viz\//, may: ['core', 'search', 'viz-layout'] },
  { room: 'ui', files: /^ui\//, may: ['core'] },
  // Parts of a run that more than one screen shows. The pure rooms below are read for words, settings and definitions.
  { room: 'panels', files: /^panels\//, may: [...PURE, 'state', 'viz', 'viz-layout', 'ui'] },
  // One room per screen: features/playground never sees features/compare.
  {
    room: 'features',
    files: /^features\/[^/]+/,
    may: [...PURE, 'state', 'viz', 'viz-layout', 'ui', 'panels'],
    each: true,
  },
  {
    room: 'app',
    files: /^app\//,
    may: [...PURE, 'features', 'panels', 'state', 'storage', 'viz', 'viz-layout', 'ui', 'worker-client', 'faults'],
  },
  { room: 'cli', files: /^cli\//, may: [...MECHANISMS, 'worker', 'worker-client', 'storage'] },
]

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

function roomOf(file) {
  const found = ROOMS.find(({ files }) => files.test(file))
  if (!found) return undefined
  const name = found.each ? found.files.exec(file)[0] : found.room
  return { ...found, name }
}

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

/** Checks one src folder. @returns messages, each with file and line */
export function checkImports(src) {
  const problems = []
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
  return { problems, files: graph.size }
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
  const { problems, files } = checkImports(src)
  for (const problem of problems) console.error(problem)
  console.log(
    `Imports of ${files} files: ${problems.length === 0 ? 'every arrow points the right way' : `${problems.length} wrong`}`,
  )
  process.exitCode = problems.length === 0 ? 0 : 1
}
