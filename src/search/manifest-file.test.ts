import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseManifest } from '../engine/checkpoint/manifest.ts'
import type { StatedManifest } from './manifest.ts'
import { manifestFile } from './manifest-file.ts'
import type { Reading } from './reading.ts'
import { READING_IDS } from './reading.ts'
import { READINGS, withPreset } from './readings.ts'

const LINE = '\n'

test('a manifest comes back from its file with the same reading, whatever differs from the preset', () => {
  const changes: fc.Arbitrary<Partial<Reading>> = fc.record(
    {
      scoreAt: fc.constantFrom('\n', '\n\n', '<extra_0>'),
      bos: fc.constantFrom('never', 'if-any', 'always'),
      input: fc.constantFrom('pieces', 'chat'),
      trimsSteps: fc.boolean(),
      candidates: fc.constantFrom<readonly [string, string]>(['+', '-'], ['yes', 'no']),
      aggregation: fc.constantFrom('min', 'last'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.constantFrom(...READING_IDS), changes, (id, change) => {
      const { role } = READINGS[id]
      const manifest: StatedManifest = {
        role,
        stepEnds: [LINE],
        reading: { ...withPreset({ id }), ...change },
        system: 'Hi',
      }
      const { reading, ...rest } = parseManifest(JSON.parse(manifestFile(manifest)))
      expect(withPreset(reading ?? {})).toEqual(manifest.reading)
      expect(rest).toEqual({ role, stepEnds: [LINE], system: 'Hi' })
    }),
  )
})
