import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

const FIXTURE = 'tests/fixtures/answers.jsonl'
let folder = ''
const at = (name: string): string => join(folder, name)
const rowsOf = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-grade-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it('grades every line as the recorded answers have it', async () => {
  const known = rowsOf(readFileSync(FIXTURE, 'utf8'))
  const input = known.map(({ response, gold, kind }) => JSON.stringify({ response, gold, kind })).join('\n')
  writeFileSync(at('responses.jsonl'), `${input}\n`)
  const ran = await run('grade', '--task', 'maths', '--input', at('responses.jsonl'), '--out', at('graded.jsonl'))
  expect(ran).toMatchObject({ code: 0, out: '', err: '' })
  expect(rowsOf(readFileSync(at('graded.jsonl'), 'utf8'))).toEqual(known)
})

it('writes to standard output, with null where the gold answer is unknown', async () => {
  writeFileSync(
    at('unknown.jsonl'),
    '{"response": "#### 5"}\n\n{"response": "5", "gold": null}\n{"response": "5", "gold": 5}\n',
  )
  const ran = await run('grade', '--task', 'maths', '--input', at('unknown.jsonl'))
  expect(rowsOf(ran.out)).toEqual([
    { response: '#### 5', answer: '5', correct: null },
    { response: '5', gold: null, answer: '5', correct: null },
    { response: '5', gold: 5, answer: '5', correct: true },
  ])
})

it('compares with a regular expression where the task has them', async () => {
  writeFileSync(at('own.jsonl'), '{"response": "It is Paris.", "gold": "/paris/i"}\n')
  const ran = await run('grade', '--task', 'own', '--input', at('own.jsonl'))
  expect(rowsOf(ran.out)[0]).toMatchObject({ answer: 'it is paris', correct: true })
})

it.each([
  ['{"gold": "5"}', /line 2, response: The field is missing \(expected a text, found nothing\)/],
  ['{"response": 5, "gold": "5"}', /line 2, response: The field is no text \(expected a text, found 5\)/],
  ['{"response": "5", "gold": ["5"]}', /line 2, gold: The field is no text/],
  ['{"response": "5", "gold": " "}', /line 2, gold: The gold answer is empty/],
  ['{"response": ', /line 2: The line is not JSON/],
  ['[]', /line 2: The line is no JSON object/],
])('%s is refused with its line and field, and nothing is written', async (line, message) => {
  writeFileSync(at('bad.jsonl'), `{"response": "5", "gold": "5"}\n${line}\n`)
  const ran = await run('grade', '--task', 'maths', '--input', at('bad.jsonl'), '--out', at('none.jsonl'))
  expect(ran.code).toBe(1)
  expect(ran.err).toMatch(message)
  expect(() => readFileSync(at('none.jsonl'))).toThrow(/ENOENT/)
})

it('takes only tasks with answers, and never writes over its input', async () => {
  expect(await run('grade', '--task', 'chess', '--input', FIXTURE)).toMatchObject({ code: 2 })
  writeFileSync(at('same.jsonl'), '{"response": "5", "gold": "5"}\n')
  const ran = await run('grade', '--task', 'maths', '--input', at('same.jsonl'), '--out', at('same.jsonl'))
  expect(ran).toMatchObject({ code: 2 })
  expect(ran.err).toMatch(/would overwrite/)
})
