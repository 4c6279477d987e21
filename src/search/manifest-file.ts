import type { StatedManifest } from './manifest.ts'
import type { Reading } from './reading.ts'
import { PLAIN_WRITING, READINGS } from './readings.ts'

/** Names in stepscope.json of a reading's fields. */
const NAMES: Readonly<Record<Exclude<keyof Reading, 'id'>, string>> = {
  input: 'input',
  bos: 'bos',
  afterProblem: 'after_problem',
  beforeStep: 'before_step',
  scoreAt: 'score_at',
  betweenSteps: 'between_steps',
  trimsSteps: 'trim_steps',
  answer: 'answer',
  readAt: 'read_at',
  activation: 'activation',
  candidates: 'candidates',
  beta: 'beta',
  reference: 'reference',
  aggregation: 'aggregation',
}

/** A manifest as the text of a `stepscope.json`; of its reading, what differs from the preset. */
export function manifestFile({ role, task, stepEnds, reading, prompt, system }: StatedManifest): string {
  const id = reading?.id ?? 'step-end'
  const preset: Partial<Reading> = { ...PLAIN_WRITING, ...READINGS[id].reading }
  const differs = (Object.keys(NAMES) as (keyof typeof NAMES)[]).filter((key) => {
    const value = reading?.[key]
    return value !== undefined && value !== null && JSON.stringify(value) !== JSON.stringify(preset[key])
  })
  const fields = {
    role,
    task,
    reading: reading === undefined ? undefined : id,
    ...Object.fromEntries(differs.map((key) => [NAMES[key], reading?.[key]])),
    step_end: stepEnds?.length === 1 ? stepEnds[0] : stepEnds,
    prompt,
    system,
  }
  return `${JSON.stringify(fields, null, 1)}\n`
}
