import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TuningMemory } from './autotune.ts'
import { openTuningMemory } from './node-tuning-memory.ts'
import { openBackend } from './open-backend.ts'
import type { MatmulTile, MatmulTileName } from './tuning.ts'
import { MATMUL_TILES, tileCandidates, tileName, tuningFor } from './tuning.ts'

test('measures once, remembers by adapter, and takes what is remembered', async () => {
  const kept = new Map<string, string>()
  const memory: TuningMemory = {
    get: async (key) => kept.get(key) ?? null,
    set: async (key, value) => void kept.set(key, value),
  }
  const open = async () => (await openBackend({ choice: 'webgpu', tile: 'measured', tuningMemory: memory })).backend
  const first = await open()
  const chosen = tileName(first.tuning.matmul)
  expect(first.tiles).toContain(chosen)
  expect(first.memory.liveByPurpose().timing ?? 0).toBe(0)
  expect([...kept.values()]).toEqual([chosen])
  const [key = ''] = kept.keys()
  expect(key).toContain(first.adapter)

  const other = first.tiles.find((name) => name !== chosen) ?? ''
  kept.set(key, other)
  const second = await open()
  expect(tileName(second.tuning.matmul)).toBe(other)
  kept.set(key, 'no tile of ours')
  const third = await open()
  expect(third.tiles).toContain(kept.get(key))
  for (const backend of [first, second, third]) backend.dispose()
})

async function openAndClose(tile?: MatmulTileName) {
  const { backend } = await openBackend({ choice: 'webgpu', ...(tile === undefined ? {} : { tile }) })
  backend.dispose()
  return backend
}

test('a tile by name is taken where the adapter can run it', async () => {
  const tiles = (await openAndClose()).tiles
  const last = tiles.at(-1)
  const foreign = (Object.keys(MATMUL_TILES) as MatmulTileName[]).find((name) => !tiles.includes(name))
  if (last === undefined || foreign === undefined) throw new Error('every adapter has some tiles and lacks others')
  expect((await openAndClose(last)).tuning.matmul).toBe(MATMUL_TILES[last])
  await expect(openBackend({ choice: 'webgpu', tile: foreign })).rejects.toMatchObject({
    details: { code: 'bad-setting', found: foreign },
  })
})

test('shares inputs only among subgroups of the size its code is written for', () => {
  const shared = { kind: 'webgpu', software: true, subgroups: true, subgroupSize: 4 } as const
  expect(tileName(tuningFor(shared).matmul)).toBe('16x8-s4')
  expect(tileName(tuningFor({ ...shared, subgroups: false }).matmul)).toBe('8x16-l4')
  expect(tileName(tuningFor({ ...shared, subgroupSize: 16 }).matmul)).toBe('8x16-l8')
  for (const subgroupSize of [4, 8, 16, 32]) {
    for (const name of tileCandidates({ ...shared, subgroupSize })) {
      const tile: MatmulTile = MATMUL_TILES[name]
      expect([undefined, subgroupSize]).toContain(tile.subgroup)
    }
  }
})

test('the file of choices survives damage', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepscope-tuning-'))
  try {
    const file = join(folder, 'deep', 'tuning.json')
    const memory = openTuningMemory(file)
    expect(await memory.get('a')).toBeNull()
    await memory.set('a', '8x16-l4')
    await memory.set('b', '16x8-s4')
    expect(await openTuningMemory(file).get('a')).toBe('8x16-l4')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ a: '8x16-l4', b: '16x8-s4' })
    writeFileSync(file, '{"a":')
    expect(await memory.get('a')).toBeNull()
    await memory.set('a', '8x16-l8')
    expect(await memory.get('a')).toBe('8x16-l8')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
