import { expect, it } from 'vitest'
import { cachedOnnxModels } from './other-models.ts'

/** The part of the Cache API that is used, over a map. */
function caches(entries: Record<string, Response>): CacheStorage {
  const kept = new Map(Object.entries(entries))
  const cache = {
    keys: () => Promise.resolve([...kept.keys()].map((url) => new Request(url))),
    match: (request: Request) => Promise.resolve(kept.get(request.url)?.clone()),
    delete: (request: Request) => Promise.resolve(kept.delete(request.url)),
  }
  return { has: () => Promise.resolve(true), open: () => Promise.resolve(cache) } as unknown as CacheStorage
}

it('groups cached files by repository and frees one of them', async () => {
  const hub = 'https://huggingface.co'
  const models = cachedOnnxModels(
    caches({
      [`${hub}/a/one/resolve/main/config.json`]: new Response('12345'),
      [`${hub}/a/one/resolve/main/onnx/model.onnx`]: new Response('x', { headers: { 'content-length': '1000' } }),
      [`${hub}/b/two/resolve/v1/config.json`]: new Response('123'),
    }),
  )
  expect(await models.list()).toEqual([
    { id: 'a/one', bytes: 1005, files: 2, lastUsed: null },
    { id: 'b/two', bytes: 3, files: 1, lastUsed: null },
  ])
  await models.remove('a/one')
  expect((await models.list()).map(({ id }) => id)).toEqual(['b/two'])
})

it('has nothing where the browser has no caches', async () => {
  expect(await cachedOnnxModels(undefined).list()).toEqual([])
})
