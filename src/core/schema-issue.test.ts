import { expect, it } from 'vitest'
import { z } from 'zod'
import { firstSchemaIssue } from './schema-issue.ts'

const schema = z.strictObject({ a: z.object({ b: z.number() }), list: z.array(z.string()).default([]) })

it.each([
  [{ a: { b: 'x' } }, ['a', 'b'], '"x"'],
  [{ a: {} }, ['a', 'b'], 'nothing'],
  [{ a: { b: 1 }, list: ['x', {}] }, ['list', 1], 'an object'],
  [{ a: { b: 1 }, toString: [] }, ['toString'], 'a list'],
  [null, [], 'null'],
])('names the field that is wrong, or not known: %j', (value, path, found) => {
  const result = schema.safeParse(value)
  if (result.success) throw new Error('it fits')
  expect(firstSchemaIssue(result.error, value)).toMatchObject({
    path,
    found,
    message: expect.stringMatching(/^\S+ \S+/),
  })
})
