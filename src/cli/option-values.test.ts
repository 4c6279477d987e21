import { describe, expect, it } from 'vitest'
import { COMMANDS } from './run-cli.ts'
import { runCommand as run } from './testing/run-command.ts'

/** Values that no option of a number takes, whatever its range: none of 1e9 things is done, and none of half a thing. */
const NEVER = ['9007199254740992', '-1', 'NaN', '', 'text', 'Infinity', '1e400', '0x10', '٣', '\u001b[31m1']
/** Counts and ids of less than a billion things. */
const LARGE = ['1e9', '2147483648']
const OPTIONS = COMMANDS.flatMap((command) =>
  Object.entries(command.options).map(([name, option]) => ({ command: command.name, name, option })),
)
const numbers = OPTIONS.filter(({ option }) => ['COUNT', 'NUMBER', 'MIB'].includes(option.value ?? ''))

describe('options of numbers', () => {
  it('are bounded: what is out of range is refused by the option’s name before anything is done', async () => {
    expect(numbers.length).toBeGreaterThan(40)
    for (const { command, name } of numbers) {
      // A seed is any 32-bit word, a budget any number of completions that can be counted.
      const large = ['seed', 'budget'].includes(name) ? ['4294967296'] : LARGE
      const fractions =
        /^(temperature|top-p|min-margin|prm-beta|vote-lead|balance|rollout-weight|exploration-(init|base)|widening)$/.test(
          name,
        )
          ? []
          : ['0.5']
      for (const value of [...NEVER, ...large, ...fractions]) {
        const { code, out, err } = await run(command, `--${name}=${value}`)
        expect([command, name, value, code, out]).toEqual([command, name, value, 2, ''])
        expect(err).toMatch(new RegExp(`^stepscope: --${name} must be a (whole )?number (from \\d+ to \\d+|above 0)`))
        expect(err).not.toContain('\u001b')
      }
    }
  })
})

describe('other options', () => {
  it('are not empty, and are one of what they take', async () => {
    for (const { command, name, option } of OPTIONS) {
      // A step is refused in words of its own; no system message is one, too.
      if (option.type === 'boolean' || name === 'step' || name === 'system') continue
      const empty = await run(command, `--${name}=`)
      expect([command, name, empty.code, empty.err]).toEqual([
        command,
        name,
        2,
        expect.stringMatching(new RegExp(`^stepscope: --${name} must be .*, not empty\n`)),
      ])
      if (option.value?.includes('|') !== true) continue
      const other = await run(command, `--${name}=other`)
      expect(other).toMatchObject({ code: 2, err: expect.stringContaining(`--${name} must be one of `) })
    }
  })
})
