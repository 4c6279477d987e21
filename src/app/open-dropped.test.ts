import { beforeEach, expect, it, vi } from 'vitest'
import type { Actions } from '../state/app-state.ts'
import type { LoadedModel } from '../state/models/engine-state.ts'
import { openDropped } from './open-dropped.ts'

const PRM: LoadedModel = { kind: 'folder', id: 'prm', name: 'prm', role: 'process-reward-model' }
const openFolder = vi.fn<Actions['models']['openFolder']>()
const takeModel = vi.fn<Actions['traces']['takeModel']>()
const openFile = vi.fn<Actions['traces']['openFile']>()
const setData = vi.fn<Actions['training']['setData']>()
const actions = { models: { openFolder }, traces: { takeModel, openFile }, training: { setData } } as unknown as Actions
const config = new File(['{}'], 'config.json')
const rows = new File(['{}'], 'rows.jsonl')

beforeEach(() => {
  vi.resetAllMocks()
  openFolder.mockResolvedValue(PRM)
})

it('a folder that is dropped on Rewards is loaded, and is the model that is looked at', async () => {
  expect(await openDropped({ files: [config], folder: 'prm' }, actions, 'rewards')).toBe('rewards')
  expect(openFolder).toHaveBeenCalledWith('prm', [config])
  expect(takeModel).toHaveBeenCalledWith(PRM)
})

it('a folder that must be asked about first is not the model yet', async () => {
  openFolder.mockResolvedValue(null)
  expect(await openDropped({ files: [config], folder: 'prm' }, actions, 'rewards')).toBe('rewards')
  expect(takeModel).not.toHaveBeenCalled()
})

it('elsewhere a folder opens on Models, and the reward room keeps its model', async () => {
  expect(await openDropped({ files: [config], folder: 'prm' }, actions, 'playground')).toBe('models')
  expect(takeModel).not.toHaveBeenCalled()
})

it('JSON Lines are traces on Rewards, and data of the next training run elsewhere', async () => {
  expect(await openDropped({ files: [rows], folder: null }, actions, 'rewards')).toBe('rewards')
  expect(openFile).toHaveBeenCalledWith(rows)
  expect(await openDropped({ files: [rows], folder: null }, actions, 'models')).toBe('train')
  expect(setData).toHaveBeenCalledWith('rows.jsonl', rows)
})
