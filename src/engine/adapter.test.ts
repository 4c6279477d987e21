import { expect, test } from 'vitest'
import { completeAdapter, missingFields, parseAdapter, readAdapter } from './adapter.ts'
import { memoryFiles } from './testing/memory-files.ts'

const prm = {
  role: 'process-reward-model',
  task: 'countdown',
  score_at: '\n',
  activation: 'sigmoid',
  aggregation: 'last',
}

test('fields of stepscope.json; the steps of a reward model end where it is read', async () => {
  expect(await readAdapter(memoryFiles({ 'stepscope.json': prm }))).toEqual({
    role: 'process-reward-model',
    task: 'countdown',
    stepEnd: '\n',
    scoreAt: '\n',
    activation: 'sigmoid',
    aggregation: 'last',
  })
  expect(await readAdapter(memoryFiles({}))).toEqual({})
})

test('what is missing is listed in the order to ask for it', () => {
  expect(missingFields({}, 'policy')).toEqual(['role', 'task', 'stepEnd'])
  expect(missingFields(parseAdapter({ role: 'process-reward-model', score_at: '\n' }), 'process-reward-model')).toEqual(
    ['task', 'activation', 'aggregation'],
  )
})

test('given fields complete and replace stored ones; the aggregation has a default', () => {
  const { aggregation: _, activation: __, ...stored } = prm
  expect(
    completeAdapter(parseAdapter(stored), { activation: 'softmax', task: 'other' }, 'process-reward-model'),
  ).toEqual({
    role: 'process-reward-model',
    task: 'other',
    stepEnd: '\n',
    scoreAt: '\n',
    activation: 'softmax',
  })
  expect(() => completeAdapter(parseAdapter(stored), {}, 'process-reward-model')).toThrow(/stepscope\.json, activation/)
  expect(() => completeAdapter({}, { task: 'countdown' }, 'policy')).toThrow(/stepscope\.json, step_end/)
})

test('another role and wrong values are refused with the field', () => {
  expect(() => completeAdapter(parseAdapter(prm), {}, 'policy')).toThrow(
    /role: .*expected policy, found process-reward-model/,
  )
  expect(() => parseAdapter({ activation: 'relu' })).toThrow(/stepscope\.json, activation/)
  expect(() => parseAdapter({ step_end: '' })).toThrow(/stepscope\.json, step_end/)
})
