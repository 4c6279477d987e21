import { parseArgs } from 'node:util'
import type { Bound } from '../core/bounds.ts'
import { describeBound, isWithin } from '../core/bounds.ts'
import { StepscopeError } from '../core/errors.ts'
import { PARAGRAPH_CHARACTERS, plainText } from '../core/outside-text.ts'

/** One option of a command, as it is read and as `--help` shows it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  /** May be given several times. */
  readonly multiple?: boolean
  readonly short?: string
  /** How the value is written in `--help`, e.g. `FILE`. */
  readonly value?: string
  /** One sentence for `--help`. */
  readonly description: string
  readonly required?: boolean
  /** Throws a UsageError for a value that the option does not take: whatever becomes of it, it is told. */
  check?(name: string, text: string): void
}

export type Options = Readonly<Record<string, Option>>

/** A command of `stepscope`: its help, and what it does. */
export interface CommandHelp {
  readonly name: string
  readonly summary: string
  readonly options: Options
  /** What comes before the options in the first line of `--help`. */
  readonly usage: string
  /** Paragraphs after the options. */
  readonly notes?: readonly string[]
}

/** The command line itself was wrong: exit code 2. */
export class UsageError extends Error {}

/** Values as given; `given` tells an option from its absence. */
export interface ParsedOptions {
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  flag(name: string): boolean
  /** Throws a UsageError where the option is missing. */
  required(name: string): string
}

const HELP: Option = { type: 'boolean', short: 'h', description: 'Show this help.' }

/** Reads a command's arguments. Throws a UsageError that names what is wrong; `help` where it was asked for. */
export function parseOptions(args: readonly string[], options: Options): ParsedOptions | 'help' {
  const config = Object.fromEntries(
    Object.entries({ ...options, help: HELP }).map(([name, { type, multiple = false, short }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  )
  let values: Record<string, unknown>
  try {
    ;({ values } = parseArgs({ args: [...args], options: config, strict: true, allowPositionals: false }))
  } catch (error) {
    throw new UsageError(plainText((error as Error).message, PARAGRAPH_CHARACTERS))
  }
  if (values.help) return 'help'
  for (const [name, { check, value: kind = 'a text' }] of Object.entries(options)) {
    for (const value of [values[name] ?? []].flat()) {
      if (check) check(name, String(value))
      else if (value === '') throw notOneOf(name, kind, '')
    }
  }
  const text = (name: string): string | undefined => values[name] as string | undefined
  const required = (name: string): string => {
    const value = text(name)
    if (value === undefined) throw new UsageError(`--${name} is missing`)
    return value
  }
  for (const [name, option] of Object.entries(options)) if (option.required) required(name)
  return {
    text,
    required,
    texts: (name) => (values[name] as string[] | undefined) ?? [],
    flag: (name) => values[name] === true,
  }
}

/** The option takes a whole number within the bound. */
export function wholeWithin(bound: Bound): Pick<Option, 'type' | 'check'> {
  const check: Option['check'] = (name, text) => {
    if (!isWithin(bound, readDecimal(text))) throw notOneOf(name, describeBound(bound), text)
  }
  return { type: 'string', check }
}

/** The option takes a number in a range, both ends included. */
export function numberBetween(min: number, max: number): Pick<Option, 'type' | 'check'> {
  const check: Option['check'] = (name, text) => {
    const value = readDecimal(text)
    if (!(value >= min && value <= max)) throw notOneOf(name, `a number from ${min} to ${max}`, text)
  }
  return { type: 'string', check }
}

/** The option takes one of some words. */
export function oneOf(choices: readonly string[]): Pick<Option, 'type' | 'check'> {
  return { type: 'string', check: (name, text) => void readChoice(name, text, choices) }
}

/** The value of an option that takes a number; undefined where it was not given. */
export function readNumber(options: ParsedOptions, name: string): number | undefined {
  const text = options.text(name)
  return text === undefined ? undefined : readDecimal(text)
}

/** One of some words. Throws a UsageError otherwise. */
export function readChoice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  throw notOneOf(name, `one of ${choices.join(', ')}`, text)
}

/** The error of an option whose value is none of what it takes. */
export function notOneOf(name: string, expected: string, text: string): UsageError {
  return new UsageError(`--${name} must be ${expected}, not ${text === '' ? 'empty' : plainText(text)}`)
}

/** A number as people write it: `12`, `0.5`, `1e-3`; NaN for all else. */
function readDecimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}

/** Is this error about how the command was written, rather than about what happened? */
export function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof StepscopeError && error.details.code === 'bad-setting')
}

/** The text of `--help`. */
export function describeCommand({ name, summary, usage, options, notes = [] }: CommandHelp): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([option, { short, value, description }]) => {
    const left = `${short ? `-${short}, ` : ''}--${option}${value ? ` ${value}` : ''}`
    return [left, description] as const
  })
  const lines = describeRows(rows)
  const folded = notes.map((note) =>
    note.split('\n').flatMap((line) => (line.startsWith(' ') ? line : fold(line, 116))),
  )
  const paragraphs = [
    `Usage: stepscope ${name} ${usage}`,
    summary,
    ['Options:', ...lines].join('\n'),
    ...folded.map((note) => note.join('\n')),
  ]
  return `${paragraphs.join('\n\n')}\n`
}

/** Two columns, the right one folded. */
export function describeRows(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2
  return rows.flatMap(([left, right]) =>
    fold(right, 116 - width - 2).map((line, index) => `  ${(index === 0 ? left : '').padEnd(width)}${line}`),
  )
}

/** Folds a text into lines of at most `width` characters. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
