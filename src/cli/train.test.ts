import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { runCommand as run } from './testing/run-command.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/stepscope.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'stepscope-train-'))
const at = (name: string) => join(folder, name)
const RECIPE = {
  model: 'countdown-policy',
  steps: 5,
  batch: 2,
  saveEvery: 1,
  evaluateEvery: 100,
  evaluateProblems: 0,
  passTokens: 256,
  data: { source: 'generated', problems: 12 },
}

function trainArgs(recipe: object, out: string, ...more: string[]): string[] {
  writeFileSync(at('recipe.json'), JSON.stringify(recipe))
  return ['train', '--objective', 'sft', '--config', at('recipe.json'), '--out', at(out), '--backend', 'cpu', ...more]
}

describe('stepscope train', () => {
  afterAll(() => rmSync(folder, { recursive: true }))

  it('goes on after it was killed, to the weights of a run that was not', async () => {
    const whole = await run(...trainArgs(RECIPE, 'whole'))
    expect(whole.code).toBe(0)
    const steps = whole.out.split('\n').flatMap((line) => (line.includes('"loss"') ? [JSON.parse(line)] : []))
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5])

    const killed = spawn(process.execPath, [PROGRAM, ...trainArgs(RECIPE, 'killed')])
    const ended = new Promise((resolve) => killed.once('exit', (_, signal) => resolve(signal)))
    while (!existsSync(at('killed/run/save-00000001.json'))) await sleep(5)
    // While a step is made, or a save is written: nobody knows.
    killed.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    expect(existsSync(at('killed/model'))).toBe(false)

    expect((await run(...trainArgs(RECIPE, 'killed'))).err).toContain('--resume')
    expect((await run(...trainArgs(RECIPE, 'killed', '--resume'))).code).toBe(0)
    const weights = (out: string) => readFileSync(at(`${out}/model/model.safetensors`))
    expect(weights('killed').equals(weights('whole'))).toBe(true)
    expect(readFileSync(at('killed/model/card.md'), 'utf8')).toContain('5 of 5 steps')
  })

  it('says which field of a recipe is wrong', async () => {
    const { code, err } = await run(...trainArgs({ ...RECIPE, optimizer: { learningRate: -1 } }, 'wrong'))
    expect(code).not.toBe(0)
    expect(err).toContain('optimizer.learningRate')
    const missing = await run(...trainArgs({ ...RECIPE, reward: { process: 1 } }, 'wrong'))
    expect(missing.err).toContain('rewardModel')
    const task = await run(...trainArgs({ ...RECIPE, task: 'chess' }, 'wrong'))
    expect(task.err).toMatch(/recipe\.json, task: There is no such task \(expected countdown, .*found chess\)/)
    const data = { source: 'generated', difficulties: ['3-numbers', '9-numbers'] }
    const difficulty = await run(...trainArgs({ ...RECIPE, data }, 'wrong'))
    expect(difficulty.err).toMatch(
      /recipe\.json, data\.difficulties: Countdown has no such difficulty .*found 9-numbers/,
    )
  })

  it('says which settings change nothing', async () => {
    const { code, err } = await run(...trainArgs({ ...RECIPE, settings: { clip: 0.3 } }, 'unused'))
    expect(code).toBe(0)
    expect(err).toContain('This run makes no use of settings.clip.')
  })
})
