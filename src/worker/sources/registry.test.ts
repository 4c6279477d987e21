import { expect, it } from 'vitest'
import type { ModelLibrary } from '../../downloads/model-library.ts'
import { memoryFiles } from '../../engine/testing/memory-files.ts'
import { openFiles } from './model-provider.ts'
import type { ModelSource } from './registry.ts'
import { modelSources } from './registry.ts'

const never = new AbortController().signal
const files = memoryFiles({ 'config.json': { a: 1 } })

function rig() {
  const asked: string[] = []
  let released = 0
  const library = { open: async (id: string) => ({ files: { ...files, name: id }, release: () => (released += 1) }) }
  const sources = modelSources({
    base: '/',
    library: async () => library as unknown as ModelLibrary,
    trained: async ({ id, step }) => {
      asked.push(`${id} ${step}`)
      return files
    },
  })
  return { sources, asked, released: () => released }
}

const file = (text: string, lastModified = 5) => new File([text], 'config.json', { lastModified })
const folder = (text: string, lastModified?: number): ModelSource => ({
  kind: 'folder',
  id: 'mine',
  files: [file(text, lastModified)],
})
const onnx: ModelSource = {
  kind: 'onnx',
  id: 'o',
  origin: { kind: 'folder', files: [file('{}')] },
  dtype: 'q4',
  device: 'wasm',
}
const trained = (step: number, base = 'countdown-policy'): ModelSource => ({
  kind: 'trained',
  id: 'run',
  step,
  base: { kind: 'bundled', id: base },
})

it('each kind is opened by its own provider', async () => {
  const { sources, asked, released } = rig()
  const stored = await openFiles(sources, { kind: 'stored', id: 'org/model' }, 'why', never)
  expect(stored.files.name).toBe('org/model')
  stored.release()
  expect(released()).toBe(1)
  expect((await openFiles(sources, folder('{}'), 'why', never)).files.files).toEqual(['config.json'])
  await sources.open(trained(3), never)
  expect(asked).toEqual(['run 3'])
  await expect(sources.open({ kind: 'bundled', id: 'none' }, never)).rejects.toThrow(/comes with the app.*found none/)
})

it('a model on an engine of its own is no checkpoint, and says why one is needed', async () => {
  const { sources } = rig()
  const opened = await sources.open(onnx, never)
  expect(opened).toMatchObject({ engine: 'Transformers.js' })
  await expect(openFiles(sources, onnx, 'A judge reads logits', never)).rejects.toThrow(
    /A judge reads logits.*found a model on Transformers\.js/,
  )
})

it('the same model is known again, also where its files were copied on the way', () => {
  const { sources } = rig()
  const same = (a: ModelSource, b: ModelSource) =>
    JSON.stringify(sources.identify(a)) === JSON.stringify(sources.identify(b))
  expect(same(folder('{}'), folder('{}'))).toBe(true)
  expect(same(folder('{}'), folder('{} '))).toBe(false)
  expect(same(folder('{}'), folder('{}', 6))).toBe(false)
  expect(same(onnx, { ...onnx, origin: { kind: 'folder', files: [file('{}')] } })).toBe(true)
  expect(same(onnx, { ...onnx, dtype: 'q8' })).toBe(false)
  // Whatever its base: a save is the whole model.
  expect(same(trained(3), trained(3, 'other'))).toBe(true)
  expect(same(trained(3), trained(4))).toBe(false)
  expect(same({ kind: 'stored', id: 'a' }, { kind: 'bundled', id: 'a' })).toBe(false)
})
