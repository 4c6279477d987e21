import { expect, test } from 'vitest'
import { OBJECTIVE_IDS, OBJECTIVE_SETTINGS, objectiveById } from './registry.ts'

test('objectives that share a setting share its schema, so that a recipe has one of each', () => {
  const all = new Map(Object.entries(OBJECTIVE_SETTINGS))
  for (const id of OBJECTIVE_IDS) {
    for (const [name, { schema }] of Object.entries(objectiveById(id).settings)) {
      expect(all.get(name)?.schema, `${id} ${name}`).toBe(schema)
    }
  }
})

test('every setting has a default: a recipe of before it still opens', () => {
  for (const [name, { schema }] of Object.entries(OBJECTIVE_SETTINGS)) {
    expect(schema.safeParse(undefined).success, name).toBe(true)
  }
})

test('names tell objectives apart', () => {
  for (const part of ['name', 'short'] as const) {
    expect(new Set(OBJECTIVE_IDS.map((id) => objectiveById(id)[part])).size).toBe(OBJECTIVE_IDS.length)
  }
})
