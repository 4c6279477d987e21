import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawTensor } from '../engine/testing/node-changed-checkpoint.ts'
import { writeChangedCheckpoint } from '../engine/testing/node-changed-checkpoint.ts'
import type { SearchEvent } from '../search/events.ts'
import { runCommand as run } from './testing/run-command.ts'

/** What models read and say, on the command line: one text, one reading; numbers that are numbers. */

const wasm = ['--backend', 'wasm', '--threads', '1'] as const
const PROBLEM = ['--problem', '3 5 7 2 > 24'] as const
let folder = ''
const at = (name: string): string => join(folder, name)
const write = (name: string, ...rows: readonly object[]): string => {
  writeFileSync(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return at(name)
}
const eventsOf = (out: string): SearchEvent[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-readings-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function tensor(tensors: Map<string, RawTensor>, name: string): Float32Array {
  const { bytes } = tensors.get(name) ?? { bytes: new Uint8Array() }
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

describe('a reward model whose scores are no numbers', () => {
  const steps = ['3*5=15 : 7 2 15', '15+7=22 : 2 22']

  it.each([
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('is named with the step by every command that reads it: %s', async (name, value) => {
    const prm = writeChangedCheckpoint(at(`prm-${name}`), 'countdown-prm', {
      tensors: (all) => tensor(all, 'score.weight').fill(value),
    })
    const rollouts = at(`${name}-rollouts.jsonl`)
    await run('rollout', '--generate', '2', '--difficulty', '3-numbers', '--n', '2', '--out', rollouts, ...wasm)
    const input = write(`${name}-steps.jsonl`, { problem: '3 5 7 2 > 24', steps })
    const commands = [
      ['judge', '--input', rollouts, '--prm', prm],
      ['score', '--input', input, '--model', prm],
      ['search', ...PROBLEM, '--n', '4', '--m', '2', '--prm', prm, '--json'],
      [
        'label',
        '--input',
        rollouts,
        '--method',
        'pairs',
        '--by',
        'prm',
        '--prm',
        prm,
        '--out',
        at(`${name}-pairs.jsonl`),
      ],
    ]
    for (const command of commands) {
      const { code, out, err } = await run(...command, ...wasm)
      expect([command[0], code, err]).toEqual([
        command[0],
        1,
        expect.stringMatching(new RegExp(`score of ".+": prm-${name} gives a number that cannot be used`)),
      ])
      expect(out).not.toContain('null,"pathScore"')
      expect(out).not.toContain('"scores":[null')
    }
  })

  it('stops its training before the first step, naming the example', async () => {
    writeChangedCheckpoint(at('prm-bad'), 'countdown-prm', {
      tensors: (all) => tensor(all, 'score.weight').fill(Number.NaN),
    })
    const row = { prompt: 'Q 3 5 7 2 > 24\n', completions: steps, labels: [true, false] }
    write('stepwise.jsonl', ...Array.from({ length: 10 }, () => row))
    write('process.json', { model: 'prm-bad', steps: 2, batch: 2, data: { source: 'file', file: 'stepwise.jsonl' } })
    const { code, err } = await run(
      'train',
      '--objective',
      'process-reward',
      '--config',
      at('process.json'),
      '--out',
      at('run-bad'),
      ...wasm,
    )
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/score of example .+: The model gives a number that cannot be used/),
    ])
    expect(existsSync(at('run-bad/model'))).toBe(false)
  })

  it('is the policy, too: a search says which step has no log-probability', async () => {
    const policy = writeChangedCheckpoint(at('policy-nan'), 'countdown-policy', {
      tensors: (all) => tensor(all, 'model.norm.weight').fill(Number.NaN),
    })
    const { code, err } = await run(
      'search',
      ...PROBLEM,
      '--strategy',
      'sampling',
      '--n',
      '2',
      '--policy',
      policy,
      ...wasm,
    )
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/log-probability of token 1 .*: policy-nan gives a number that cannot be used/),
    ])
  })
})

describe('one weight that is no number', () => {
  const one = (checkpoint: 'countdown-policy' | 'countdown-prm', value: number) =>
    writeChangedCheckpoint(at(`${checkpoint}-${value}`), checkpoint, {
      tensors: (all) => tensor(all, 'model.layers.1.mlp.down_proj.weight').fill(value, 0, 1),
    })
  const small = { steps: 1, batch: 2, evaluateProblems: 0, data: { source: 'generated', problems: 4 } }

  it('of a policy is found by whatever asks it', async () => {
    const policy = one('countdown-policy', Number.NaN)
    const problems = ['--generate', '2', '--difficulty', '3-numbers']
    const rollouts = ['--input', at('rollouts.jsonl')]
    expect((await run('rollout', ...problems, '--n', '2', '--out', at('rollouts.jsonl'), ...wasm)).code).toBe(0)
    for (const command of [
      ['rollout', ...problems, '--n', '2', '--policy', policy, '--out', at('no-rollouts.jsonl')],
      ['eval', ...problems, '--strategies', 'greedy-decoding,sampling', '--n', '2', '--m', '2', '--policy', policy],
      ['label', ...rollouts, '--method', 'monte-carlo', '--k', '2', '--policy', policy, '--out', at('no-labels.jsonl')],
      ['judge', ...rollouts, '--prm', policy, '--prm-reference', 'public/checkpoints/countdown-policy'],
      ['judge', ...rollouts, '--prm', 'public/checkpoints/countdown-policy', '--prm-reference', policy],
    ]) {
      const { code, out, err } = await run(...command, ...wasm)
      expect([command[0], code, err]).toEqual([
        command[0],
        1,
        expect.stringMatching(/log-probability of token 1 .*countdown-policy-NaN gives a number that cannot be used/),
      ])
      expect(out).not.toContain('null')
    }
  })

  it.each([
    ['grpo', { model: 'countdown-policy-NaN' }, 'the model in training gives a number'],
    ['grpo', { reference: 'countdown-policy-NaN', settings: { beta: 0.1 } }, 'The reference model gives a number'],
    ['ppo', { reference: 'countdown-policy-NaN' }, 'The reference model gives a number'],
    ['dpo', { reference: 'countdown-policy-NaN' }, 'countdown-policy-NaN gives a number'],
    [
      'grpo',
      { rewardModel: 'countdown-prm-Infinity', reward: { process: 1 } },
      'countdown-prm-Infinity gives a number',
    ],
  ])('of a model in a run is found before the first step: %s, %j', async (objective, models, words) => {
    one('countdown-policy', Number.NaN)
    one('countdown-prm', Number.POSITIVE_INFINITY)
    write('run.json', { model: 'countdown-policy', ...small, ...models })
    const paths = ['--config', at('run.json'), '--out', at(`none-${objective}-${words.length}`)]
    const { code, out, err } = await run('train', '--objective', objective, ...paths, ...wasm)
    expect([code, err]).toEqual([1, expect.stringContaining(words)])
    expect(out).not.toContain('"loss"')
  })
})

describe('tokenizers that put a space before a text', () => {
  const bundled = JSON.parse(readFileSync('public/checkpoints/countdown-policy/tokenizer.json', 'utf8'))
  const { ' ': space, ...others } = bundled.model.vocab as Record<string, number>
  const vocab = { ...others, '▁': space }
  const metaspace = (scheme: string) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: false })
  const tokenizer = (parts: object) => ({ ...bundled, model: { ...bundled.model, vocab }, ...parts })
  const legacy = tokenizer({
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
  })
  const withScheme = (scheme: string) =>
    tokenizer({ normalizer: null, pre_tokenizer: metaspace(scheme), decoder: metaspace(scheme) })

  it.each([
    ['never', withScheme('never'), 15],
    ['first', withScheme('first'), 16],
    ['always', withScheme('always'), 16],
    ['legacy', legacy, 16],
  ])('give a prompt what they give a text, and a step goes on without a space: %s', async (name, json, prompt) => {
    const policy = writeChangedCheckpoint(at(`policy-${name}`), 'countdown-policy', {
      files: { 'tokenizer.json': json },
    })
    const args = ['search', ...PROBLEM, '--strategy', 'greedy-decoding', '--step', '3*5=15 : 7 2 15', '--json', ...wasm]
    const { code, out, err } = await run(...args, '--policy', policy)
    expect([code, err]).toEqual([0, ''])
    const [started, given] = eventsOf(out)
    expect(started?.ledger.policy.asked).toBe(prompt)
    const texts = given?.type === 'proposed' ? given.tokens.map(({ text }) => text) : []
    expect(texts.join('')).toBe('3*5=15 : 7 2 15\n')
    expect(texts[0]).toBe('3')
    if (name === 'never') {
      const own = eventsOf((await run(...args)).out)
      const numbers = (events: readonly SearchEvent[]) =>
        events.map((event) => ('logprob' in event ? event.logprob : null))
      expect(numbers(eventsOf(out))).toEqual(numbers(own))
    }
    expect(
      (await run('search', '--problem', '3 5 7 2 > 24', '--step', '3×5', '--policy', policy, ...wasm)).err,
    ).toContain('found "×"')
  })
})

it('a token that the tokenizer’s template puts first is read first, by policies, reward models and training', async () => {
  const bundled = JSON.parse(readFileSync('public/checkpoints/countdown-policy/tokenizer.json', 'utf8'))
  const start = {
    id: 23,
    content: '<s>',
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }
  const single = [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }]
  const json = {
    ...bundled,
    added_tokens: [...bundled.added_tokens, start],
    model: { ...bundled.model, vocab: { ...bundled.model.vocab, '<s>': 23 } },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [23], tokens: ['<s>'] } },
    },
  }
  const changes = {
    config: { bos_token_id: 23, vocab_size: 24 },
    files: { 'tokenizer.json': json },
    tensors: (all: Map<string, RawTensor>) => {
      const embedding = all.get('model.embed_tokens.weight')
      if (embedding === undefined) return
      const [rows = 0, width = 0] = embedding.shape
      embedding.shape = [rows + 1, width]
      const longer = new Uint8Array(embedding.bytes.length + 4 * width)
      longer.set(embedding.bytes)
      embedding.bytes = longer
    },
  }
  const policy = writeChangedCheckpoint(at('begins-policy'), 'countdown-policy', changes)
  const prm = writeChangedCheckpoint(at('begins-prm'), 'countdown-prm', changes)
  const args = ['search', ...PROBLEM, '--n', '2', '--m', '2', '--max-rounds', '1', '--json', ...wasm]
  const [own] = eventsOf((await run(...args)).out)
  const [found] = eventsOf((await run(...args, '--policy', policy, '--prm', prm)).out)
  expect([own?.ledger.policy.asked, found?.ledger.policy.asked]).toEqual([15, 16])
  expect([own?.ledger.reward.asked, found?.ledger.reward.asked]).toEqual([15, 16])

  write('begins.jsonl', { prompt: 'Q 3 5 > 8\n', completion: '3+5=8 : 8\nA 8\n' })
  write('begins.json', {
    model: 'begins-policy',
    steps: 1,
    batch: 1,
    evaluateProblems: 0,
    data: { source: 'file', file: 'begins.jsonl' },
  })
  const trained = await run(
    'train',
    '--objective',
    'sft',
    '--config',
    at('begins.json'),
    '--out',
    at('begins-run'),
    ...wasm,
  )
  expect(trained.out).toContain('"num_tokens":26')
})

describe('special tokens written in a text', () => {
  const completion = '3+5=8 : 8\nA 8'

  it.each([
    ['plain', `${completion}\n`, 25],
    ['no newline', completion, 24],
    ['written', `${completion}<eos>`, 24],
    ['written after the newline', `${completion}\n<eos>`, 25],
  ])('end a completion once in training: %s', async (name, text, tokens) => {
    const run_ = at(`ends ${name}`)
    write(`ends ${name}.jsonl`, { prompt: 'Q 3 5 > 8\n', completion: text })
    write(`ends ${name}.json`, {
      model: 'countdown-policy',
      steps: 1,
      batch: 1,
      evaluateProblems: 0,
      data: { source: 'file', file: `ends ${name}.jsonl` },
    })
    const { out } = await run(
      'train',
      '--objective',
      'sft',
      '--config',
      at(`ends ${name}.json`),
      '--out',
      run_,
      ...wasm,
    )
    expect(out).toContain(`"num_tokens":${tokens}`)
  })

  it('are characters like others, which this vocabulary lacks, in score, search and training', async () => {
    const input = write('special.jsonl', { problem: '3 5 7 2 > 24', steps: ['3*5=15 : 7 2 15<eos>'] })
    expect(await run('score', '--input', input, ...wasm)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/special\.jsonl, line 1: .*vocabulary \(found "<"\)/),
    })
    const searched = await run('search', ...PROBLEM, '--strategy', 'greedy-decoding', '--step', '3*5=15<pad>', ...wasm)
    expect(searched).toMatchObject({ code: 1, err: expect.stringContaining('found "<"') })
    write('inside.jsonl', { prompt: 'Q 3 5 > 8\n', completion: '3+5=8 : 8<pad>\nA 8\n' })
    write('inside.json', {
      model: 'countdown-policy',
      steps: 1,
      batch: 1,
      evaluateProblems: 0,
      data: { source: 'file', file: 'inside.jsonl' },
    })
    const trained = await run(
      'train',
      '--objective',
      'sft',
      '--config',
      at('inside.json'),
      '--out',
      at('inside'),
      ...wasm,
    )
    expect(trained).toMatchObject({ code: 1, err: expect.stringContaining('found "<"') })
  })
})

it('score, search and training read a reward model’s steps alike, whatever ends them', async () => {
  const bundled = JSON.parse(readFileSync('public/checkpoints/countdown-prm/stepscope.json', 'utf8'))
  const prm = writeChangedCheckpoint(at('two-newlines'), 'countdown-prm', {
    files: { 'stepscope.json': { ...bundled, score_at: '\n\n', step_end: '\n\n' } },
  })
  const steps = ['3*5=15 : 7 2 15', '15+7=22 : 2 22']
  const input = write('two.jsonl', { problem: '3 5 7 2 > 24', steps })
  const scores: number[] = JSON.parse((await run('score', '--model', prm, '--input', input, ...wasm)).out).scores
  // By the logits after two newlines, computed apart; after three they would be 0.091 for the second.
  expect(scores.map((score) => score.toFixed(4))).toEqual(['0.2069', '0.2262'])
  const given = steps.flatMap((step) => ['--step', step])
  const searched = eventsOf(
    (await run('search', ...PROBLEM, '--n', '2', '--m', '2', '--prm', prm, '--json', ...given, ...wasm)).out,
  )
  expect(searched.flatMap((event) => (event.type === 'scored' ? [event.score] : [])).slice(0, 2)).toEqual(scores)
})

it('an empty step is a step to score and to training', async () => {
  const steps = ['4+6=10 : 2 10', '', 'A 20']
  const input = write('empty-step.jsonl', { problem: '4 6 2 > 20', steps })
  const { code, out } = await run('score', '--input', input, ...wasm)
  expect([code, JSON.parse(out).scores]).toEqual([0, [expect.any(Number), expect.any(Number), expect.any(Number)]])
  const several = write(
    'several.jsonl',
    { problem: '4 6 2 > 20', steps: ['4+6=10 : 2 10\n'] },
    { problem: '4 6 2 > 20', steps: ['a\nb'] },
  )
  expect((await run('score', '--input', several, ...wasm)).err).toMatch(/several\.jsonl, line 2, steps\[0\]: /)
})

describe('searches that must agree', () => {
  const args = (strategy: string) => [
    'search',
    '--problem',
    '4 3 6 8 > 40',
    '--strategy',
    ...strategy.split(' '),
    '--json',
    ...wasm,
  ]
  const endOf = async (strategy: string) => {
    const last = eventsOf((await run(...args(strategy))).out).at(-1)
    return last?.type === 'finished' ? [last.response, last.answer] : last
  }

  it('one sample is one sample by every strategy', async () => {
    for (const seed of [1, 2, 3]) {
      const ends = [
        'sampling --n 1',
        'best-of-n --n 1',
        'greedy-tree --m 1',
        'beam --n 1 --m 1',
        'lookahead --lookahead 0 --n 1 --m 1',
      ]
      const found = await Promise.all(ends.map((strategy) => endOf(`${strategy} --seed ${seed}`)))
      for (const end of found) expect(end).toEqual(found[0])
    }
  })

  it('without temperature all follow greedy decoding, and the aggregation does not matter to one path', async () => {
    const greedy = await endOf('greedy-decoding')
    const cold = ['sampling --n 4', 'best-of-n --n 4', 'greedy-tree --m 4', 'beam --n 8 --m 4']
    for (const strategy of cold) expect(await endOf(`${strategy} --temperature 0`)).toEqual(greedy)
    expect(await endOf('sampling --n 1 --top-k 1')).toEqual(greedy)
    const aggregations = ['last', 'min', 'product', 'mean', 'sum-log-odds']
    const found = await Promise.all(aggregations.map((name) => endOf(`best-of-n --n 1 --seed 2 --aggregation ${name}`)))
    for (const end of found) expect(end).toEqual(found[0])
  })

  it('what cannot be divided is refused by name, and a limit ends with a sentence', async () => {
    expect(await run('search', '--problem', '4 3 6 8 > 40', '--n', '6', '--m', '4', ...wasm)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/\bn\b/),
    })
    const cut = await run('search', '--problem', '4 3 6 8 > 40', '--n', '4', '--m', '2', '--max-rounds', '1', ...wasm)
    expect([cut.code, cut.out]).toEqual([0, expect.stringContaining('No path finished within 1 round')])
  })
})

describe('reward models of other projects', () => {
  const folderOf = (name: string) => `tests/fixtures/readings/${name}`
  const expectedRows = (name: string): readonly Record<string, unknown>[] =>
    JSON.parse(readFileSync(`${folderOf(name)}/expected.json`, 'utf8')).rows

  it.each([
    ['two-labels-blank-line', ['--reading', 'two-labels', '--separator', '\\n\\n']],
    ['two-labels-newline', ['--reading', 'two-labels', '--separator', '\n']],
    ['two-layer-head-extra-token', []],
    ['value-head-at-newline', ['--reading', 'value-head']],
    ['candidate-tokens-at-step-tag', ['--reading', 'step-tag']],
    ['candidate-tokens-in-chat-turns', ['--reading', 'chat-turns']],
    ['outcome-in-chat', []],
  ])('are scored as their reading says: %s %j', async (name, reading) => {
    const rows = expectedRows(name)
    const input = write(`${name}.jsonl`, ...rows.map(({ problem, steps }) => ({ problem, steps })))
    const args = ['score', '--model', folderOf(name), '--task', 'maths', '--input', input, '--tokens', ...reading]
    const { code, out, err } = await run(...args, ...wasm)
    expect([code, err]).toEqual([0, ''])
    const scored = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(scored).toEqual(
      rows.map(({ problem, steps, ids, positions, scores, reward }) => ({
        problem,
        steps,
        scores: (scores as number[]).map((score) => expect.closeTo(score, 4)),
        ...(reward === undefined ? {} : { reward: expect.closeTo(reward as number, 4) }),
        token_ids: ids,
        positions,
      })),
    )
  })

  it('say what is missing, and what does not fit', async () => {
    const input = write('steps.jsonl', { problem: 'What is 2 + 2?', steps: ['2 + 2 = 4.'] })
    const score = (...more: string[]) => run('score', '--task', 'maths', '--input', input, ...more, ...wasm)
    const model = ['--model', folderOf('two-labels-newline')]
    expect((await score(...model)).err).toMatch(/score_at: The field is missing/)
    expect((await score(...model, '--reading', 'step-tag')).err).toMatch(/config\.json, architectures: /)
    const implicit = await score(...model, '--reading', 'implicit')
    expect([implicit.code, implicit.err]).toEqual([2, expect.stringContaining('needs --prm-reference')])
    const both = await score(...model, '--reading', 'two-labels', '--prm-reference', folderOf('two-labels-newline'))
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('is for --reading implicit')])
  })

  it('are two language models, one read against the other', async () => {
    const policy = 'public/checkpoints/countdown-policy'
    const input = write('countdown.jsonl', { problem: '3 5 7 2 > 24', steps: ['3*5=15 : 7 2 15'] })
    const args = ['score', '--input', input, '--model', policy, '--reading', 'implicit', '--prm-reference', policy]
    const { code, out, err } = await run(...args, '--tokens', ...wasm)
    expect([code, err]).toEqual([0, ''])
    const [row] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    // A model does not differ from itself.
    expect(row.scores).toEqual([expect.closeTo(0.5, 6)])
    expect(row.positions).toEqual([row.token_ids.length - 1])
  })
})

describe('judge on data sets', () => {
  const FOLDER = 'tests/fixtures/readings/value-head-at-newline'
  const rows: readonly { problem: string; steps: string[]; scores: number[] }[] = JSON.parse(
    readFileSync(`${FOLDER}/expected.json`, 'utf8'),
  ).rows
  // Of the scores that PyTorch gives, by hand: .77 .17 .61 .82 | .70 .74 | .82 .75, read below 0.72.
  const labels = [1, -1, 0]
  const bench = (label: number, index: number) => ({
    id: `${index < 2 ? 'gsm8k' : 'math'}-${index}`,
    generator: 'a model',
    problem: rows[index]?.problem,
    steps: rows[index]?.steps,
    final_answer_correct: label < 0,
    label,
  })
  const judge = (input: string, ...more: string[]) => run('judge', '--prm', FOLDER, '--input', input, ...more, ...wasm)

  it('gives ProcessBench’s numbers, at any threshold', async () => {
    const input = write('bench.jsonl', ...labels.map(bench))
    const at = async (threshold: number) => {
      const { code, out, err } = await judge(input, '--json', '--threshold', String(threshold))
      expect([code, err]).toEqual([0, ''])
      return JSON.parse(out)
    }
    expect(await at(0.72)).toMatchObject({
      threshold: 0.72,
      subsets: [
        { subset: 'gsm8k', wrong: 1, right: 1, errorAccuracy: 1, correctAccuracy: 0, f1: 0 },
        { subset: 'math', wrong: 1, right: 0, errorAccuracy: 0, correctAccuracy: null, f1: null },
      ],
      averageF1: null,
      places: { exact: 1, early: 0, late: 0, missed: 1, kept: 0, falseAlarms: 1 },
    })
    expect(await at(0.5)).toMatchObject({ subsets: [{ f1: 1 }, { errorAccuracy: 0 }], places: { kept: 1 } })
    const { out } = await judge(input)
    expect(out).toMatch(/gsm8k +1 +1 +1\.000 +1\.000 +1\.000\n/)
    expect(out).toContain('1 found exactly, 0 called too early, 0 too late, 1 called right')
  })

  it('reads other projects’ rows to the same numbers', async () => {
    const stepwise = labels.map((label, index) => ({
      prompt: rows[index]?.problem,
      completions: rows[index]?.steps,
      labels: rows[index]?.steps.map((_, step) => label < 0 || step < label),
    }))
    const one = await judge(write('stepwise-bench.jsonl', ...stepwise), '--json')
    const bare = labels.map((label, index) => ({ ...bench(label, index), id: null }))
    const other = await judge(write('bare-bench.jsonl', ...bare), '--json')
    expect(JSON.parse(one.out)).toEqual(JSON.parse(other.out))
  })

  it('names a row that cannot be read, and leaves it out on request', async () => {
    const input = write('broken-bench.jsonl', bench(1, 0), { ...bench(-1, 1), label: null }, bench(0, 2))
    const refused = await judge(input)
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/broken-bench\.jsonl, line 2, label: /)])
    const { code, out, err } = await judge(input, '--leave-out')
    expect([code, err]).toEqual([0, expect.stringMatching(/line 2, label: .* It is left out\./)])
    expect(out).toContain('1 rows that cannot be read are left out.')
  })
})

describe('training a reward model of another project', () => {
  it.each([
    ['value-head-at-newline', { reading: 'value-head' }],
    ['two-labels-blank-line', { reading: 'two-labels', score_at: '\n\n' }],
  ])('it is trained as it is read, and its export is read so: %s', async (name, manifest) => {
    const source = `tests/fixtures/readings/${name}`
    const model = at(`trained-${name}`)
    cpSync(source, model, { recursive: true })
    writeFileSync(join(model, 'stepscope.json'), JSON.stringify({ role: 'process-reward-model', ...manifest }))
    const rows: readonly { problem: string; steps: string[] }[] = JSON.parse(
      readFileSync(`${source}/expected.json`, 'utf8'),
    ).rows
    const data = write(
      `${name}-stepwise.jsonl`,
      ...[...rows, ...rows, ...rows].map(({ problem, steps }) => ({
        prompt: problem,
        completions: steps,
        labels: steps.map((_, index) => index % 2 === 0),
      })),
    )
    const recipe = {
      model,
      task: 'maths',
      steps: 30,
      batch: 3,
      optimizer: { learningRate: 0.01, warmupSteps: 0 },
      evaluateProblems: 0,
      data: { source: 'file', file: data },
    }
    write(`${name}.json`, recipe)
    const out = at(`run-${name}`)
    const trained = await run(
      'train',
      '--objective',
      'process-reward',
      '--config',
      at(`${name}.json`),
      '--out',
      out,
      ...wasm,
    )
    expect([trained.code, trained.err]).toEqual([0, expect.stringContaining('the trained model is in')])
    const input = write(`${name}-lines.jsonl`, ...rows.map(({ problem, steps }) => ({ problem, steps })))
    const args = ['score', '--model', join(out, 'model'), '--task', 'maths', '--input', input, '--tokens', ...wasm]
    const scored = await run(...args)
    expect([scored.code, scored.err]).toEqual([0, ''])
    for (const [index, line] of scored.out.trim().split('\n').entries()) {
      const { scores, token_ids: ids } = JSON.parse(line)
      expect(ids).toEqual((rows[index] as unknown as { ids: number[] }).ids)
      // What it was taught, read where it is read.
      expect(scores.map((score: number) => score > 0.5)).toEqual(
        scores.map((_: number, step: number) => step % 2 === 0),
      )
    }
  })
})

describe('convert', () => {
  const shepherd = {
    input: '2 + 2? Step 1: It is 4. ки\nStep 2: So 5. ки',
    label: '2 + 2? Step 1: It is 4. +\nStep 2: So 5. -',
    task: 'GSM8K',
  }

  it('turns rows of one project into another’s', async () => {
    const input = write('shepherd.jsonl', shepherd, shepherd)
    const { code, out, err } = await run('convert', '--input', input, '--to', 'trl-stepwise', '--out', at('trl.jsonl'))
    expect([code, out, err]).toEqual([0, '2 rows of TRL, stepwise from 2 traces\n', ''])
    const [row] = readFileSync(at('trl.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(row ?? '')).toEqual({
      prompt: '2 + 2?',
      completions: ['It is 4.', 'So 5.'],
      labels: [true, false],
    })
  })

  it('names what cannot be read, and what cannot be held', async () => {
    const input = write('shepherd-broken.jsonl', shepherd, { ...shepherd, label: '2 + 2? Step 1: It is 4. +' })
    const args = ['convert', '--input', input, '--to', 'process-bench', '--out', at('bench-from.jsonl')]
    expect((await run(...args)).err).toMatch(/shepherd-broken\.jsonl, line 2, label: /)
    expect(existsSync(at('bench-from.jsonl'))).toBe(false)
    const { code, out, err } = await run(...args, '--leave-out')
    expect([code, out, err]).toEqual([
      0,
      '1 rows of ProcessBench from 1 traces\n',
      expect.stringContaining('It is left out.'),
    ])
    const unlabelled = write('questions.jsonl', { question: 'How?', answer: 'So.\n#### 1' })
    const none = await run('convert', '--input', unlabelled, '--to', 'process-bench', '--out', at('none.jsonl'))
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringContaining('No trace of the file can be written as ProcessBench'),
    ])
  })
})
