import { describe, expect, it } from 'vitest'
import { toErrorDetails } from '../core/errors.ts'
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
    expect(lines).toHaveLength(SAMPLE_RUN.events.length)
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
