import { expect, test } from 'vitest'
import { memoryFiles } from '../testing/memory-files.ts'
import { completeManifest, missingFields, parseManifest, readManifest } from './manifest.ts'

const prm = {
  role: 'process-reward-model',
  task: 'countdown',
  score_at: '\n',
  activation: 'sigmoid',
  aggregation: 'last',
}

test('fields of stepscope.json; the steps of a reward model end where it is read', async () => {
  expect(await readManifest(memoryFiles({ 'stepscope.json': prm }))).toEqual({
    role: 'process-reward-model',
    task: 'countdown',
    stepEnd: '\n',
    scoreAt: '\n',
    activation: 'sigmoid',
    aggregation: 'last',
  })
  expect(await readManifest(memoryFiles({}))).toEqual({})
})

test('what is missing is listed in the order to ask for it', () => {
  expect(missingFields({}, 'policy')).toEqual(['role', 'task', 'stepEnd'])
  expect(
    missingFields(parseManifest({ role: 'process-reward-model', score_at: '\n' }), 'process-reward-model'),
  ).toEqual(['task', 'activation', 'aggregation'])
})

test('given fields complete and replace stored ones; the aggregation has a default', () => {
  const { aggregation: _, activation: __, ...stored } = prm
  expect(
    completeManifest(parseManifest(stored), { activation: 'softmax', task: 'other' }, 'process-reward-model'),
  ).toEqual({
    role: 'process-reward-model',
    task: 'other',
    stepEnd: '\n',
    scoreAt: '\n',
    activation: 'softmax',
  })
  expect(() => completeManifest(parseManifest(stored), {}, 'process-reward-model')).toThrow(
    /stepscope\.json, activation/,
  )
  expect(() => completeManifest({}, { task: 'countdown' }, 'policy')).toThrow(/stepscope\.json, step_end/)
})

test('another role and wrong values are refused with the field', () => {
  expect(() => completeManifest(parseManifest(prm), {}, 'policy')).toThrow(
    /role: .*expected policy, found process-reward-model/,
  )
  expect(() => parseManifest({ activation: 'relu' })).toThrow(/stepscope\.json, activation/)
  expect(() => parseManifest({ step_end: '' })).toThrow(/stepscope\.json, step_end/)
})
