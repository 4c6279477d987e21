import { expect, it } from 'vitest'
import { backendNote } from './backend-note.ts'

const NOTE = 'WebGPU found no graphics adapter.'

it.each([
  [{ backend: 'webgpu', software: false, note: null }, null],
  [{ backend: 'webgpu', software: true, note: null }, true],
  [{ backend: 'wasm', software: true, note: NOTE }, false],
  [{ backend: 'cpu', software: true, note: NOTE }, true],
] as const)('%j is called slow: %j, with the reason', (status, slow) => {
  const note = backendNote(status)
  expect(note?.slow ?? null).toBe(slow)
  if (status.note) expect(note?.because).toContain(status.note)
})
