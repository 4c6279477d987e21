import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeSmallChat } from '../engine/testing/node-small-chat.ts'
import { readRows } from '../formats/json-lines.ts'
import { ROLLOUT_FORMAT } from '../formats/rollout-file.ts'
import { UNPAIRED_FORMAT } from '../formats/trl.ts'
import { runCommand as run } from './testing/run-command.ts'

/** How a chat model is asked from the command line. */

const QUESTION = 'How many legs have three cats?'
let folder = ''
const at = (name: string): string => join(folder, name)
const asked = (): string[] => ['--task', 'maths', '--policy', at('chat'), '--backend', 'cpu']

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-asking-'))
  await writeSmallChat(at('chat'))
  writeFileSync(at('problems.jsonl'), `${JSON.stringify({ question: QUESTION, answer: '12' })}\n`)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function started(...options: readonly string[]) {
  const found = await run(
    'search',
    '--problem',
    QUESTION,
    '--strategy',
    'greedy-decoding',
    '--max-rounds',
    '2',
    '--json',
    ...asked(),
    ...options,
  )
  expect(found).toMatchObject({ code: 0 })
  return JSON.parse(found.out.split('\n', 1)[0] ?? '')
}

it('a search asks by the template, with the system message and the step ends that are given', async () => {
  const usual = await started()
  expect(usual.prompt).toMatch(/^<\|im_start\|>system\nPlease reason step by step/)
  expect(usual.prompt).toContain(`<|im_start|>user\n${QUESTION}<|im_end|>`)
  expect(usual.setup.system).toBeUndefined()
  expect(usual.policy.stepEnds).toEqual(['\n'])

  const own = await started('--system', 'Be brief.', '--step-end', '\\n\\n', '--step-end', ';')
  expect(own.prompt).toMatch(/^<\|im_start\|>system\nBe brief\.<\|im_end\|>/)
  expect(own.setup.system).toBe('Be brief.')
  expect(own.policy.stepEnds).toEqual(['\n\n', ';'])

  const none = await started('--system', '')
  expect(none.prompt).not.toContain('Please reason')
  expect(none.setup.system).toBe('')
})

it('rollouts say how the policy was asked, and are not continued otherwise; their labels have the question', async () => {
  const out = at('rollouts.jsonl')
  const rollout = [
    'rollout',
    '--problems',
    at('problems.jsonl'),
    '--n',
    '2',
    '--max-rounds',
    '2',
    '--out',
    out,
    ...asked(),
  ]
  expect(await run(...rollout, '--system', 'Be brief.')).toMatchObject({ code: 0 })
  const rows = readRows(ROLLOUT_FORMAT, readFileSync(out, 'utf8'), out)
  expect(rows.map(({ source }) => source.system)).toEqual(['Be brief.', 'Be brief.'])
  expect(rows[0]?.prompt).toContain('system\nBe brief.')
  const other = await run(...rollout, '--system', 'Be long.', '--resume')
  expect(other.err).toContain('line 1, source.system: The file was made with other settings')

  const labels = at('labels.jsonl')
  const labelled = await run('label', '--input', out, '--method', 'outcome', '--out', labels)
  expect(labelled).toMatchObject({ code: 0, err: '' })
  for (const row of readRows(UNPAIRED_FORMAT, readFileSync(labels, 'utf8'), labels)) expect(row.prompt).toBe(QUESTION)
  const exact = await run('label', '--input', out, '--method', 'exact', '--out', at('exact.jsonl'))
  expect(exact).toMatchObject({ code: 2, err: expect.stringContaining('Maths answers has no exact labels of steps') })
})
