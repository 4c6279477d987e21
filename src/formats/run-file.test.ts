import { describe, expect, it } from 'vitest'
import { toErrorDetails } from '../core/errors.ts'
import { DEFAULT_CONFIG, SETTING_NAMES } from '../search/settings.ts'
import { readRunFile, writeRunFile } from './run-file.ts'
import { SAMPLE_RUN } from './testing/sample-run.ts'

const text = writeRunFile(SAMPLE_RUN)

function refusal(run: () => unknown) {
  try {
    run()
  } catch (error) {
    return toErrorDetails(error)
  }
  throw new Error('it was accepted')
}

/** The sample with one field replaced; `path` as in messages. */
function changed(path: string, value: unknown): string {
  const file: unknown = JSON.parse(text)
  const keys = path.split(/[.[\]]+/).filter(Boolean)
  const last = keys.pop() ?? ''
  const parent = keys.reduce<object>((inner, key) => Reflect.get(inner, key) as object, file as object)
  Reflect.set(parent, last, value)
  return JSON.stringify(file)
}

describe('run file', () => {
  it('reads what it wrote, unchanged', () => {
    expect(readRunFile(text, 'a.json')).toEqual({ format: 'stepscope-run', version: 1, ...SAMPLE_RUN })
  })

  it('writes one event a line', () => {
    const lines = text.split('\n').filter((line) => line.startsWith('  {"type"'))
    expect(lines.map((line) => JSON.parse(line.replace(/,$/, '')) as unknown)).toEqual(SAMPLE_RUN.events)
  })

  it('reads files from before readback and choices were recorded, and keeps choices', () => {
    const { readbackBytes: _, ...measured } = SAMPLE_RUN.measured
    expect(readRunFile(changed('measured', measured), 'old.json').measured).toEqual({
      ...measured,
      readbackBytes: null,
    })
    const choices = { weights: 'f32', burst: '8 steps' }
    const policy = readRunFile(changed('models.policy.choices', choices), 'a.json').models?.policy
    expect(policy?.choices).toEqual(choices)
    expect(SAMPLE_RUN.models?.policy.choices).toBeUndefined()
    expect(refusal(() => readRunFile(changed('models.policy.choices', { burst: 8 }), 'a.json'))).toMatchObject({
      code: 'bad-file',
      place: { field: 'models.policy.choices.burst' },
    })
  })

  it.each(SETTING_NAMES)('reads a run from before there was the setting %s, and shows its default', (name) => {
    const without = (key: string, value: object): object => (key === 'config' ? { ...value, [name]: undefined } : value)
    const { setup, events } = readRunFile(JSON.stringify(JSON.parse(text, without)), 'earlier.json')
    expect(setup.config).toEqual({ ...SAMPLE_RUN.setup.config, [name]: DEFAULT_CONFIG[name] })
    expect(events[0]).toMatchObject({ setup })
  })

  it('reads a run without events', () => {
    const empty = { ...SAMPLE_RUN, events: [], models: null, status: 'cancelled', selected: null } as const
    expect(readRunFile(writeRunFile(empty), 'a.json').events).toEqual([])
  })

  it('says where text stops being JSON', () => {
    const cut = text.slice(0, text.indexOf('"task"') + 3)
    expect(refusal(() => readRunFile(cut, 'cut.json'))).toMatchObject({
      code: 'bad-file',
      found: 'the end of the file',
      place: { file: 'cut.json', line: cut.split('\n').length },
    })
    expect(refusal(() => readRunFile('{"format": stepscope}', 'x.json'))).toMatchObject({
      message: 'The file is not JSON: it breaks at column 12',
      found: '"stepscope}"',
      place: { file: 'x.json', line: 1 },
    })
  })

  it.each([
    ['[1, 2]', 'bad-file', 'format'],
    ['null', 'bad-file', 'format'],
    [changed('format', 'other'), 'bad-file', 'format'],
    [changed('version', 2), 'wrong-version', 'version'],
    [changed('version', '1'), 'wrong-version', 'version'],
  ])('refuses another format or version: %#', (given, code, field) => {
    expect(refusal(() => readRunFile(given, 'r.json'))).toMatchObject({ code, place: { file: 'r.json', field } })
  })

  it.each([
    ['setup.config.n', 'sixteen', 'setup.config.n'],
    ['setup.strategy', 'depth-first', 'setup.strategy'],
    ['createdAt', 'yesterday', 'createdAt'],
    ['events[3].score', 'high', 'events[3].score'],
    ['events[1].tokens[0].logprob', null, 'events[1].tokens[0].logprob'],
    ['events[4].type', 'guessed', 'events[4].type'],
    ['models.policy.hash', undefined, 'models.policy.hash'],
  ])('names the field %s of another kind', (path, value, field) => {
    const details = refusal(() => readRunFile(changed(path, value), 'r.json'))
    expect(details).toMatchObject({ code: 'bad-file', place: { file: 'r.json', field } })
  })

  it.each([
    ['events[3].node', 9, 'events[3].node', '0 to 2'],
    ['events[7].parent', 5, 'events[7].parent', '0 to 2'],
    ['events[7].node', 5, 'events[7].node', '3'],
    ['events[10].node', 4, 'events[10].node', '0 to 3'],
    ['events[10].candidates[0].node', 4, 'events[10].candidates[0].node', '0 to 3'],
    ['selected.event', 99, 'selected.event', 'at most 11'],
  ])('refuses an event about a node that does not stand: %s', (path, value, field, expected) => {
    const details = refusal(() => readRunFile(changed(path, value), 'r.json'))
    expect(details).toMatchObject({ code: 'bad-file', expected, place: { file: 'r.json', field } })
  })

  it('refuses events before the start and after the end', () => {
    const [started, ...others] = SAMPLE_RUN.events
    const last = SAMPLE_RUN.events.at(-1)
    if (!started || !last) throw new Error('no events')
    expect(refusal(() => readRunFile(changed('events', others), 'r.json')).place?.field).toBe('events[0].type')
    expect(refusal(() => readRunFile(changed('events', [...SAMPLE_RUN.events, last]), 'r.json')).place?.field).toBe(
      'events[11].type',
    )
  })
})

describe('a run file that has the right shape and makes no sense', () => {
  const ledger = SAMPLE_RUN.events[3]?.ledger
  const { setup } = SAMPLE_RUN

  it.each([
    ['events[3].ledger.policy.executed', 8, 'events[3].ledger.policy.executed', '7'],
    ['events[3].ledger.reward.merged', 1, 'events[3].ledger.reward.executed', '8'],
    ['events[5].ledger', ledger, 'events[5].ledger.policy.asked', 'at least 16, as the event before'],
    ['events[5].ledger.policy.flops', 79, 'events[5].ledger.policy.flops', 'at least 80, as the event before'],
    ['events[3].score', 5, 'events[3].score', 'a number from 0 to 1'],
    ['events[3].score', -3, 'events[3].score', 'a number from 0 to 1'],
    ['events[3].pathScore', 1.5, 'events[3].pathScore', 'a number from 0 to 1'],
    ['events[5].decision.score', 2, 'events[5].decision.score', 'a number from 0 to 1'],
    ['events[6].decision.against', -1, 'events[6].decision.against', 'a number from 0 to 1'],
    ['events[10].candidates[0].pathScore', 7, 'events[10].candidates[0].pathScore', 'a number from 0 to 1'],
    ['events[1].tokens[0].logprob', 0.5, 'events[1].tokens[0].logprob', 'at most 0'],
    ['events[1].logprob', 0.25, 'events[1].logprob', 'at most 0'],
    ['events[1].logprob', -3, 'events[1].logprob', '-0.25'],
    ['events[1].samples', [], 'events[1].samples', 'at least one'],
    ['events[10].candidates[0].node', 1, 'events[10].candidates[0].node', 'a node with a verdict'],
    ['events[10].answer', '16', 'events[10].answer', '15'],
    ['events[10].correct', false, 'events[10].correct', 'true'],
    ['setup.problem', '1 2 > 3', 'setup.problem', setup.problem],
    ['setup.config.n', 4, 'setup.config.n', '2'],
    ['setup.seed', 8, 'setup.seed', '7'],
    ['setup.prefix', ['3+5=8 : 8\n'], 'setup.prefix.0', 'nothing'],
    ['models.policy.hash', 'fedcba9876543210', 'models.policy.hash', '0123456789abcdef'],
    ['models.reward.id', 'another', 'models.reward.id', 'scripted-prm'],
    ['models.reward', null, 'models.reward', '{"id":"scripted-prm","hash":"0123456789abcdef"}'],
    ['selected.node', 4, 'selected.node', '0 to 3'],
    ['events', SAMPLE_RUN.events.slice(0, 8), 'status', 'another status'],
    ['events', [], 'models', 'null'],
  ])('is refused by its field: %s, %#', (path, value, field, expected) => {
    const details = refusal(() => readRunFile(changed(path, value), 'r.json'))
    expect(details).toMatchObject({ code: 'bad-file', expected, place: { file: 'r.json', field } })
  })

  it('is refused where its settings could not be run', () => {
    const run = JSON.parse(text) as { setup: { config: object }; events: { setup: { config: object } }[] }
    for (const holder of [run.setup, run.events[0]?.setup]) Object.assign(holder?.config ?? {}, { n: 1e9 })
    expect(refusal(() => readRunFile(JSON.stringify(run), 'r.json'))).toMatchObject({
      expected: 'a whole number from 1 to 1024',
      found: '1000000000',
      place: { field: 'setup.config.n' },
    })
  })

  it('is refused where a rollout is no chain', () => {
    const rollout = { ...SAMPLE_RUN.events[7], type: 'rolledOut', node: 1, pathScore: 0.5, accepted: false }
    const step = (node: number, parent: number) => ({
      ...SAMPLE_RUN.events[7],
      node,
      parent,
      score: 0.5,
      reused: false,
    })
    const events = (steps: object[]) => [...SAMPLE_RUN.events.slice(0, 7), { ...rollout, steps }]
    const file = (steps: object[]) =>
      JSON.stringify({ ...JSON.parse(text), status: 'cancelled', events: events(steps), selected: null })
    expect(readRunFile(file([step(3, 1), step(4, 3)]), 'r.json').events).toHaveLength(8)
    expect(refusal(() => readRunFile(file([step(3, 1), step(4, 2)]), 'r.json'))).toMatchObject({
      message: 'The rollout is no chain',
      place: { field: 'events[7].steps[1].parent' },
    })
  })

  it('may have path scores of any size where they are sums of log-odds, and sums of votes', () => {
    const config = (change: object) => {
      const run = JSON.parse(text) as { setup: { config: object }; events: Record<string, unknown>[] }
      for (const holder of [run.setup, run.events[0]?.setup as { config: object }]) Object.assign(holder.config, change)
      return run
    }
    const odds = config({ aggregation: 'sum-log-odds' })
    Object.assign(odds.events[3] ?? {}, { pathScore: -2.5 })
    expect(readRunFile(JSON.stringify(odds), 'r.json').events[3]).toMatchObject({ pathScore: -2.5 })
    const votes = config({ answerBy: 'weighted-vote' })
    Object.assign(votes.events[9] ?? {}, {
      decision: { rule: 'answer', score: 1.9, against: 0, rank: 1, of: 1, kept: 1 },
    })
    expect(readRunFile(JSON.stringify(votes), 'r.json').events[9]).toMatchObject({ decision: { score: 1.9 } })
  })
})
