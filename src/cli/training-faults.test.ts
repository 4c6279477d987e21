import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

/** Recipes and rows as people gave them. */
const FAULTS = 'tests/fixtures/faults'
const BUNDLED = 'public/checkpoints/countdown-policy/model.safetensors'
const folder = mkdtempSync(join(tmpdir(), 'stepscope-faults-'))
const wasm = ['--backend', 'wasm', '--threads', '1'] as const
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

function train(objective: string, config: string, out: string, ...more: string[]) {
  return run('train', '--objective', objective, '--config', config, '--out', at(out), ...wasm, ...more)
}

function metricsOf(out: string): Record<string, number>[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('LoRA targets', () => {
  const recipe = (name: string) => `${FAULTS}/02-lora-targets-that-match-nothing/${name}.json`

  it.each([
    ['other-family', 'query_key_value, dense'],
    ['typo', 'o_porj'],
  ])('of %s that match no module are refused before anything is trained', async (name, unmatched) => {
    const { code, out, err } = await train('sft', recipe(name), `targets-${name}`)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain(`${name}.json, method.targets: The model has no module`)
    expect(err).toContain(`found ${unmatched})`)
    expect(err).toContain('expected q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, or all-linear')
  })

  it('all-linear is all seven, written out in the adapter', async () => {
    expect((await train('sft', recipe('all-linear'), 'targets-all')).code).toBe(0)
    const config = JSON.parse(readFileSync(at('targets-all/adapter/adapter_config.json'), 'utf8'))
    const seven = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
    expect(config.target_modules).toEqual(seven)
    const header = readFileSync(at('targets-all/adapter/adapter_model.safetensors')).toString('latin1')
    for (const name of seven) expect(header).toMatch(new RegExp(`layers\\.0\\.[a-z_]+\\.${name}\\.lora_A\\.weight`))
  })
})

describe('going on', () => {
  const recipe = (name: string) => `${FAULTS}/08-resume-with-another-recipe/${name}.json`
  beforeAll(async () => {
    expect((await train('sft', recipe('first'), 'first')).code).toBe(0)
  })

  it.each([
    ['other-data', 'sft', 'data.difficulties', '["4-numbers"]'],
    ['other-rate', 'sft', 'optimizer.learningRate', '0.03'],
    ['other-seed', 'sft', 'seed', '4'],
    ['shorter', 'sft', 'steps', '2'],
    ['other-method', 'sft', 'method.kind', '"low-rank"'],
    ['first', 'dpo', 'objective', '"dpo"'],
  ])('with %s under %s is refused by the first field that differs', async (name, objective, field, found) => {
    const out = `resumed-${name}-${objective}`
    cpSync(at('first'), at(out), { recursive: true })
    const { code, err } = await train(objective, recipe(name), out, '--resume')
    expect(code).toBe(2)
    expect(err).toContain(`${name}.json, ${field}: The run was begun with another recipe`)
    expect(err).toContain(`found ${found})`)
    expect(existsSync(at(`${out}/run/save-00000006.json`))).toBe(false)
  })

  it('with an objective in the recipe that is not --objective is refused', async () => {
    const { code, err } = await train('sft', recipe('names-dpo'), 'conflict')
    expect(code).toBe(2)
    expect(err).toContain('names-dpo.json, objective: The recipe is for another objective than --objective')
    expect(existsSync(at('conflict'))).toBe(false)
  })

  it('with more steps goes on, and the card tells which steps had which recipe', async () => {
    cpSync(at('first'), at('grown'), { recursive: true })
    const grown = { ...JSON.parse(readFileSync(recipe('first'), 'utf8')), steps: 6, saveEvery: 3 }
    writeFileSync(at('grown.json'), JSON.stringify(grown))
    const { code, out } = await train('sft', at('grown.json'), 'grown', '--resume')
    expect(code).toBe(0)
    expect(metricsOf(out).flatMap(({ step, loss }) => (loss === undefined ? [] : [step]))).toEqual([5, 6])
    const card = readFileSync(at('grown/model/card.md'), 'utf8')
    expect(card).toContain('6 of 6 steps')
    expect(card).toContain('Steps 1 to 4 were made with an earlier recipe (other steps, saveEvery):')
    expect(card).toMatch(/Data: 12 rows of generated problems, 0 held out; SHA-256 [0-9a-f]{64}\./)
  })

  it('takes up made data only where it was made from the same recipe and is whole', async () => {
    // Killed before its first save.
    cpSync(at('first'), at('early'), { recursive: true })
    for (const part of ['json', 'weights.safetensors', 'first.safetensors', 'second.safetensors', 'history.json'])
      rmSync(at(`early/run/save-00000004.${part}`))
    for (const part of ['json', 'weights.safetensors', 'first.safetensors', 'second.safetensors', 'history.json'])
      rmSync(at(`early/run/save-00000002.${part}`))
    const kept = readFileSync(at('early/run/data.jsonl'), 'utf8')
    writeFileSync(at('early/run/data.jsonl'), kept.slice(0, -20))
    expect((await train('sft', recipe('first'), 'early', '--resume')).code).toBe(0)
    expect(readFileSync(at('early/run/data.jsonl'), 'utf8')).toBe(kept)
  })

  it('with a data file of other rows under the same name is refused', async () => {
    const rows = readFileSync(`${FAULTS}/02-lora-targets-that-match-nothing/sft.jsonl`, 'utf8')
    const config = at('from-file.json')
    const base = { model: 'countdown-policy', steps: 1, batch: 2, evaluateProblems: 0 }
    const write = (steps: number) =>
      writeFileSync(config, JSON.stringify({ ...base, steps, data: { source: 'file', file: 'rows.jsonl' } }))
    write(1)
    writeFileSync(at('rows.jsonl'), rows)
    expect((await train('sft', config, 'from-file')).code).toBe(0)
    write(2)
    writeFileSync(at('rows.jsonl'), `${rows}${rows}`)
    const { code, err } = await train('sft', config, 'from-file', '--resume')
    expect(code).toBe(2)
    expect(err).toContain('rows.jsonl, data.file: The data file is not the one that the run was begun with')
    writeFileSync(at('rows.jsonl'), rows)
    expect((await train('sft', config, 'from-file', '--resume')).code).toBe(0)
  })
})

describe('rows', () => {
  const recipe = (name: string) => `${FAULTS}/04-row-the-vocabulary-cannot-write/${name}.json`

  it.each([
    ['sft', 'sft.jsonl, line 5, prompt: '],
    ['process-reward', 'stepwise.jsonl, line 4, completions[2]: '],
    ['dpo', 'preference.jsonl, line 3, chosen: '],
  ])('of %s that the vocabulary cannot write are named by line and field', async (objective, place) => {
    const { code, out, err } = await train(objective, recipe(objective), `vocabulary-${objective}`)
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toContain(place)
  })

  const OTHER = `${FAULTS}/24-rows-of-other-data-sets`
  /** Where `expected.tsv` names a line, a field, or something found. */
  const PLACES: Readonly<Record<string, string>> = {
    'preference-messages': 'line 1, prompt: Expected a text; lists of messages',
    'preference-implicit-prompt': 'line 1, prompt: The field is missing',
    'preference-same': 'line 2, rejected: ',
    'unpaired-int': 'line 1, label: The label is not true or false (found 1)',
    'unpaired-text': 'line 1, label: The label is not true or false (found "True")',
    'stepwise-signs': 'line 1, labels[2]: Too small: expected number to be >=0 (found -1)',
    'stepwise-null': 'line 1, labels[1]: ',
    'stepwise-short-labels': 'line 2, labels: There must be one label for each step: 2 labels, 3 steps',
    'stepwise-text-labels': 'line 1, labels[0]: A label is neither true or false nor a number from 0 to 1 (found "+")',
    'stepwise-nan': 'line 1: The line is not JSON: it breaks at column 104',
    'math-shepherd': 'line 1, prompt: The field is missing',
    prm800k: 'line 1, prompt: The field is missing',
    processbench: 'line 1, prompt: The field is missing',
    'sft-text-only': 'line 1, prompt: The field is missing',
    'sft-messages': 'line 1, prompt: The field is missing',
    'sft-array-file': 'line 1: The file is a JSON list, not JSON Lines (expected one object a line',
    'sft-line-separator': 'line 2, completion: The text cannot be written',
    'sft-empty-prompt': 'line 2, prompt: The text is empty',
    'sft-long': 'line 3, completion: The example is too long (expected at most 128 tokens (maxTokens)',
    empty: 'The file holds no rows',
  }
  const cases = readFileSync(`${OTHER}/expected.tsv`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [name: string, expected: 'refused' | 'runs', what: string])

  it.each(cases)('of other data sets: %s is %s (%s)', async (name, expected) => {
    const config = `${OTHER}/${name}.json`
    const { objective } = JSON.parse(readFileSync(config, 'utf8'))
    const { code, out, err } = await train(objective, config, `rows-${name}`)
    if (expected === 'runs') {
      expect(code, err).toBe(0)
      // A new head says the same of both.
      if (name === 'preference-ties-ranked') expect(metricsOf(out)[1]).toMatchObject({ step: 1, accuracy: 0 })
      return
    }
    expect(code).toBe(1)
    expect(out).toBe('')
    const place = PLACES[name]
    expect(place).toBeDefined()
    expect(err).toMatch(name === 'empty' ? /^stepscope: empty\.jsonl: / : new RegExp(`^stepscope: ${name}\\.jsonl, `))
    expect(err).toContain(place)
  })

  it.each([
    ['problems-nums', /problems-nums\.jsonl, line 1, numbers: .*"numbers": \[3, 5, 7, 2\], "target": 24/],
    ['problems-text-target', /problems-text-target\.jsonl, line 1, target: .*found "24"\)/],
  ])('of problems: %s is refused by line, with the fields that are wanted', async (name, message) => {
    const { code, err } = await run(
      ...['eval', '--problems', `${OTHER}/${name}.jsonl`, '--strategies', 'greedy-decoding', ...wasm],
    )
    expect(code).toBe(1)
    expect(err).toMatch(message)
  })
})

describe('held-out rows', () => {
  const recipe = (name: string) => `${FAULTS}/10-held-out-rows/${name}.json`

  it('of a sorted file are every tenth: both kinds are among them', async () => {
    const { code, out } = await train('process-reward', recipe('prm'), 'held-prm')
    expect(code).toBe(0)
    const [first, step, last] = metricsOf(out)
    expect(first).toMatchObject({ step: 0, 'eval/auc': 0.5 })
    expect(last).toHaveProperty('eval/auc')
    // Row 19, the one of label 0 that is left, is trained on.
    expect(step).toHaveProperty('auc')
  })

  it('of pairs are looked at, and compared with the model before', async () => {
    const { code, out } = await train('dpo', recipe('dpo'), 'held-dpo')
    expect(code).toBe(0)
    const [first, , last] = metricsOf(out)
    expect(first).toMatchObject({ 'eval/rewards/margins': 0, 'eval/rewards/accuracies': 0 })
    expect(last?.['eval/loss']).not.toBe(first?.['eval/loss'])
    expect(readFileSync(at('held-dpo/model/card.md'), 'utf8')).toContain('18 rows of the file pairs.jsonl, 2 held out')
  })
})

describe('samples that all earn the same', () => {
  const recipe = (name: string) => `${FAULTS}/26-grpo-without-any-signal/${name}.json`
  const weights = (file: string) => readFileSync(file)

  it.each([
    ['all-cut', 'grpo', 1],
    ['one-sample', 'grpo', 0],
    ['decay', 'grpo', 1],
    ['ppo-all-cut', 'ppo', 1],
  ])('%s: %s says so in its metrics, and moves no weight', async (name, objective, cut) => {
    const { code, out } = await train(objective, recipe(name), name)
    expect(code).toBe(0)
    const steps = metricsOf(out).filter((metrics) => 'loss' in metrics)
    expect(steps).toHaveLength(2)
    for (const metrics of steps) {
      expect(Object.values(metrics).every(Number.isFinite)).toBe(true)
      expect(metrics).toMatchObject({ loss: 0, grad_norm: 0, 'completions/clipped_ratio': cut })
      if (objective === 'grpo') expect(metrics.frac_reward_zero_std).toBe(1)
    }
    const trained = weights(at(`${name}/model/model.safetensors`))
    const before = weights(BUNDLED)
    const tensors = (file: Buffer) => file.subarray(8 + Number(file.readBigUInt64LE(0)))
    expect(tensors(trained).length).toBe(tensors(before).length)
    expect(tensors(trained).equals(tensors(before))).toBe(true)
  })

  it('a recipe without any reward is refused', async () => {
    const { code, err } = await train('grpo', recipe('no-reward'), 'no-reward')
    expect(code).toBe(2)
    expect(err).toContain('no-reward.json, reward.verifier: Every reward has a weight of 0')
  })
})

describe('a pass that does not fit the device', () => {
  it('names the field that helps', async () => {
    const base = { model: 'countdown-policy', steps: 1, evaluateProblems: 0, passTokens: 1_000_000 }
    writeFileSync(at('large.json'), JSON.stringify({ ...base, data: { source: 'generated', problems: 4 } }))
    const { code, err } = await train('sft', at('large.json'), 'large')
    expect(code).not.toBe(0)
    expect(err).toContain('large.json, passTokens: ')
    expect(err).toMatch(/bytes.*Lower passTokens \(1000000 now\)/)
  })
})

describe('a data file of 200,000 rows', () => {
  it('is looked at row by row: a wrong one at its end is named before the model is loaded', async () => {
    const row = (text: string) =>
      `{"prompt": "Q 1 2 3 > 6\\n", "completions": ["1+2=3 : 3 3", "${text}"], "labels": [1, 1]}\n`
    writeFileSync(at('many.jsonl'), `${row('3+3=6 : 6').repeat(199_999)}\n${row('six')}`)
    const recipe = { model: 'countdown-policy', steps: 1, data: { source: 'file', file: 'many.jsonl' } }
    writeFileSync(at('many.json'), JSON.stringify(recipe))
    const { code, out, err } = await train('process-reward', at('many.json'), 'many')
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toContain('many.jsonl, line 200001, completions[1]: The text cannot be written')
    expect(err).not.toContain('from step')
  })
})
