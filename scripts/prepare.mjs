// What must be true before anything runs: a fitting Node, installed packages, a built site. Each costs milliseconds
// when there is nothing to do. Plain Node without packages, because it is what installs them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const dist = join(root, 'dist')
const cache = join(root, '.cache')
/** The development build whose parts can be made to fail, for the journeys that need that. */
export const distWithFaults = join(cache, 'dist-faults')

/** Everything that the site is made from. */
const SOURCES = [
  'src',
  'public',
  'types',
  'index.html',
  'vite.config.ts',
  'scripts/content-policy.mjs',
  'scripts/isolation-worker.mjs',
  'tsconfig.base.json',
  'package-lock.json',
]

/** Stops with a message where Node is too old for the tools. */
export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(
    `Stepscope needs Node 20.19 or newer; this is Node ${process.versions.node}. Get a current one from nodejs.org.`,
  )
  process.exit(1)
}

/** Whether node_modules holds every package of the lockfile, in its version. */
function packagesAreInstalled() {
  const installedFile = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedFile)) return false
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  // Optional packages are those of other platforms; an empty path is this project itself.
  return Object.entries(locked).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional && installed[path] === undefined),
  )
}

/** Installs packages when some are missing or differ from the lockfile; stops where that fails. */
export function ensurePackages() {
  if (packagesAreInstalled()) return
  console.log('Installing packages (npm ci --ignore-scripts)')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const result = spawnSync(npm, ['ci', '--ignore-scripts'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (result.status === 0) return
  console.error('npm could not install the packages. Its message above says why; the network is the usual reason.')
  process.exit(1)
}

function sourceFiles() {
  const files = []
  const add = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (!statSync(full).isDirectory()) files.push(path)
    else for (const name of readdirSync(full)) add(`${path}/${name}`)
  }
  for (const path of SOURCES) add(path)
  return files.filter((path) => !/\.test\.tsx?$/.test(path)).sort()
}

/** @param describeFile gives what of a file goes into the hash */
function hash(base, files, describeFile) {
  const sum = createHash('sha256').update(`base ${base}\n`)
  for (const file of files)
    sum
      .update(`${file}\n`)
      .update(describeFile(join(root, file)))
      .update('\n')
  return sum.digest('hex')
}

const byTime = (path) => {
  const { size, mtimeMs } = statSync(path)
  return `${size} ${mtimeMs}`
}

/** Moves a folder to where another may be; a second build at the same moment may take the place in between. */
function replaceFolder(from, to) {
  for (let attempt = 0; ; attempt++) {
    const old = join(cache, `old-${process.pid}-${attempt}`)
    try {
      if (existsSync(to)) renameSync(to, old)
      renameSync(from, to)
      return
    } catch (error) {
      if (attempt === 5) throw error
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

/**
 * Builds the site into dist/ (`faults`: with the switch for what goes wrong, into a folder of its own) when its sources changed since the last build: by size and time first, and by content
 * where those differ (a fresh checkout has new times and old content).
 * @returns whether the folder holds the site of the current sources
 */
export function ensureBuild({ base = '/', force = false, faults = false } = {}) {
  const target = faults ? distWithFaults : dist
  const buildStamp = join(cache, faults ? 'build-faults.json' : 'build.json')
  const files = sourceFiles()
  const times = hash(base, files, byTime)
  const before = existsSync(buildStamp) ? JSON.parse(readFileSync(buildStamp, 'utf8')) : {}
  const built = !force && existsSync(join(target, 'index.html'))
  if (built && before.times === times) return true
  const content = hash(base, files, (path) => readFileSync(path))
  mkdirSync(cache, { recursive: true })
  const remember = () => writeFileSync(buildStamp, JSON.stringify({ times, content }))
  if (built && before.content === content) {
    remember()
    return true
  }

  console.log('Building')
  // Into a folder of its own and then moved, so that a server never shows half a build.
  const fresh = join(cache, `build-${process.pid}${faults ? '-faults' : ''}`)
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const result = spawnSync(
    process.execPath,
    [
      vite,
      'build',
      ...(faults ? ['--mode', 'faults'] : []),
      ...['--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'],
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, BASE_PATH: base },
    },
  )
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    return false
  }
  replaceFolder(fresh, target)
  remember()
  return true
}
