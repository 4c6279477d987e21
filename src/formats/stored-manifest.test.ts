import { expect, test } from 'vitest'
import { storedManifestSchema } from './stored-manifest.ts'

test('fields that an earlier version kept are read as it meant them', () => {
  const { aggregation: _, ...partly } = { scoreAt: '\n', activation: 'sigmoid', aggregation: 'last' }
  expect(
    storedManifestSchema.parse({ role: 'process-reward-model', task: 'countdown', stepEnd: '\n', ...partly }),
  ).toEqual({
    role: 'process-reward-model',
    task: 'countdown',
    stepEnds: ['\n'],
    reading: { scoreAt: '\n', activation: 'sigmoid' },
  })
  const now = { role: 'policy', stepEnds: ['\n', '\n\n'], prompt: 'chat', system: '' } as const
  expect(storedManifestSchema.parse(now)).toEqual(now)
})
