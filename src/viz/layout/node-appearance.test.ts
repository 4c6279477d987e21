import { describe, expect, it } from 'vitest'
import {
  answerNode,
  appearanceOf,
  idsFromRoot,
  shownScore,
  stateInWords,
  stepLabel,
  truthInWords,
} from './node-appearance.ts'
import { outlineRows, outlineText, rowInWords } from './outline-rows.ts'
import { treeOf } from './testing/tree-of.ts'

const right = { answer: '24', correct: true, explanation: 'reaches 24' }
const wrong = { answer: '5', correct: false, explanation: '5 is not 24' }
const tree = treeOf([
  { parent: null },
  { parent: 0, text: '3*5=15 : 7 2 15\n', state: 'kept', score: 0.5, count: 3 },
  { parent: 0, text: '7-2=5 : 3 5 5\n', state: 'pruned', score: 0.25 },
  { parent: 1, text: 'A 24\n', state: 'answer', score: 0.75, verdict: right },
  { parent: 1, text: 'A 5\n', state: 'candidate', score: 0.125, verdict: wrong },
  { parent: 1, text: '', state: 'proposed', finish: 'eos', pathScore: 0.0625 },
  { parent: 0, text: '7+2=9 : 3 5 9\n', state: 'kept', given: true },
  { parent: 2, text: '5+5=10 : 3 10\n', state: 'rolledOut', score: 0.1 },
])
const node = (id: number) => {
  const found = tree.nodes[id]
  if (found === undefined) throw new Error(`no node ${id}`)
  return found
}

describe('appearanceOf', () => {
  it('tells the states apart', () => {
    expect(tree.nodes.map(appearanceOf)).toEqual([
      'root',
      'kept',
      'pruned',
      'answer',
      'finishedWrong',
      'proposed',
      'given',
      'rolledOut',
    ])
  })

  it('has words for each', () => {
    expect(stateInWords(node(3))).toBe('answer, right')
    expect(stateInWords(node(4))).toBe('finished, wrong')
    expect(stateInWords({ ...node(4), state: 'pruned' })).toBe('finished, wrong, pruned')
    expect(truthInWords({ valid: true, reachable: false })).toBe('valid, no longer solvable')
    expect(truthInWords({ valid: false, reachable: true })).toBe('invalid step')
  })
})

describe('stepLabel', () => {
  it('sets what is left apart from what was done', () => {
    expect(stepLabel(node(1), tree)).toEqual({ main: '3*5=15', rest: ': 7 2 15' })
    expect(stepLabel(node(3), tree)).toEqual({ main: 'A 24', rest: '' })
    expect(stepLabel(node(5), tree)).toEqual({ main: '⟨end⟩', rest: '' })
    expect(stepLabel(node(0), tree).main).toBe(tree.started?.setup.problem)
    expect(shownScore(node(5))).toBe(0.0625)
  })
})

describe('a step that ends with a calculation', () => {
  it.each([
    ['Ann has 4 times as many figs as Cy 10*4=40\n', 'Ann 10*4=40', 'has 4 times as many figs as Cy'],
    ['together Bob and Hal 11+19=30\n', 'together 11+19=30', 'Bob and Hal'],
    ['Ann 10*4=40\n', 'Ann 10*4=40', ''],
    ['So the total is 30.\n', 'So the total is 30.', ''],
  ])('%j shows who and what, and the sentence muted', (text, main, rest) => {
    const one = treeOf([{ parent: null }, { parent: 0, text }])
    const [, step] = one.nodes
    expect(step && stepLabel(step, one)).toEqual({ main, rest })
  })
})

describe('a step that a model wrote', () => {
  const long = treeOf([{ parent: null }, { parent: 0, text: `a\u202eb ${'x'.repeat(5000)} : 1\tend\n` }])

  it('is clipped and isolated as a label, and whole when it is copied', () => {
    const step = long.nodes[1]
    if (step === undefined) throw new Error('no step')
    expect(stepLabel(step, long).main).toMatch(/^a⟨U\+202E⟩b x+…$/)
    expect(rowInWords(step, long, undefined).length).toBeLessThan(300)
    expect(outlineText(long, null)).toContain(`${'x'.repeat(5000)} : 1 end\t1`)
  })
})

describe('paths', () => {
  it('run from the root', () => {
    expect(idsFromRoot(tree, 3)).toEqual([0, 1, 3])
    expect(idsFromRoot(tree, 99)).toEqual([])
    expect(idsFromRoot(tree, null)).toEqual([])
    expect(answerNode(tree)).toBe(3)
  })
})

describe('outline', () => {
  it('lists nodes before their children, best first', () => {
    expect(outlineRows(tree).map((row) => [row.node.id, row.place, row.siblings])).toEqual([
      [0, 1, 1],
      [1, 1, 3],
      [3, 1, 3],
      [4, 2, 3],
      [5, 3, 3],
      [2, 2, 3],
      [7, 1, 1],
      [6, 3, 3],
    ])
  })

  it('copies as a table', () => {
    const lines = outlineText(tree, new Map([[1, { valid: true, reachable: true }]])).split('\n')
    expect(lines[0]).toBe('node\tparent\tstep\ttext\tsamples\tscore\tpath score\tstate\ttruth')
    expect(lines[2]).toBe('1\t0\t1\t3*5=15 : 7 2 15\t3\t0.5\t0.5\tkept\tvalid, still solvable')
    expect(lines).toHaveLength(9)
  })

  it('reads out a row', () => {
    expect(rowInWords(node(1), tree, { valid: true, reachable: true })).toBe(
      '3*5=15 : 7 2 15, score 0.500, kept, 3 identical samples, valid, still solvable',
    )
  })
})
