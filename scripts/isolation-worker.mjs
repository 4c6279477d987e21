// What the service worker adds for hosts that cannot send headers: cross-origin isolation, and with it shared memory.

/**
 * Answers to pages and workers get the headers of an isolated page where the host sent none; a host that says something of
 * its own is left alone. Listens before the worker's other code, so that every answer passes through here. The service
 * worker gets this function as text, so it stands alone.
 * @param scope the service worker's global scope
 */
export function addIsolation(scope) {
  const needs = /^(document|iframe|worker|sharedworker)$/
  const added = {
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
  const isolated = (response) => {
    const { status, statusText, body } = response
    // A redirect, or an error: nothing that could be shown.
    if (status === 0 || response.headers.has('Cross-Origin-Embedder-Policy')) return response
    const headers = new Headers(response.headers)
    for (const [name, value] of Object.entries(added)) if (!headers.has(name)) headers.set(name, value)
    return new Response(body, { status, statusText, headers })
  }
  scope.addEventListener('fetch', (event) => {
    if (!needs.test(event.request.destination)) return
    const respondWith = event.respondWith.bind(event)
    event.respondWith = (answer) => respondWith(Promise.resolve(answer).then(isolated))
  })
}
