import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import { MODEL_BACKENDS } from '../compute/testing/node-backends.ts'
import { tuningFor } from '../compute/tuning.ts'
import type { CheckpointFiles } from './checkpoint/checkpoint-files.ts'
import { FORWARD_CASES, forwardFaults, runForwardCase } from './testing/forward-cases.ts'

const FOLDER = new URL('../../tests/fixtures/forward/', import.meta.url)

/** With 16 rows a pass: sequences take several passes, and matrices and page pools several bindings. */
const LITTLE_ROOM = { maxBindingBytes: 73728 }
/** What `npm test` proves of the variants on WebGPU. */
const ONE = ['qwen3-qknorm'] as const
const HARDWARE = { tuning: tuningFor({ kind: 'webgpu', software: false }) }

function caseFiles(name: string): CheckpointFiles {
  const folder = new URL(`${name}/`, FOLDER)
  const bytes = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)))
  return {
    name,
    files: readdirSync(folder),
    size: async (file) => bytes(file).length,
    read: async (file, start, end) => bytes(file).slice(start, end),
  }
}

const CASES = [
  { name: 'cpu', choice: 'cpu', maxRows: 256, options: {} },
  { name: 'webgpu', choice: 'webgpu', maxRows: 256, options: {} },
  { name: 'wasm', choice: 'wasm', maxRows: 256, options: {} },
  { name: 'cpu, little room', choice: 'cpu', maxRows: 16, options: LITTLE_ROOM },
  { name: 'webgpu, little room', choice: 'webgpu', maxRows: 16, options: LITTLE_ROOM },
  { name: 'wasm, little room', choice: 'wasm', maxRows: 16, options: LITTLE_ROOM },
  { name: 'webgpu, kernels for graphics processors', choice: 'webgpu', maxRows: 256, options: HARDWARE },
] as const

describe.each(CASES)('$name', ({ name, choice, maxRows, options }) => {
  let backend: Backend
  beforeAll(async () => {
    ;({ backend } = await openBackend({ choice, ...options }))
    process.stdout.write(`${choice}: ${backend.adapter}\n`)
  })
  afterAll(() => {
    backend.dispose()
    expect(backend.memory.liveBytes).toBe(0)
  })

  test.each(MODEL_BACKENDS.includes(choice) || name === 'webgpu' ? FORWARD_CASES : ONE)(
    '%s agrees with PyTorch',
    async (name) => {
      const report = await runForwardCase(backend, caseFiles(name), maxRows)
      expect(forwardFaults(name, report)).toEqual([])
    },
  )
})
