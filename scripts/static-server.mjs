// A static file server for the built site: right types, ranges, revalidation, and the headers of an isolated page that loads and
// contacts only what it has to.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { connectedHosts, contentPolicy, FRAME_ANCESTORS } from './content-policy.mjs'

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'application/x-ndjson; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.wgsl': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** Cross-origin isolation (precise timers, shared memory for WASM threads), and no guessing of types. */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Accept-Ranges': 'bytes',
}

/** Built files under assets/ carry their content's hash in the name; everything else is asked for again. */
const cacheControl = (path) => (path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')

/**
 * The bytes that a Range header asks for, both ends included.
 * @returns undefined for the whole file (no header, several ranges, another unit), null where nothing can be given
 */
function byteRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, from, to] = match
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start < size && start <= end ? { start, end } : null
}

async function fileAt(folder, path) {
  const full = resolve(join(folder, path))
  if (full !== folder && !full.startsWith(folder + sep)) return undefined
  try {
    const info = await stat(full)
    return info.isFile() ? { full, info } : undefined
  } catch {
    return undefined
  }
}

function pathOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname)
    return path.includes('\0') ? undefined : path
  } catch {
    return undefined
  }
}

/**
 * A request listener for node:http that serves `folder`; paths without a file type get its index.html.
 * @param bare as a static host does that sends types and sizes, and no header for isolation or policy
 */
export function serveFolder(folder, { bare = false } = {}) {
  const base = resolve(folder)
  return async (request, response) => {
    const refuse = (status, text, headers = {}) => {
      response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8', ...headers })
      response.end(request.method === 'HEAD' ? undefined : `${text}\n`)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(405, 'Only GET and HEAD are served', { Allow: 'GET, HEAD' })
    let path = pathOf(request.url ?? '/')
    if (path === undefined) return refuse(400, 'This address cannot be read')
    if (path.endsWith('/')) path += 'index.html'
    let file = await fileAt(base, path)
    if (!file && extname(path) === '') {
      path = '/index.html'
      file = await fileAt(base, path)
    }
    if (!file) return refuse(404, `No file at ${path}`)

    const { full, info } = file
    const tag = `"${info.size.toString(16)}-${Math.round(info.mtimeMs).toString(16)}"`
    const headers = {
      ...(bare
        ? {}
        : {
            ...HEADERS,
            'Content-Security-Policy': `${contentPolicy(connectedHosts(request.url ?? '/'))}; ${FRAME_ANCESTORS}`,
          }),
      'Content-Type': TYPES[extname(full).toLowerCase()] ?? 'application/octet-stream',
      'Cache-Control': cacheControl(path),
      ETag: tag,
      'Last-Modified': info.mtime.toUTCString(),
    }
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304, headers)
      return response.end()
    }
    const condition = request.headers['if-range']
    const range = condition && condition !== tag ? undefined : byteRange(request.headers.range, info.size)
    if (range === null) return refuse(416, 'No such range', { 'Content-Range': `bytes */${info.size}` })
    const { start, end } = range ?? { start: 0, end: info.size - 1 }
    headers['Content-Length'] = end - start + 1
    if (range) headers['Content-Range'] = `bytes ${start}-${end}/${info.size}`
    response.writeHead(range ? 206 : 200, headers)
    if (request.method === 'HEAD' || info.size === 0) return response.end()
    const stream = createReadStream(full, { start, end })
    stream.on('error', () => response.destroy())
    response.on('close', () => stream.destroy())
    stream.pipe(response)
  }
}
