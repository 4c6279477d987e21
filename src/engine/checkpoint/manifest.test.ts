import { expect, test } from 'vitest'
import { missingFields } from '../../search/manifest.ts'
import { memoryFiles } from '../testing/memory-files.ts'
import { parseManifest, policyManifest, readManifest, rewardManifest } from './manifest.ts'

const prm = {
  role: 'process-reward-model',
  task: 'countdown',
  score_at: '\n',
  activation: 'sigmoid',
  aggregation: 'last',
}
const folder = (manifest: object, others: Readonly<Record<string, object | string>> = {}) =>
  memoryFiles({ 'stepscope.json': manifest, ...others })

test('fields of stepscope.json; the steps of a reward model end where it is read', async () => {
  expect(await readManifest(folder(prm))).toEqual({
    role: 'process-reward-model',
    task: 'countdown',
    stepEnds: ['\n'],
    reading: { scoreAt: '\n', activation: 'sigmoid', aggregation: 'last' },
  })
  expect(await readManifest(memoryFiles({}))).toEqual({})
  expect(parseManifest({ role: 'policy', step_end: ['\n', '\n\n'], prompt: 'chat', system: 'Be brief.' })).toEqual({
    role: 'policy',
    stepEnds: ['\n', '\n\n'],
    prompt: 'chat',
    system: 'Be brief.',
  })
})

test('what is missing is listed in the order to ask for it; a task is not', () => {
  expect(missingFields({}, 'policy')).toEqual(['role', 'stepEnds'])
  const stated = parseManifest({ role: 'process-reward-model', score_at: '\n' })
  expect(missingFields(stated, 'process-reward-model')).toEqual(['activation', 'aggregation'])
})

test('given fields complete and replace stored ones; the aggregation has a default', async () => {
  const { aggregation: _, activation: __, ...stored } = prm
  expect(await rewardManifest(folder(stored), { reading: { activation: 'softmax' }, task: 'other' })).toMatchObject({
    role: 'process-reward-model',
    task: 'other',
    stepEnds: ['\n'],
    reading: { id: 'step-end', input: 'prompt', scoreAt: '\n', activation: 'softmax', aggregation: 'last' },
    prompt: 'notation',
  })
  await expect(rewardManifest(folder(stored), {})).rejects.toThrow(/stepscope\.json, activation/)
  await expect(policyManifest(folder({}), { task: 'countdown' })).rejects.toThrow(/stepscope\.json, step_end/)
})

test('an outcome reward model is a reward model, and no policy', async () => {
  const orm = { ...prm, role: 'outcome-reward-model' }
  expect(await rewardManifest(folder(orm), {})).toMatchObject({ role: 'outcome-reward-model', stepEnds: ['\n'] })
  await expect(policyManifest(folder(orm), {})).rejects.toThrow(/expected policy, found outcome-reward-model/)
})

test('the prompt’s form: what is said, else the notation of a task, else a chat where there is a template', async () => {
  const form = async (manifest: object, others: Readonly<Record<string, object | string>> = {}) =>
    (await policyManifest(folder({ role: 'policy', step_end: '\n', ...manifest }, others), {})).prompt
  const template = { 'tokenizer_config.json': { chat_template: '{{ messages }}' } }
  expect(await form({ task: 'countdown' }, template)).toBe('notation')
  expect(await form({}, template)).toBe('chat')
  expect(await form({}, { 'chat_template.jinja': '{{ messages }}' })).toBe('chat')
  expect(await form({}, { 'tokenizer_config.json': {} })).toBe('completion')
  expect(await form({ prompt: 'completion' }, template)).toBe('completion')
})

test('another role and wrong values are refused with the field', async () => {
  await expect(policyManifest(folder(prm), {})).rejects.toThrow(/role: .*expected policy, found process-reward-model/)
  expect(() => parseManifest({ activation: 'relu' })).toThrow(/stepscope\.json, activation/)
  expect(() => parseManifest({ step_end: '' })).toThrow(/stepscope\.json, step_end/)
  expect(() => parseManifest({ step_end: [] })).toThrow(/stepscope\.json, step_end/)
  expect(() => parseManifest({ prompt: 'poem' })).toThrow(/stepscope\.json, prompt/)
})
