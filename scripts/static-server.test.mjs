import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveFolder } from './static-server.mjs'

const folder = mkdtempSync(join(tmpdir(), 'stepscope-site-'))
mkdirSync(join(folder, 'assets'))
for (const name of ['index.html', 'assets/worker-a1_B-2.js', 'assets/index-a1.js'])
  writeFileSync(join(folder, name), '')
const server = createServer(serveFolder(folder))
let origin = ''

beforeAll(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${server.address().port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const policyOf = async (path) => (await fetch(origin + path)).headers.get('content-security-policy')
const connect = async (path) => /connect-src ([^;]*)/.exec(await policyOf(path))?.[1]

test('page and worker come with the same policy, without scripts from text and with few hosts', async () => {
  const policy = await policyOf('/')
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
  expect(policy).not.toContain("'unsafe-eval'")
  expect(policy).toContain('frame-ancestors *')
  expect(await policyOf('/assets/worker-a1_B-2.js')).toBe(policy)
  expect(await connect('/')).toBe("'self' blob: data: https://huggingface.co https://*.huggingface.co https://*.hf.co")
})

test('hosts that a person connects are added for a worker, and for nothing else', async () => {
  const ask = `?connect=${encodeURIComponent('https://models.example.org:8443')}&connect=http://127.0.0.1:5000`
  expect(await connect(`/assets/worker-a1_B-2.js${ask}`)).toMatch(
    / https:\/\/models\.example\.org:8443 http:\/\/127\.0\.0\.1:5000$/,
  )
  expect(await policyOf(`/assets/index-a1.js${ask}`)).toBe(await policyOf('/'))
  expect(await policyOf(`/${ask}`)).toBe(await policyOf('/'))
})

test('only origins are hosts', async () => {
  for (const host of [
    '*',
    'https://*',
    "'unsafe-eval'",
    'https://a.example; script-src *',
    'https://a.example/x',
    'ftp://a.example',
    '',
  ]) {
    expect(await policyOf(`/assets/worker-a1_B-2.js?connect=${encodeURIComponent(host)}`), host).toBe(
      await policyOf('/'),
    )
  }
})
