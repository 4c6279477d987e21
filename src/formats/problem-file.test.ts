import { expect, test } from 'vitest'
import type { StepscopeError } from '../core/errors.ts'
import { taskById } from '../tasks/registry.ts'
import { readProblemFile } from './problem-file.ts'

const maths = taskById('maths')

/** A text in pieces of so many characters. */
async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield await Promise.resolve(text.slice(at, at + size))
}

async function read(text: string, size = 7, task = maths) {
  const all: { line: number; text: string; gold: string | null; question: string }[] = []
  for await (const some of readProblemFile(task, inPieces(text, size), 'some.jsonl')) {
    for (const { line, problem } of some) {
      all.push({ line, text: task.format(problem), gold: task.gold(problem), question: task.question(problem) })
    }
  }
  return all
}

async function refusal(text: string, task = maths) {
  const error = await read(text, 1000, task).then(
    () => null,
    (cause: StepscopeError) => cause,
  )
  return error?.details
}

const ROWS = [
  { question: 'Ann has 3 figs and buys 4. How many?', answer: 'She has 3+4=<<3+4=7>>7.\n#### 7' },
  {
    problem: 'What is $\\frac{1}{4}$ of $2$?',
    answer: '\\frac{1}{2}',
    solution: 'It is $\\boxed{\\frac{1}{2}}$.',
    level: 'Level 1',
  },
  { problem: 'Find $2 + 2$.', solution: 'We have $2+2=\\boxed{4}$.' },
  { problem: 'Is there an odd perfect number?' },
]

test.each([1, 7, 100_000])('columns of GSM8K, MATH-500 and search-and-learn, %i characters at a time', async (size) => {
  const text = ROWS.map((row) => JSON.stringify(row)).join('\r\n\r\n')
  expect(await read(text, size)).toMatchObject([
    { line: 1, text: ROWS[0]?.question, gold: '7' },
    { line: 3, text: ROWS[1]?.problem, gold: '1/2' },
    { line: 5, gold: '4' },
    { line: 7, gold: null },
  ])
})

test('what is typed and asked has no gold answer and no solution', async () => {
  const [row] = await read(JSON.stringify({ question: 'How many?', answer: 'It is 12345.\n#### 12345' }))
  expect(row?.gold).toBe('12345')
  expect(row?.text).toBe('How many?')
  expect(row?.question).not.toContain('12345')
})

test('problems come as soon as their lines are whole', async () => {
  let pulled = 0
  async function* slowly() {
    for (const row of ROWS) {
      pulled++
      yield await Promise.resolve(`${JSON.stringify(row)}\n`)
    }
  }
  for await (const some of readProblemFile(maths, slowly(), 'some.jsonl')) {
    expect(some.map(({ line }) => line)).toEqual([1])
    break
  }
  expect(pulled).toBe(1)
})

test.each([
  ['{"question": "One?", "answer": "1"}\n\n{"question": 5}', { line: 3, field: 'question' }, 'The field is no text'],
  ['{"question": "One?", "answer": "no end ####"}', { line: 1, field: 'answer' }, 'The answer is a solution without'],
  ['{"question": "One?"\n', { line: 1 }, 'The line is not JSON'],
  ['{"question": "One?"}\n[1]', { line: 2 }, 'The problem is no object'],
  ['[\n{"question": "One?"}]', { line: 1 }, 'The file is a JSON list, not JSON Lines'],
  ['\n \n', {}, 'The file holds no problems'],
  [`{"question": "One?"}\n${'x'.repeat(1_000_001)}`, { line: 2 }, 'The line is too long for a problem'],
])('tells file, line and field: %.40s', async (text, place, message) => {
  const details = await refusal(text)
  expect(details?.place).toEqual({ file: 'some.jsonl', ...place })
  expect(details?.message).toContain(message)
})

test('names the task that reads such lines, if the first line is not for the chosen one', async () => {
  const line = JSON.stringify(ROWS[0])
  expect((await refusal(line, taskById('countdown')))?.nextStep).toBe(
    'The task “Maths answers” reads such lines: choose it first.',
  )
  expect((await refusal('{"numbers": [3, 5, 7, 2], "target": 24}'))?.nextStep).toContain('“Countdown”')
})
