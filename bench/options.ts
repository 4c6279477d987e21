import { parseArgs } from 'node:util'
import type { Effort } from './engines/cells.ts'
import type { EngineChoice } from './engines/seats.ts'
import { ENGINES } from './engines/seats.ts'

/** What `npm run bench -- NAME` may be narrowed to. */
export interface BenchOptions extends Effort {
  readonly rows: readonly number[] | null
  readonly prefix: readonly number[] | null
  readonly model: string | null
  readonly engines: readonly EngineChoice[]
  /** The whole grid, whose results are kept in bench/results. */
  readonly whole: boolean
  /** Lengths of a decode burst side by side. */
  readonly bursts: boolean
}

const OURS = 'ours'

/**
 * `--rows 1,16`, `--prefix 192`, `--model countdown-policy`, `--only ours` or the ids of engines, `--seconds 10`,
 * `--repetitions 5`, `--bursts`.
 */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      prefix: { type: 'string' },
      model: { type: 'string' },
      only: { type: 'string' },
      seconds: { type: 'string' },
      repetitions: { type: 'string' },
      bursts: { type: 'boolean' },
    },
  })
  const whole = [values.rows, values.prefix, values.model, values.only].every((value) => value === undefined)
  const only = values.only?.split(',')
  const unknown = only?.find((name) => name !== OURS && !ENGINES.some(({ id }) => id === name))
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: there are ${OURS}, ${ENGINES.map(({ id }) => id).join(', ')}`)
  }
  return {
    rows: numbers('rows', values.rows),
    prefix: numbers('prefix', values.prefix),
    model: values.model ?? null,
    engines: ENGINES.filter(
      ({ id, ours }) => only === undefined || only.includes(ours ? OURS : id) || only.includes(id),
    ),
    whole,
    bursts: whole || values.bursts === true,
    seconds: numbers('seconds', values.seconds)?.[0] ?? 6,
    repetitions: numbers('repetitions', values.repetitions)?.[0] ?? 7,
  }
}

function numbers(name: string, text: string | undefined): readonly number[] | null {
  if (text === undefined) return null
  const values = text.split(',').map(Number)
  if (values.every((value) => Number.isInteger(value) && value > 0)) return values
  throw new Error(`--${name} ${text}: positive whole numbers, with commas between them`)
}
