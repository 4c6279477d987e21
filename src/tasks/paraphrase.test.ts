import { describe, expect, test } from 'vitest'
import { bareStep } from '../core/step-text.ts'
import { countdown } from './countdown/countdown.ts'
import { generatorOf, labelsOf, taskById, tracesOf } from './registry.ts'
import { wordProblems } from './words/word-problems.ts'

test.each([
  ['3*5=15 : 7 2 15', '5*3=15 : 7 2 15'],
  ['22-2=20 : 5 20', '22-2=20 : 20 5'],
  ['4+4=8 : 8', null],
  ['A 24', null],
  ['nonsense', null],
])('Countdown: %j as %j', (step, said) => {
  expect(countdown.paraphrase(step)).toBe(said)
})

test.each([
  ['Ann needs Cy and Bob', 'Ann needs Bob and Cy'],
  ['Ann needs Cy', null],
  ['Ann has 4 times as many figs as Cy 10*4=40', 'Ann has 4 times as many figs as Cy 4*10=40'],
  ['Ann 10-4=6', null],
  ['A 54', null],
])('word problems: %j as %j', (step, said) => {
  expect(wordProblems.paraphrase(step)).toBe(said)
})

describe.each(['countdown', 'word-problems'])('%s', (id) => {
  test('a step in other words has the label that it had', () => {
    const task = taskById(id)
    const label = labelsOf(task)
    let changed = 0
    for (let seed = 0; seed < 40; seed++) {
      const problem = generatorOf(task).generate(seed, generatorOf(task).difficulties[1]?.id ?? '')
      const steps = tracesOf(task).attempt(problem, seed)
      for (const [index, step] of steps.entries()) {
        const said = task.paraphrase?.(bareStep(step)) ?? null
        if (said === null) continue
        changed++
        const [before, after] = [steps.slice(0, index + 1), [...steps.slice(0, index), `${said}\n`]]
        expect(label(problem, after).label).toBe(label(problem, before).label)
      }
    }
    expect(changed).toBeGreaterThan(40)
  })
})
