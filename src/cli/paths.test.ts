import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

const MODEL = 'public/checkpoints/countdown-policy'
const CASE = 'tests/fixtures/train/sft'
const cpu = ['--backend', 'cpu'] as const
let folder = ''
const at = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-paths-'))
  const rollouts = readFileSync('tests/fixtures/earlier/data/rollouts.jsonl', 'utf8')
  writeFileSync(at('rollouts.jsonl'), rollouts)
  writeFileSync(at('steps.jsonl'), '{"problem":"3 5 7 2 > 24","steps":["3*5=15 : 7 2 15"]}\n')
  writeFileSync(at('problems.jsonl'), '{"numbers":[3,5,7,2],"target":24}\n')
  writeFileSync(at('ids.json'), '[[1,2]]')
  writeFileSync(at('recipe.json'), '{"model":"countdown-policy"}')
  mkdirSync(at('folder'))
  writeFileSync(at('plain'), 'x')
  writeFileSync(at('empty'), '')
  writeFileSync(at('zeros'), new Uint8Array(1000))
  writeFileSync(at('mark'), '\uFEFF')
  symlinkSync(at('loop'), at('loop'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Each command with what it needs besides one path. */
function commandOf(name: string): string[] {
  const own: Readonly<Record<string, string[]>> = {
    eval: ['--strategies', 'greedy-decoding'],
    rollout: ['--n', '1'],
    label: ['--method', 'exact'],
    train: ['--objective', 'sft'],
  }
  return [name, ...(own[name] ?? []), ...cpu]
}

describe('a file or folder that is read', () => {
  const files = [
    ['eval', 'problems', []],
    ['rollout', 'problems', ['--out', 'x']],
    ['label', 'input', ['--out', 'x']],
    ['judge', 'input', []],
    ['score', 'input', []],
    ['logits', 'ids', ['--model', MODEL, '--out', 'x']],
    ['train', 'config', ['--out', 'x']],
  ] as const
  const bad = [
    ['missing', /missing: The file cannot be read: it, or its folder, does not exist/],
    ['folder', /folder: The file cannot be read: it is a folder/],
    ['plain/below', /plain\/below: The file cannot be read: it, or a part of its path, is no folder/],
    ['loop', /loop: The file cannot be read: it is a link to itself/],
    ['empty', /empty(: The file holds no (rows|problems|responses)|, line 1: The file is not JSON)/],
    ['mark', /mark(: The file holds no (rows|problems|responses)|, line 1: The file is not JSON)/],
    ['zeros', /zeros, line 1: The (line|file) is not JSON: it breaks at column 1/],
  ] as const

  it.each(files)('%s --%s: says what is wrong with it', async (name, option, more) => {
    for (const [path, message] of bad) {
      const { code, out, err } = await run(...commandOf(name), ...more, `--${option}`, at(path))
      expect([path, code, out, err]).toEqual([path, 1, '', expect.stringMatching(message)])
      expect(err).not.toMatch(/\n +at /)
    }
  })

  it('takes a byte order mark and line ends of two characters', async () => {
    const lines = readFileSync(at('rollouts.jsonl'), 'utf8').replaceAll('\n', '\r\n')
    writeFileSync(at('windows.jsonl'), `\uFEFF${lines}`)
    const own = ['label', '--method', 'exact', '--out']
    expect(await run(...own, at('own.jsonl'), '--input', at('rollouts.jsonl'))).toMatchObject({ code: 0 })
    expect(await run(...own, at('other.jsonl'), '--input', at('windows.jsonl'))).toMatchObject({ code: 0 })
    expect(readFileSync(at('other.jsonl'), 'utf8')).toBe(readFileSync(at('own.jsonl'), 'utf8'))
    writeFileSync(
      at('steps-windows.jsonl'),
      `\uFEFF${readFileSync(at('steps.jsonl'), 'utf8').replace('\n', '\r\n')}\r\n`,
    )
    const scored = await run('score', '--input', at('steps-windows.jsonl'), ...cpu)
    expect(scored).toMatchObject({ code: 0, out: (await run('score', '--input', at('steps.jsonl'), ...cpu)).out })
  })

  it.each([
    ['search', 'policy', ['--problem', '1 2 3 > 6']],
    ['search', 'prm', ['--problem', '1 2 3 > 6']],
    ['eval', 'policy', ['--generate', '1', '--difficulty', '3-numbers']],
    ['engine', 'policy', []],
  ] as const)('%s --%s: a folder is one', async (name, option, more) => {
    for (const [path, message] of [
      ['missing', /There is no directory .*missing/],
      ['plain', /plain: The folder cannot be read: it, or a part of its path, is no folder/],
      ['folder', /The folder .*folder has no config\.json/],
    ] as const) {
      const { code, err } = await run(...commandOf(name), ...more, `--${option}`, at(path))
      expect([path, code, err]).toEqual([path, 1, expect.stringMatching(message)])
    }
  })

  it('of two models, the one with the mistake is named by its path', async () => {
    for (const [option, model] of [
      ['policy', 'countdown-policy'],
      ['prm', 'countdown-prm'],
    ] as const) {
      cpSync(`public/checkpoints/${model}`, at(model), { recursive: true })
      const config = JSON.parse(readFileSync(at(`${model}/config.json`), 'utf8'))
      writeFileSync(at(`${model}/config.json`), JSON.stringify({ ...config, num_hidden_layers: 1e9 }))
      const { code, err } = await run('search', '--problem', '1 2 3 > 6', `--${option}`, at(model), ...cpu)
      expect([code, err]).toEqual([1, expect.stringContaining(`${at(model)}/config.json, num_hidden_layers: `)])
    }
  })

  it.each([
    ['sft', 'model', {}],
    ['dpo', 'reference', {}],
    ['grpo', 'rewardModel', { reward: { process: 1 } }],
  ] as const)('of a recipe of %s, the mistake in %s is named by its path', async (objective, field, more) => {
    const from = field === 'rewardModel' ? 'countdown-prm' : 'countdown-policy'
    const own = at(`recipe-${field}`)
    cpSync(`public/checkpoints/${from}`, own, { recursive: true })
    // Of a reference only the weights are read.
    if (field === 'reference') writeFileSync(join(own, 'model.safetensors'), 'torn')
    else writeFileSync(join(own, 'config.json'), '{"model_type": "llama", ')
    writeFileSync(
      at(`${field}.json`),
      JSON.stringify({
        ...{ model: 'countdown-policy', [field]: own, steps: 1, batch: 2, evaluateProblems: 0, passTokens: 256 },
        ...{ data: { source: 'generated', problems: 4 }, ...more },
      }),
    )
    const args = ['train', '--objective', objective, '--config', at(`${field}.json`), '--out', at(`out-${field}`)]
    const { code, err } = await run(...args, ...cpu)
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(new RegExp(`recipe-${field}/(config.json|model.safetensors)[,:]`)),
    ])
  })

  it('a recorded case is named where it is missing', async () => {
    const { code, err } = await run('reference', '--case', at('none'), '--out', at('x'), ...cpu)
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/none: There is no recorded case of this name \(expected none/),
    ])
  })
})

describe('a file that is written', () => {
  const outputs = [
    ['eval', ['--problems', 'problems.jsonl', '--policy', MODEL], `${MODEL}/config.json`],
    ['rollout', ['--problems', 'problems.jsonl', '--policy', MODEL], `${MODEL}/config.json`],
    ['label', ['--input', 'rollouts.jsonl', '--policy', MODEL], `${MODEL}/config.json`],
    [
      'score',
      ['--input', 'steps.jsonl', '--model', 'public/checkpoints/countdown-prm'],
      'public/checkpoints/countdown-prm/config.json',
    ],
    ['logits', ['--ids', 'ids.json', '--model', MODEL], `${MODEL}/model.safetensors`],
    ['reference', ['--case', CASE], `${CASE}.safetensors`],
  ] as const

  it.each(outputs)('%s: is refused before the work where it cannot be', async (name, more, own) => {
    const args = [...commandOf(name), ...more.map((word) => (/\.jsonl?$/.test(word) ? at(word) : word))]
    const before = readdirSync(folder)
    for (const [path, message] of [
      ['folder', 'folder: The file cannot be written: it is a folder'],
      ['missing/file', 'missing/file: The file cannot be written: it, or its folder, does not exist'],
      ['plain/below', 'plain/below: The file cannot be written: it, or a part of its path, is no folder'],
      ['loop', 'loop: The file cannot be written: it is a link to itself'],
      ['n'.repeat(250), 'The file cannot be written: its name is too long'],
    ] as const) {
      const { code, out, err } = await run(...args, '--out', at(path))
      expect([path, code, out, err]).toEqual([path, 1, '', expect.stringContaining(message)])
      expect(err).not.toContain('.part')
    }
    const onto = await run(...args, '--out', own)
    expect([onto.code, onto.err]).toEqual([
      2,
      expect.stringContaining('would overwrite the file that they are made from'),
    ])
    expect(readdirSync(folder)).toEqual(before)
  })

  it('may be a device, which takes all or says that it does not', async () => {
    const sample = ['rollout', '--problems', at('problems.jsonl'), '--n', '1', ...cpu]
    expect(await run(...sample, '--out', '/dev/null')).toMatchObject({ code: 0, err: '' })
    const full = await run(...sample, '--out', '/dev/full')
    expect([full.code, full.err]).toEqual([
      1,
      expect.stringContaining('/dev/full: The file cannot be written: the disk is full'),
    ])
  })
})
