import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HUB } from '../../hub/hub-client.ts'
import { keepEngineFiles } from './engine-files.ts'
import { lookUp, openHubModel } from './hub-files.ts'
import { MemoryCaches } from './testing/memory-caches.ts'

const SHA = '0123456789abcdef'
const MODEL = { repo: 'someone/model', revision: 'main' }
const CONFIG = '{"model_type":"llama"}'
const CONFIG_URL = `${HUB}/${MODEL.repo}/resolve/${SHA}/config.json`
const REVISION_URL = `${HUB}/api/models/${MODEL.repo}/revision/main`
const page = () => new Response('<p>Log in</p>', { headers: { 'content-type': 'text/html; charset=utf-8' } })

let caches = new MemoryCaches()
let asked: string[] = []
/** Answers of the login page in the place of these addresses. */
let captive = /^$/

beforeEach(() => {
  caches = new MemoryCaches()
  asked = []
  captive = /^$/
  vi.stubGlobal('caches', caches)
  vi.stubGlobal('location', { href: 'http://localhost/' })
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url)
    if (captive.test(url)) return page()
    if (url === REVISION_URL) return Response.json({ sha: SHA })
    if (url.includes('/tree/')) return Response.json([{ type: 'file', path: 'config.json', size: CONFIG.length }])
    return new Response(url === CONFIG_URL ? CONFIG : 'export {}', { headers: { 'content-type': 'text/javascript' } })
  })
})
afterEach(() => vi.unstubAllGlobals())

const opened = async (): Promise<string> => {
  const files = await openHubModel(MODEL, null)
  return new TextDecoder().decode(await files.read('config.json', 0, 1000))
}

describe('a model of the hub', () => {
  it('is fetched once, and again where what is kept has another size than the hub lists', async () => {
    expect(await opened()).toBe(CONFIG)
    expect(await opened()).toBe(CONFIG)
    expect(asked.filter((url) => url === CONFIG_URL)).toHaveLength(1)
    const cache = await caches.open()
    await cache.put(CONFIG_URL, page())
    expect(await opened()).toBe(CONFIG)
    expect(asked.filter((url) => url === CONFIG_URL)).toHaveLength(2)
    expect(caches.textOf(CONFIG_URL)).toBe(CONFIG)
  })

  it('is looked up again where the list that is kept cannot be read', async () => {
    const cache = await caches.open()
    await cache.put(REVISION_URL, page())
    expect(await opened()).toBe(CONFIG)
  })

  it.each([/revision/, /tree/, /resolve/])('is refused in words where a login page answers for %s', async (pattern) => {
    captive = pattern
    await expect(opened()).rejects.toMatchObject({
      details: { message: 'Something else answers in place of the hub', found: 'a web page' },
    })
    expect([...caches.stored.keys()].filter((url) => pattern.test(url))).toEqual([])
  })

  it('is refused in words where the hub’s answer is no list', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ error: 'no' }))
    await expect(lookUp(MODEL)).rejects.toMatchObject({ details: { code: 'not-found', found: 'another answer' } })
  })
})

describe('the files of the ONNX engine', () => {
  const [script, other] = ['http://localhost/assets/load-policy-1.js', 'http://localhost/assets/load-policy-0.js']

  it('are kept; those of another version, and wrong answers, are not', async () => {
    const cache = await caches.open()
    await cache.put(other, new Response('old'))
    await cache.put(script, page())
    await keepEngineFiles([script])
    expect([...caches.stored.keys()]).toEqual([script])
    expect(caches.textOf(script)).toBe('export {}')
    await keepEngineFiles([script])
    expect(asked).toEqual([script])
  })

  it('are not kept where a login page answers', async () => {
    captive = /assets/
    await keepEngineFiles([script])
    expect([...caches.stored.keys()]).toEqual([])
  })
})
