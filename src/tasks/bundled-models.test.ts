import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BUNDLED_MODELS, bundledModel } from './bundled-models.ts'
import { taskById } from './registry.ts'

const ROOT = 'public/checkpoints'

test('the list is of the folders that there are, with what their manifests say, and all their files but the card', () => {
  expect(BUNDLED_MODELS.map(({ id }) => id).sort()).toEqual(readdirSync(ROOT).sort())
  for (const { id, role, task, files } of BUNDLED_MODELS) {
    expect(readdirSync(`${ROOT}/${id}`).filter((file) => file !== 'card.md')).toEqual([...files].sort())
    expect(JSON.parse(readFileSync(`${ROOT}/${id}/stepscope.json`, 'utf8'))).toMatchObject({ role, task })
    expect(taskById(task).id).toBe(task)
  }
})

test('a task’s first policy and first reward model', () => {
  const [first] = BUNDLED_MODELS
  expect(bundledModel(first?.task ?? '', 'policy')).toBe(first)
  expect(bundledModel(first?.task ?? '', 'reward')?.role).toBe('process-reward-model')
  expect(bundledModel('none', 'policy')).toBeUndefined()
})
