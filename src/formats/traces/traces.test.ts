import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ErrorDetails } from '../../core/errors.ts'
import { readTraces, writeTraces } from './read-traces.ts'
import { TRACE_FORMATS, traceFormat } from './registry.ts'
import type { Trace } from './trace.ts'

/** The text in pieces of some characters, as it comes from a disk. */
async function* pieces(text: string, size = 7): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

async function read(text: string, size?: number) {
  const bad: ErrorDetails[] = []
  const traces: Trace[] = []
  for await (const row of readTraces(pieces(text, size), { file: 'rows.jsonl', onBad: (error) => bad.push(error) })) {
    traces.push(...row.traces)
  }
  return { traces, bad }
}

/** A row of each kind, as the projects publish them, and what is to be read from it. */
const SAMPLES: Readonly<Record<string, { readonly row: object; readonly traces: readonly Partial<Trace>[] }>> = {
  'process-bench': {
    row: {
      id: 'gsm8k-400',
      generator: 'Qwen2-7B-Instruct',
      problem: 'How many?',
      steps: ['Two and two is five.', 'So it is five.'],
      final_answer_correct: false,
      label: 0,
    },
    traces: [
      { id: 'gsm8k-400', subset: 'gsm8k', generator: 'Qwen2-7B-Instruct', firstError: 0, correct: false, labels: null },
    ],
  },
  prm800k: {
    row: {
      labeler: 'a',
      timestamp: '2022-07-17',
      question: {
        problem: 'What is $1+1$?',
        ground_truth_solution: null,
        ground_truth_answer: '2',
        pre_generated_steps: [],
      },
      label: {
        steps: [
          {
            completions: [
              { text: 'We add.', rating: 1, flagged: null },
              { text: 'We multiply.', rating: -1, flagged: null },
            ],
            human_completion: null,
            chosen_completion: 0,
          },
          { completions: [{ text: 'Hmm.', rating: 0, flagged: false }], human_completion: null, chosen_completion: 0 },
          { completions: null, human_completion: { text: 'Look again.', rating: null }, chosen_completion: null },
          {
            completions: [{ text: 'It is 3.', rating: -1, flagged: false }],
            human_completion: null,
            chosen_completion: null,
          },
        ],
        total_time: 1234,
        finish_reason: 'found_error',
      },
    },
    traces: [
      {
        problem: 'What is $1+1$?',
        steps: ['We add.', 'Hmm.', 'Look again.', 'It is 3.'],
        labels: [1, 'neutral', 1, 0],
        firstError: 3,
        answer: '2',
      },
    ],
  },
  'math-shepherd': {
    row: {
      input:
        'Janet has 3 eggs. How many? Step 1: She has 3. ки\nStep 2: She eats 1, so 2. ки\nStep 3: The answer is: 2 ки',
      label:
        'Janet has 3 eggs. How many? Step 1: She has 3. +\nStep 2: She eats 1, so 2. -\nStep 3: The answer is: 2 -',
      task: 'GSM8K',
    },
    traces: [
      {
        problem: 'Janet has 3 eggs. How many?',
        steps: ['She has 3.', 'She eats 1, so 2.', 'The answer is: 2'],
        labels: [1, 0, 0],
        firstError: 1,
        subset: 'GSM8K',
      },
    ],
  },
  'prm-bench': {
    row: {
      original_question: 'Q?',
      modified_question: 'Q!',
      original_process: ['a', 'b'],
      modified_process: ['a', 'b', 'b'],
      modified_steps: [3],
      error_steps: [3],
      reason: 'said twice',
      idx: 'redundency_a_1',
      question: 'Q?',
      classification: 'redundency',
    },
    traces: [
      { id: 'redundency_a_1', problem: 'Q!', labels: [1, 1, 0], firstError: 2, subset: 'redundency' },
      { id: 'redundency_a_1 as it was', problem: 'Q?', steps: ['a', 'b'], firstError: -1 },
    ],
  },
  'trl-stepwise': {
    row: { prompt: 'Which?', completions: ['One.', 'Two.'], labels: [true, false], source: 'a' },
    traces: [{ problem: 'Which?', steps: ['One.', 'Two.'], labels: [1, 0], firstError: 1 }],
  },
  'search-and-learn': {
    row: {
      problem: 'Find x.',
      answer: '4',
      unique_id: 'test/1.json',
      completions: ['Step one\nof two lines\n\nStep two', 'A\nB\nC'],
      scores: [
        [0.9, 0.5],
        [0.1, 0.2, 0.3],
      ],
      pred: '\\boxed{4}',
      completion_tokens: 12,
      agg_scores: [0.5, 0.3],
      'pred_naive@2': '\\boxed{4}',
    },
    traces: [
      { id: 'test/1.json 1', steps: ['Step one\nof two lines', 'Step two'], scores: [0.9, 0.5], answer: '4' },
      { id: 'test/1.json 2', steps: ['A', 'B', 'C'], scores: [0.1, 0.2, 0.3] },
    ],
  },
  gsm8k: {
    row: { question: 'How much?', answer: 'She sells 2*3=<<2*3=6>>6.\nSo 6.\n#### 6' },
    traces: [
      { problem: 'How much?', steps: ['She sells 2*3=<<2*3=6>>6.', 'So 6.'], answer: '6', correct: true, labels: null },
    ],
  },
  'gsm8k-solutions': {
    row: {
      question: 'How much?',
      ground_truth: 'So 6.\n#### 6',
      '6B_finetuning': { solution: 'Five.\n#### 5', is_correct: false },
      '175b_verification': { solution: 'Six.\n#### 6', is_correct: true },
    },
    traces: [
      { generator: '6B_finetuning', steps: ['Five.'], correct: false, answer: '6' },
      { generator: '175b_verification', steps: ['Six.'], correct: true },
    ],
  },
  'math-aps': {
    row: {
      question: 'Which?',
      final_answer: '5',
      reasoning_steps: [
        { solution_prefix: 'One.', mc_value: 0.75 },
        { solution_prefix: 'One.\nTwo.', mc_value: 0.25 },
      ],
    },
    traces: [
      { steps: ['One.'], labels: [0.75], firstError: null, answer: '5' },
      { steps: ['One.', 'Two.'], labels: [null, 0.25] },
    ],
  },
  'omega-tree': {
    row: {
      text: 'Which?\n',
      mc_value: 0.5,
      children: [
        { text: 'One.\n', mc_value: 1, children: [{ text: 'Two.\n', mc_value: 0, children: [] }] },
        { text: 'Other.\n', mc_value: 0.25, children: [] },
      ],
    },
    traces: [
      { problem: 'Which?', steps: ['One.', 'Two.'], labels: [1, 0], firstError: 1 },
      { steps: ['Other.'], labels: [0.25], firstError: null },
    ],
  },
  'llm-reasoners': {
    row: {
      logs: [
        {
          nodes: {
            0: { id: 0, data: { question: 'Which?' }, selected_edge: 1 },
            1: { id: 1, data: { state: 'after one' }, selected_edge: null },
            2: { id: 2, data: { state: 'other' }, selected_edge: null },
          },
          edges: {
            0: { id: 0, source: 0, target: 1, data: { action: 'One.', reward: 0.5 } },
            1: { id: 1, source: 0, target: 2, data: {} },
          },
        },
      ],
    },
    traces: [
      { problem: 'Which?', steps: ['One.'] },
      { problem: 'Which?', steps: ['other'] },
    ],
  },
}

describe.each(TRACE_FORMATS.map(({ id }) => id))('%s', (id) => {
  const { row, traces: expected } = SAMPLES[id] ?? { row: {}, traces: [] }
  const line = JSON.stringify(row)
  const format = traceFormat(id)

  test('is recognized and read', async () => {
    const { traces, bad } = await read(`${line}\n`)
    expect(bad).toEqual([])
    expect(traces).toMatchObject(expected as Trace[])
    expect(traces.map(({ origin }) => origin.format)).toEqual(expected.map(() => id))
    for (const { steps, labels, scores } of traces) {
      expect([labels?.length ?? steps.length, scores?.length ?? steps.length]).toEqual([steps.length, steps.length])
    }
  })

  test('is written again as it came, to the last character, and changed where it can be written', async () => {
    const { traces } = await read(`${line}\n`)
    expect(format && writeTraces(format, traces)).toEqual({ text: `${line}\n`, left: 0 })
    // What a task finds in a response besides is no change.
    const known = traces.map((trace) => ({ ...trace, answer: trace.answer ?? '12', correct: trace.correct ?? true }))
    expect(format && writeTraces(format, known)).toEqual({ text: `${line}\n`, left: 0 })
    const copies = traces.map((trace) => ({ ...trace, id: 'another' }))
    const changed = format && writeTraces(format, copies)
    if (format?.write) expect(JSON.parse(changed?.text ?? '')).toEqual(row)
    else expect(changed).toEqual({ text: '', left: traces.length })
  })

  test('is the same as a list, over several lines, with a mark before it and other line ends', async () => {
    const { traces } = await read(`${line}\n`)
    const plain = traces.map(({ origin: _, ...trace }) => trace)
    for (const text of [
      `\uFEFF${line}\r\n\r\n`,
      line,
      JSON.stringify([row]),
      JSON.stringify([row], null, 2),
      `[\n${line}\n]\n`,
      JSON.stringify(row, null, 2),
    ]) {
      for (const size of [1, 3, 1000]) {
        const again = await read(text, size)
        expect(again.bad).toEqual([])
        expect(again.traces.map(({ origin: _, ...trace }) => trace)).toEqual(plain)
      }
    }
  })
})

const ROUND = ['process-bench', 'prm800k', 'math-shepherd', 'trl-stepwise'] as const
test.each(ROUND)('any trace that %s can hold comes back from it', async (id) => {
  const format = traceFormat(id)
  const word = fc.constantFrom('one', '2 + 2', 'x = \\frac{1}{2}', '“quoted”', 'a\tb')
  const traces = fc.array(fc.record({ text: word, label: fc.constantFrom(0 as const, 1 as const) }), {
    minLength: 1,
    maxLength: 5,
  })
  await fc.assert(
    fc.asyncProperty(word, traces, async (problem, marked) => {
      const labels = marked.map(({ label }) => label)
      const first = labels.indexOf(0)
      const trace: Trace = {
        ...{ id: null, answer: null, subset: null, generator: null, scores: null },
        problem,
        steps: marked.map(({ text }) => text),
        labels,
        firstError: first,
        correct: first < 0,
        origin: { format: 'here', line: 1, row: null, index: 0 },
      }
      if (!format) throw new Error('no such format')
      const { text, left } = writeTraces(format, [trace])
      expect(left).toBe(0)
      const [back] = (await read(text)).traces
      expect(back).toMatchObject({ problem, steps: trace.steps, firstError: first })
      if (id !== 'process-bench') expect(back?.labels).toEqual(labels)
    }),
    { numRuns: 50 },
  )
})

test('labels that changed are written, the rest of the row stays', async () => {
  const [trace] = (await read(`${JSON.stringify(SAMPLES.prm800k?.row)}\n`)).traces
  const format = traceFormat('prm800k')
  if (!trace || !format) throw new Error('no trace')
  const { text } = writeTraces(format, [{ ...trace, labels: [1, 1, 1, 0] }])
  const row = structuredClone(SAMPLES.prm800k?.row) as { label: { steps: { completions: { rating: number }[] }[] } }
  const step = row.label.steps[1]?.completions[0]
  if (step) step.rating = 1
  expect(JSON.parse(text)).toEqual(row)
  expect(writeTraces(format, [{ ...trace, labels: [0.3, 1, 1, 0] }])).toEqual({ text: '', left: 1 })
})

describe('rows that are broken in the ways people report', () => {
  const good = JSON.stringify(SAMPLES['process-bench']?.row)
  const change = (id: string, change: object) => JSON.stringify({ ...SAMPLES[id]?.row, ...change })

  test.each([
    ['more labels than steps', 'trl-stepwise', { labels: [true, false, true] }, 'labels', /3 labels, 2 steps/],
    ['null labels', 'trl-stepwise', { labels: [true, null] }, 'labels[1]', /neither true or false/],
    ['Booleans as text', 'trl-stepwise', { labels: ['true', 'false'] }, 'labels[0]', /neither true or false/],
    ['a Boolean as text', 'process-bench', { final_answer_correct: 'True' }, 'final_answer_correct', /true or false/],
    ['a label as text', 'process-bench', { label: '0' }, 'label', /whole number/],
    ['a first error behind the last step', 'process-bench', { label: 2 }, 'label', /one of 2/],
    ['no steps', 'process-bench', { steps: [] }, 'steps', /no steps/],
    ['a step that is null', 'process-bench', { steps: ['a', null] }, 'steps[1]', /not a text/],
    [
      'tags and labels of different numbers',
      'math-shepherd',
      { label: 'Janet has 3 eggs. How many? Step 1: She has 3. +' },
      'label',
      /step 2 is missing/,
    ],
    ['an error step that is not there', 'prm-bench', { error_steps: [4] }, 'error_steps[0]', /the process has 3/],
    [
      'scores of another length',
      'search-and-learn',
      { scores: [[0.1], [0.2]] },
      'scores[0]',
      /one score for each step/,
    ],
    ['fewer lists of scores', 'search-and-learn', { scores: [[0.1, 0.2]] }, 'scores', /1 lists, 2 completions/],
    ['a solution without its answer', 'gsm8k', { answer: 'It is six.' }, 'answer', /####/],
    [
      'a generator without a verdict',
      'gsm8k-solutions',
      { '6B_finetuning': { solution: 'x' } },
      '6B_finetuning.is_correct',
      /true or false/,
    ],
    ['a chance above one', 'omega-tree', { mc_value: 1.5 }, 'mc_value', /./],
  ] as const)('%s', async (_, id, changed, field, message) => {
    const sample = JSON.stringify(SAMPLES[id]?.row)
    const text = `${sample}\n${change(id, changed)}\r\n${sample}\n`
    const { traces, bad } = await read(text)
    expect(bad).toEqual([
      expect.objectContaining({
        place: { file: 'rows.jsonl', line: 2, field },
        message: expect.stringMatching(message),
      }),
    ])
    // The rows around it are all there.
    expect(traces.map(({ origin }) => origin.line)).toEqual(
      (SAMPLES[id]?.traces ?? []).flatMap(() => [1]).concat((SAMPLES[id]?.traces ?? []).flatMap(() => [3])),
    )
    const strict = async () => {
      for await (const _row of readTraces(pieces(text), { file: 'rows.jsonl' }));
    }
    await expect(strict()).rejects.toThrow(/rows\.jsonl, line 2/)
  })

  test('missing ratings are no labels, and no error', async () => {
    const row = structuredClone(SAMPLES.prm800k?.row) as {
      label: { steps: { completions: { rating?: number }[] | null }[] }
    }
    delete row.label.steps[0]?.completions?.[0]?.rating
    const { traces, bad } = await read(`${JSON.stringify(row)}\n`)
    expect(bad).toEqual([])
    expect(traces[0]?.labels).toEqual([null, 'neutral', 1, 0])
    const format = traceFormat('prm800k')
    expect(format && JSON.parse(writeTraces(format, traces).text)).toEqual(row)
  })

  test('lines that are no JSON, or end too soon, are named, and the others are read', async () => {
    const { traces, bad } = await read(
      `${good}\n{"id": "cut", "problem": \n${good}\n[1, 2]\n"text"\n${good.slice(0, -5)}`,
    )
    expect(traces.map(({ origin }) => origin.line)).toEqual([1, 3])
    expect(bad.map(({ place }) => place?.line)).toEqual([2, 4, 5, 6])
  })

  test('rows of no known kind say what there may be', async () => {
    const { bad } = await read('{"foo": 1, "bar": 2}\n')
    expect(bad[0]).toMatchObject({ message: 'The rows are of no known kind', found: 'an object with foo, bar' })
    expect(bad[0]?.expected).toContain('PRM800K')
    await expect(read('\n \n')).rejects.toThrow(/rows\.jsonl: .*no rows/)
  })

  test('a line of ten megabytes is a line', async () => {
    const long = change('process-bench', { steps: ['x'.repeat(10_000_000), 'y'] })
    const { traces, bad } = await read(`${good}\n${long}\n${good}\n`, 65_536)
    expect(bad).toEqual([])
    expect(traces.map(({ steps }) => steps[0]?.length)).toEqual([20, 10_000_000, 20])
  })
})

test('a hundred thousand rows pass through with one at a time in memory', async () => {
  const row = `${JSON.stringify(SAMPLES['process-bench']?.row)}\n`
  async function* many(): AsyncGenerator<string> {
    for (let block = 0; block < 100; block++) yield row.repeat(1000)
  }
  let [rows, last] = [0, 0]
  for await (const { line } of readTraces(many(), { file: 'rows.jsonl' })) {
    rows += 1
    last = line
  }
  expect([rows, last]).toEqual([100_000, 100_000])
})
