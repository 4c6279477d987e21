// The command line in two files. Reading its modules one by one, each through a compiler, takes seconds at every start; this a tenth of that.
// Made when it is first needed, and again whenever a source has changed.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** Programs that were started from an older bundle have read it by then. */
const KEPT_MS = 3_600_000

/**
 * The bundle of the sources as they are now.
 * @returns {Promise<string | null>} URL of its main module; null where none can be made, and the sources run as they are
 */
export async function bundledCli(root = ROOT) {
  const cache = join(root, '.cache', 'cli')
  const manifest = join(cache, 'manifest.json')
  try {
    const known = readManifest(manifest)
    const isThere = known !== null && existsSync(join(known.folder, 'main.mjs'))
    if (isThere && known.inputs.every(([path, stamp]) => stampOf(path) === stamp)) return mainOf(known.folder)
    const folder = join(cache, `${process.pid}-${Date.now()}`)
    const inputs = await build(root, folder)
    writeFileSync(`${folder}.json`, JSON.stringify({ folder, inputs }))
    renameSync(`${folder}.json`, manifest)
    for (const name of readdirSync(cache)) removeOld(join(cache, name), folder)
    return mainOf(folder)
  } catch {
    return null
  }
}

const mainOf = (folder) => pathToFileURL(join(folder, 'main.mjs')).href

function readManifest(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/** What changes with a file; null where it is not there. */
function stampOf(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : `${found.mtimeMs} ${found.size}`
}

function removeOld(path, current) {
  const made = statSync(path)
  if (made.isDirectory() && path !== current && Date.now() - made.mtimeMs > KEPT_MS) rmSync(path, { recursive: true })
}

/** @returns the files that the bundle depends on, each with its stamp from before it was read */
async function build(root, folder) {
  const esbuild = await import('esbuild')
  mkdirSync(folder, { recursive: true })
  const stamps = new Map()
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['main', 'command-thread'].map((name) => join(root, 'src/cli', `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Native, or for the browser.
    external: ['webgpu', 'onnxruntime-web', '@huggingface/transformers'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [ownPlaces(join(root, 'src'), stamps)],
    metafile: true,
    logLevel: 'silent',
  })
  const lock = join(root, 'package-lock.json')
  const inputs = [...Object.keys(metafile.inputs).map((path) => resolve(root, path)), lock]
  return inputs.map((path) => [path, stamps.get(path) ?? stampOf(path)])
}

/** Modules that look for files beside them, or load another by a path that no bundler should follow, still do. */
function ownPlaces(sources, stamps) {
  return {
    name: 'own-places',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        stamps.set(path, stampOf(path))
        if (!path.startsWith(sources) || path.endsWith('cli/main.ts')) return null
        const text = await readFile(path, 'utf8')
        const place = JSON.stringify(pathToFileURL(path).href)
        const contents = text
          .replaceAll('import.meta.url', place)
          .replace(
            /const path = ('[^']+')([\s\S]*?)import\(\/\* @vite-ignore \*\/ path\)/,
            'const path = $1$2import($1)',
          )
        return contents === text ? null : { contents, loader: 'ts', resolveDir: dirname(path) }
      })
    },
  }
}
