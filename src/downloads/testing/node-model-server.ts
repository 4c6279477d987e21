import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Asked {
  readonly path: string
  readonly range: string | null
  readonly ifRange: string | null
}

/** A web server with files in memory that can be told to behave badly; every request is kept. */
export interface ModelServer {
  readonly url: string
  readonly files: Map<string, Uint8Array>
  readonly asked: Asked[]
  /** Ignores ranges: answers with the whole file. */
  ranges: boolean
  /** Sends an ETag of the content. */
  tags: boolean
  /** Bytes of a body after which the connection is destroyed, one entry a request; then none is. */
  cuts: number[]
  /** Statuses to answer with before anything is served, one a request. */
  statuses: number[]
  close(): Promise<void>
}

export async function modelServer(files: Readonly<Record<string, Uint8Array>>): Promise<ModelServer> {
  const server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const model: ModelServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    files: new Map(Object.entries(files)),
    asked: [],
    ranges: true,
    tags: true,
    cuts: [],
    statuses: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent((request.url ?? '/').slice(1))
    const range = request.headers.range ?? null
    const condition = request.headers['if-range'] ?? null
    model.asked.push({ path, range, ifRange: condition === null ? null : String(condition) })
    const status = model.statuses.shift()
    if (status !== undefined) {
      response.writeHead(status).end()
      return
    }
    if (path === 'moved') {
      response.writeHead(302, { location: '/model.safetensors' }).end()
      return
    }
    const file = model.files.get(path)
    if (!file) {
      response.writeHead(404).end()
      return
    }
    const tag = `"${createHash('sha256').update(file).digest('hex').slice(0, 12)}"`
    const headers: Record<string, string> = model.tags ? { etag: tag } : {}
    const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
    const stale = condition !== null && condition !== tag
    if (!match || !model.ranges || stale) {
      response.writeHead(200, { ...headers, 'content-length': String(file.length) })
      send(response, file)
      return
    }
    const start = Number(match[1])
    const end = match[2] ? Math.min(Number(match[2]), file.length - 1) : file.length - 1
    if (start >= file.length) {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${file.length}` }).end()
      return
    }
    response.writeHead(206, {
      ...headers,
      'content-length': String(end - start + 1),
      'content-range': `bytes ${start}-${end}/${file.length}`,
    })
    send(response, file.subarray(start, end + 1))
  }

  function send(response: ServerResponse, bytes: Uint8Array): void {
    const cut = model.cuts.shift()
    if (cut === undefined || cut >= bytes.length) response.end(bytes)
    else response.write(bytes.subarray(0, cut), () => setTimeout(() => response.destroy(), 10))
  }

  return model
}
