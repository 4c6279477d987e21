import { describe, expect, it } from 'vitest'
import { taskById } from './registry.ts'
import { quoteStep } from './summary.ts'

const summarize = (task: string, ...steps: string[]) => taskById(task).summarize(steps)

describe('a response in the task’s words', () => {
  it('Countdown: each operation as it stands, right or wrong', () => {
    expect(summarize('countdown', '3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n')).toEqual([
      'Takes 3 × 5 as 15; 7, 2 and 15 are left.',
      'Takes 15 + 7 as 22; 2 and 22 are left.',
      'Takes 22 + 2 as 24; 24 is left.',
      'Answers 24.',
    ])
    expect(summarize('countdown', '9+4=15 : 2 15\n', 'so it is 8\n', '8/2=-3 : -3')).toEqual([
      'Takes 9 + 4 as 15; 2 and 15 are left.',
      'Writes “so it is 8”.',
      'Takes 8 ÷ 2 as -3; -3 is left.',
    ])
  })

  it('word problems: plans together, then what is found for whom', () => {
    expect(
      summarize(
        'word-problems',
        'Ann needs Cy\n',
        'Cy needs Bo and Di\n',
        'Cy has as many figs as Bo and Di together 4+6=10\n',
        'Ann 10*4=41\n',
        'A 41\n',
      ),
    ).toEqual([
      'Plans: Ann needs Cy and Cy needs Bo and Di.',
      'Takes 4 + 6 as 10, for Cy.',
      'Takes 10 × 4 as 41, for Ann.',
      'Answers 41.',
    ])
    expect(summarize('word-problems', 'Ann needs Cy\n', '?\n')).toEqual(['Plans: Ann needs Cy.', 'Writes “?”.'])
    expect(summarize('word-problems', 'together Bob and Hal 3+4=7\n')).toEqual(['Takes 3 + 4 as 7, together.'])
  })

  it('free steps: quoted, cut at a word', () => {
    const long = `${'She bakes bread and sells it all. '.repeat(6)}\n\n`
    for (const task of ['maths', 'own']) {
      expect(summarize(task, 'First, 6 * 7\nis 42.\n\n', '\n\n', long)).toEqual([
        '“First, 6 * 7 is 42.”',
        '“She bakes bread and sells it all. She bakes bread and sells it all. She bakes bread and …”',
      ])
    }
    expect(quoteStep('x'.repeat(300))).toBe(`“${'x'.repeat(90)} …”`)
    expect(quoteStep('a\u202eb')).toBe('“a⟨U+202E⟩b”')
  })

  it('nothing written, nothing said', () => {
    for (const task of ['countdown', 'word-problems', 'maths', 'own']) expect(summarize(task)).toEqual([])
  })
})
