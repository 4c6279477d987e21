import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { memoryFiles } from '../testing/memory-files.ts'
import { browserCheckpointFiles } from './checkpoint-files-browser.ts'
import { openUrlCheckpoint } from './checkpoint-files-url.ts'
import { hashCheckpoint } from './checkpoint-hash.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const big = Uint8Array.from({ length: 5 * 1024 * 1024 }, (_, i) => i % 251)

describe('a directory', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stepscope-'))
  writeFileSync(join(directory, 'config.json'), '0123456789')
  afterAll(() => rmSync(directory, { recursive: true }))

  test('is read by byte ranges', async () => {
    const files = await openCheckpointDirectory(directory)
    expect([files.files, await files.size('config.json')]).toEqual([['config.json'], 10])
    expect(text(await files.read('config.json', 2, 5))).toBe('234')
    expect(text(await files.read('config.json', 8, 20))).toBe('89')
    await expect(files.read('model.safetensors', 0, 1)).rejects.toThrow(/has no model\.safetensors/)
    await expect(files.read('config.json', 0, 1, AbortSignal.abort())).rejects.toThrow(/abort/i)
  })

  test('that does not exist is named', async () => {
    await expect(openCheckpointDirectory('/nowhere/at/all')).rejects.toThrow(/no directory \/nowhere\/at\/all/)
  })
})

describe('a folder dragged into the page', () => {
  const dragged = (path: string, content: string) =>
    Object.defineProperty(new File([content], path.replace(/^.*\//, '')), 'webkitRelativePath', { value: path })

  test('loses its own name, and what lies beside the checkpoint', async () => {
    const files = browserCheckpointFiles([
      dragged('models/a/config.json', '{}'),
      dragged('models/a/onnx/model.onnx', 'x'),
      dragged('models/readme.md', 'r'),
    ])
    expect(files.name).toBe('models/a')
    expect(files.files).toEqual(['config.json', 'onnx/model.onnx'])
    expect(text(await files.read('config.json', 1, 2))).toBe('}')
  })

  test('may be plain files', async () => {
    const files = browserCheckpointFiles([new File(['abc'], 'config.json')])
    expect([files.files, await files.size('config.json')]).toEqual([['config.json'], 3])
  })
})

describe('a web server', () => {
  /** A server over files; `ranges: false` answers every request with the whole file. */
  function server(files: Record<string, Uint8Array<ArrayBuffer> | string>, { ranges = true, failures = 0 } = {}) {
    const requests: string[] = []
    let left = failures
    const fetch = async (url: string, init: RequestInit): Promise<Response> => {
      init.signal?.throwIfAborted()
      const range = new Headers(init.headers).get('range') ?? ''
      requests.push(`${url} ${range}`)
      if (left > 0) {
        left -= 1
        return new Response('', { status: 503, statusText: 'Busy' })
      }
      const content = files[url.replace('http://host/m/', '')]
      if (content === undefined) return new Response('', { status: 404 })
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
      if (!ranges) return new Response(bytes)
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(range) ?? []
      const part = bytes.slice(Number(start), Number(end) + 1)
      const headers = { 'content-range': `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}` }
      return new Response(part, { status: 206, headers })
    }
    return { fetch, requests }
  }
  const waits: number[] = []
  const wait = async (ms: number) => void waits.push(ms)
  const open = (options: Parameters<typeof openUrlCheckpoint>[0]) => openUrlCheckpoint({ wait, ...options })

  test.each([true, false])('answers ranges: %s', async (ranges) => {
    const { fetch, requests } = server({ 'config.json': '{"a":1}', 'model.safetensors': big }, { ranges })
    const files = await open({ baseUrl: 'http://host/m', files: ['config.json', 'model.safetensors'], fetch })
    expect([await files.size('config.json'), await files.size('model.safetensors')]).toEqual([7, big.length])
    expect(text(await files.read('config.json', 1, 4))).toBe('"a"')
    const at = big.length - 10
    expect(await files.read('model.safetensors', at, big.length)).toEqual(big.slice(at))
    expect(await files.read('model.safetensors', 3, 9)).toEqual(big.slice(3, 9))
    // One request each, and one more for the bytes beyond the first 4 MiB where ranges are known.
    expect(requests.length).toBe(ranges ? 3 : 2)
  })

  test('asks for all files at once where all are needed, and for none twice', async () => {
    const { fetch, requests } = server({ 'config.json': '{}', 'tokenizer.json': '[]' }, {})
    const names = ['config.json', 'tokenizer.json', 'gone.json']
    const files = await open({ baseUrl: 'http://host/m', files: names, eager: true, fetch })
    expect(requests.length).toBe(3)
    expect(text(await files.read('tokenizer.json', 0, 2))).toBe('[]')
    await expect(files.size('gone.json')).rejects.toThrow(/has no gone\.json/)
    expect(requests.length).toBe(3)
  })

  test('usual names are tried where no list is given, shards by their index', async () => {
    const index = JSON.stringify({ weight_map: { a: 'x-1.safetensors', b: 'x-2.safetensors', c: 'x-1.safetensors' } })
    const { fetch } = server({ 'config.json': '{}', 'model.safetensors.index.json': index, 'x-1.safetensors': 'ab' })
    const files = await open({ baseUrl: 'http://host/m/', fetch })
    expect(files.files).toEqual(['config.json', 'model.safetensors.index.json', 'x-1.safetensors', 'x-2.safetensors'])
    await expect(files.size('x-2.safetensors')).rejects.toThrow(/has no x-2\.safetensors/)
  })

  test('a page in place of a file counts as missing', async () => {
    const fetch = async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })
    expect((await open({ baseUrl: 'http://host/m/', fetch })).files).toEqual([])
  })

  test('a failure is tried again, then told', async () => {
    const twice = server({ 'config.json': 'ok' }, { failures: 2 })
    const files = await open({ baseUrl: 'http://host/m', files: ['config.json'], fetch: twice.fetch })
    waits.length = 0
    expect(text(await files.read('config.json', 0, 2))).toBe('ok')
    expect(waits).toEqual([250, 500])
    const never = server({}, { failures: 99 })
    const failing = await open({ baseUrl: 'http://host/m', files: ['config.json'], fetch: never.fetch })
    await expect(failing.read('config.json', 0, 2)).rejects.toThrow(/http:\/\/host\/m\/config\.json: .*503 Busy/)
    expect(never.requests.length).toBe(3)
  })

  test('a request can be aborted, and asked again later', async () => {
    const { fetch } = server({ 'config.json': 'ok' })
    const files = await open({ baseUrl: 'http://host/m', files: ['config.json'], fetch })
    await expect(files.read('config.json', 0, 2, AbortSignal.abort())).rejects.toThrow(/abort/i)
    expect(text(await files.read('config.json', 0, 2))).toBe('ok')
  })
})

describe('the hash', () => {
  const files = { 'config.json': '{}', 'a.safetensors': 'abc', 'b.safetensors': 'def' }
  const hash = (changes: object = {}) =>
    hashCheckpoint(memoryFiles({ ...files, ...changes }), ['b.safetensors', 'a.safetensors'])

  test('is 16 hex digits that depend on config and weights, not on the order of the list', async () => {
    const first = await hash()
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(await hashCheckpoint(memoryFiles(files), ['a.safetensors', 'b.safetensors'])).toBe(first)
    const changed = [
      { 'config.json': '{ }' },
      { 'a.safetensors': 'abd' },
      { 'a.safetensors': 'abcd', 'b.safetensors': 'ef' },
    ]
    const others = await Promise.all(changed.map(hash))
    expect(new Set([first, ...others]).size).toBe(4)
  })

  test('of huge weights is over their header and samples', async () => {
    const read: number[] = []
    const huge = (spoiled: number) => ({
      name: 'huge',
      files: ['config.json', 'w'],
      size: async (file: string) => (file === 'w' ? 2 ** 30 : 2),
      read: async (_: string, start: number, end: number) => {
        read.push(end - start)
        const bytes = new Uint8Array(end - start)
        if (spoiled >= start && spoiled < end) bytes[spoiled - start] = 1
        return bytes
      },
    })
    const first = await hashCheckpoint(huge(-1), ['w'])
    expect(read.reduce((sum, bytes) => sum + bytes, 0)).toBe(2 + 4 * 2 ** 20 + 16 * 64 * 2 ** 10)
    expect(await hashCheckpoint(huge(100), ['w'])).not.toBe(first)
    expect(await hashCheckpoint(huge(2 ** 30 - 1), ['w'])).not.toBe(first)
  })
})
