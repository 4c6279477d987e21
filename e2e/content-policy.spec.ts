import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openReady } from './app.ts'
import { expect, test } from './fixtures.ts'

test('in the worker, as in the page, text is no script and other hosts are closed', async ({
  page,
  expectedErrors,
}) => {
  expectedErrors.push(/Content Security Policy|example\.org/)
  await openReady(page)
  const tried = async () => {
    // After the debugger's own evaluation, which the policy does not bind.
    await new Promise((resolve) => setTimeout(resolve, 0))
    const said = (work: () => unknown) =>
      Promise.resolve()
        .then(work)
        .then(
          () => 'allowed',
          (error: Error) => error.name,
        )
    return {
      // biome-ignore lint/security/noGlobalEval: what must not work is tried
      eval: await said(() => globalThis.eval('1 + 1')),
      function: await said(() => new Function('return 1')()),
      fetch: await said(() => fetch('https://example.org/', { mode: 'no-cors' })),
      own: await said(() => fetch('/icon.svg')),
    }
  }
  const refused = { eval: 'EvalError', function: 'EvalError', fetch: 'TypeError', own: 'allowed' }
  expect(await page.evaluate(tried)).toEqual(refused)
  // Threads of the WebAssembly backend wait in memory and hear no message; their script is a text of the engine's worker.
  const workers = page.workers().filter((worker) => !worker.url().startsWith('blob:'))
  expect(workers.length).toBeGreaterThan(0)
  for (const worker of workers) expect(await worker.evaluate(tried)).toEqual(refused)
})

test('a server that a person names is connected, without a word in the policy before', async ({
  page,
  expectedErrors,
}) => {
  expectedErrors.push(/^http:\/\/127\.0\.0\.1:/, /404/)
  const server = createServer(async ({ url = '/' }, response) => {
    const file = await readFile(`public/checkpoints/countdown-policy${url}`).catch(() => null)
    response.writeHead(file ? 200 : 404, { 'access-control-allow-origin': '*' }).end(file ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await openReady(page, '/#/models')
  await page.getByRole('button', { name: 'Add from the hub or a URL' }).click()
  const form = page.getByRole('form', { name: 'Add a model from the hub or a URL' })
  await form.getByLabel('Model').fill(address)
  await form.getByRole('button', { name: 'Look at it' }).click()
  await expect(form).toContainText('llama, a policy')
  server.closeAllConnections()
  server.close()
})
