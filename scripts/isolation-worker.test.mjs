import { expect, test } from 'vitest'
import { addIsolation } from './isolation-worker.mjs'

/** What a page gets where the service worker's other code answers `response` to a request for `destination`. */
async function answered(destination, response) {
  const listeners = []
  addIsolation({ addEventListener: (type, listener) => type === 'fetch' && listeners.push(listener) })
  let answer
  const event = {
    request: { destination },
    respondWith: (given) => {
      answer = given
    },
  }
  for (const listener of [...listeners, (event) => event.respondWith(response)]) listener(event)
  return answer
}

const EMBEDDER = 'cross-origin-embedder-policy'

test('pages and workers are isolated where the host sent no headers', async () => {
  for (const destination of ['document', 'iframe', 'worker', 'sharedworker']) {
    const response = await answered(
      destination,
      new Response('text', { status: 203, headers: { 'content-type': 'text/html' } }),
    )
    expect([response.status, await response.text()]).toEqual([203, 'text'])
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/html',
      [EMBEDDER]: 'require-corp',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
  }
})

test('other answers stay as they are: other files, what a host says itself, errors', async () => {
  const file = new Response('file')
  expect(await answered('', file)).toBe(file)
  const own = new Response('page', { headers: { [EMBEDDER]: 'credentialless' } })
  expect(await answered('document', own)).toBe(own)
  const error = Response.error()
  expect(await answered('worker', error)).toBe(error)
})
