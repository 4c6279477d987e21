import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { BrowserContext } from '@playwright/test'

const HUB = 'https://huggingface.co'
const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const NAMES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'stepscope.json',
  'model.safetensors',
]
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Content-Range, Accept-Ranges, Link',
}

/** What a network answers to everything before one has logged in. */
export const LOGIN = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!doctype html><title>Welcome</title><p>Log in to this network</p>',
}

/** The hub with one model: its real paths in the browser, and behind its redirect a mirror on another port, as it has. */
export interface ModelHub {
  readonly repo: string
  /** What was asked for: path and range. */
  readonly asked: { readonly file: string; readonly range: string | null }[]
  /** Bytes of weights at a time, with a pause after each; null sends all at once. */
  slowBytes: number | null
  /** A network's login page answers in its place: `files`, or the hub's own API as well. */
  captive: 'files' | 'all' | null
  close(): Promise<void>
}

export async function modelHub(context: BrowserContext, folder: string, repo: string): Promise<ModelHub> {
  const files = new Map(
    await Promise.all(NAMES.map(async (name) => [name, await readFile(`${folder}/${name}`)] as const)),
  )
  const hub: ModelHub = { repo, asked: [], slowBytes: null, captive: null, close: () => Promise.resolve() }

  const send = async (response: ServerResponse, bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length && !response.destroyed; ) {
      const piece = hub.slowBytes ?? bytes.length
      response.write(bytes.subarray(at, at + piece))
      at += piece
      if (at < bytes.length) await wait(50)
    }
    response.end()
  }
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1)
    if (hub.captive) {
      response.writeHead(200, { ...CORS, ...LOGIN.headers }).end(LOGIN.body)
      return
    }
    const file = files.get(name)
    const range = request.headers.range ?? null
    hub.asked.push({ file: name, range })
    if (!file) {
      response.writeHead(404, CORS).end()
      return
    }
    const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')
    const start = match ? Number(match[1]) : 0
    const end = match?.[2] ? Math.min(Number(match[2]) + 1, file.length) : file.length
    response.writeHead(match ? 206 : 200, {
      ...CORS,
      etag: `"${name}-1"`,
      'content-length': end - start,
      ...(match ? { 'content-range': `bytes ${start}-${end - 1}/${file.length}` } : {}),
    })
    void send(response, file.subarray(start, end))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  // Where the hub's answers lead to must be known to the workers, as a server is that a person has connected.
  await context.addInitScript((host) => {
    if (location.protocol === 'http:') localStorage.setItem('stepscope.hosts', JSON.stringify([host]))
  }, new URL(mirror).origin)
  hub.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })

  await context.route(`${HUB}/**`, async (route) => {
    const { pathname } = new URL(route.request().url())
    if (hub.captive === 'all') await route.fulfill({ ...LOGIN, headers: { ...CORS, ...LOGIN.headers } })
    else if (pathname === `/api/models/${repo}/revision/main`) {
      await route.fulfill({ headers: CORS, json: { id: repo, sha: COMMIT } })
    } else if (pathname === `/api/models/${repo}/tree/${COMMIT}`) {
      const tree = [...files].map(([path, bytes]) => {
        const oid = createHash('sha256').update(bytes).digest('hex')
        const lfs = path.endsWith('.safetensors') ? { lfs: { oid, size: bytes.length, pointerSize: 132 } } : {}
        return { type: 'file', oid: oid.slice(0, 40), size: bytes.length, path, ...lfs }
      })
      await route.fulfill({ headers: CORS, json: tree })
    } else if (pathname.startsWith(`/${repo}/resolve/${COMMIT}/`)) {
      const name = pathname.slice(`/${repo}/resolve/${COMMIT}/`.length)
      await route.fulfill({ status: 302, headers: { ...CORS, location: mirror + name } })
    } else await route.fulfill({ status: 404, headers: CORS, json: { error: 'Repository not found' } })
  })
  return hub
}
