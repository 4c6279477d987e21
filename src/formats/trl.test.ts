import { describe, expect, it } from 'vitest'
import type { RowFormat } from './json-lines.ts'
import { readRows, writeRows } from './json-lines.ts'
import { OMEGA_FORMAT } from './omega-file.ts'
import { PREFERENCE_FORMAT, SFT_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from './trl.ts'

/** Lines as TRL's documentation and its data sets have them. */
const SAMPLES = {
  sft: '{"prompt": "The sky is", "completion": " blue."}\n',
  preference: '{"prompt": "The sky is", "chosen": " blue.", "rejected": " green."}\n',
  unpaired: '{"prompt": "The sky is", "completion": " blue.", "label": true}\n',
  stepwise:
    '{"prompt": "Which number is larger, 9.8 or 9.11?", "completions": ["The fractional part of 9.8 is 0.8.", "0.11 is greater than 0.8."], "labels": [true, false]}\n' +
    '{"prompt":"Q 3 5 7 2 > 24\\n","completions":["3*5=15 : 7 2 15","15+7=22 : 2 22"],"labels":[0.875,1],"source":{"seed":7}}\n',
}

describe('TRL’s data sets', () => {
  it('are read as they are, other columns passed over, and written again', () => {
    const rows = readRows(STEPWISE_FORMAT, SAMPLES.stepwise, 'a.jsonl')
    expect(rows.map(({ labels }) => labels)).toEqual([
      [true, false],
      [0.875, 1],
    ])
    expect(rows[1]).not.toHaveProperty('source')
    const formats: [RowFormat<object>, string][] = [
      [SFT_FORMAT, SAMPLES.sft],
      [PREFERENCE_FORMAT, SAMPLES.preference],
      [UNPAIRED_FORMAT, SAMPLES.unpaired],
      [STEPWISE_FORMAT, SAMPLES.stepwise],
    ]
    for (const [format, text] of formats) {
      const read = readRows(format, text, 'a.jsonl')
      const lines = text.trimEnd().split('\n')
      expect(read).toEqual(lines.map((line) => ({ ...(JSON.parse(line) as object), source: undefined })))
      expect(readRows(format, writeRows(read), 'b.jsonl')).toEqual(read)
    }
  })

  it('has empty steps where a model wrote empty lines', () => {
    const row = { prompt: 'a', completions: ['', 'b'], labels: [0, 1] }
    expect(readRows(STEPWISE_FORMAT, writeRows([row]), 'a.jsonl')).toEqual([row])
  })

  it.each([
    ['{"prompt": "a"}', SFT_FORMAT, 'x.jsonl, line 3, completion: '],
    ['{"prompt": "a", "completion": ["b"]}', SFT_FORMAT, 'x.jsonl, line 3, completion: '],
    ['{"prompt": "", "completion": "b"}', SFT_FORMAT, 'x.jsonl, line 3, prompt: The text is empty'],
    ['{"prompt": "a", "completion": "b"', SFT_FORMAT, 'x.jsonl, line 3: The line is not JSON'],
    ['["a", "b"]', SFT_FORMAT, 'x.jsonl, line 3: '],
    [
      '{"prompt": "a", "chosen": "b", "rejected": "b"}',
      PREFERENCE_FORMAT,
      'x.jsonl, line 3, rejected: The rejected text is the chosen',
    ],
    [
      '{"prompt": "a", "completion": "b", "label": 1}',
      UNPAIRED_FORMAT,
      'x.jsonl, line 3, label: The label is not true or false',
    ],
    [
      '{"prompt": "a", "completions": [], "labels": []}',
      STEPWISE_FORMAT,
      'x.jsonl, line 3, completions: There are no steps',
    ],
    [
      '{"prompt": "a", "completions": ["b", "c"], "labels": [true]}',
      STEPWISE_FORMAT,
      'x.jsonl, line 3, labels: There must be one label for each step: 1 labels, 2 steps',
    ],
    [
      '{"prompt": "a", "completions": ["b"], "labels": [1.5]}',
      STEPWISE_FORMAT,
      'x.jsonl, line 3, labels[0]: Too big: expected number to be <=1 (found 1.5)',
    ],
    ['{"prompt": "a", "completions": ["b"], "labels": ["+"]}', STEPWISE_FORMAT, 'x.jsonl, line 3, labels[0]: '],
    [
      '{"text": "a", "mc_value": 0.5, "children": [{"text": "b"}]}',
      OMEGA_FORMAT,
      'x.jsonl, line 3, children[0].mc_value: ',
    ],
  ] as const)('%s is refused by file, line and field', (line, format, message) => {
    const good = {
      [SFT_FORMAT.example]: SAMPLES.sft,
      [PREFERENCE_FORMAT.example]: SAMPLES.preference,
      [UNPAIRED_FORMAT.example]: SAMPLES.unpaired,
      [STEPWISE_FORMAT.example]: SAMPLES.stepwise.split('\n')[0],
      [OMEGA_FORMAT.example]: OMEGA_FORMAT.example,
    }[format.example]
    const text = `${good?.trimEnd()}\n\n${line}\n`
    expect(() => readRows<object>(format, text, 'x.jsonl')).toThrow(message)
    expect(() => readRows<object>(format, text, 'x.jsonl')).toThrow('Write every line as ')
  })

  it('without rows are refused', () => {
    expect(() => readRows(SFT_FORMAT, ' \n\n', 'x.jsonl')).toThrow('x.jsonl: The file holds no rows. Write every line')
  })
})
