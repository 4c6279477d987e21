// npm run fuzz -- [--seed N] [--count N]: mutants of every format that is read, and what became of them. Exit 1 where any
// crashed, hung, was an internal error, was accepted though docs/formats.md rules it out, or was refused without its place.
//   --index N       this mutant alone, with its message
//   --write FILE    with --index: the mutant itself
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { FAULTS, makeMutant } from './judge.ts'
import type { Judged } from './run-fuzz.ts'
import { runFuzz } from './run-fuzz.ts'

const TIMEOUT_MS = 10_000
const SHOWN = 40

const { values } = readOptions()
const whole = (name: 'seed' | 'count' | 'index' | 'processes', least = 0): number => {
  const text = values[name] ?? ''
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) && value >= least
    ? value
    : refuse(`--${name} must be a whole number from ${least}, not ${JSON.stringify(text)}`)
}
const seed = whole('seed')
const alone = values.index === undefined ? null : whole('index')
if (values.write !== undefined) writeFileSync(values.write, makeMutant(seed, alone ?? 0).value)

const count = alone === null ? whole('count', 1) : 1
const progress = (done: number): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count}`)
}
const options = { seed, first: alone ?? 0, count, timeout: TIMEOUT_MS, processes: whole('processes', 1) }
const judged = await runFuzz(options, progress)
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')

const faults = judged.filter(({ fault }) => fault !== null)
process.stdout.write(table(judged))
for (const { format, how, fault, words, index } of alone === null ? faults.slice(0, SHOWN) : judged) {
  process.stdout.write(`\n${fault ?? 'as it should be'}: ${format}, ${how}\n  ${words.replaceAll('\n', '\n  ')}\n`)
  process.stdout.write(`  npm run fuzz -- --seed ${seed} --index ${index}\n`)
}
if (alone === null && faults.length > SHOWN) process.stdout.write(`\nand ${faults.length - SHOWN} more\n`)
process.stdout.write(`\nseed ${seed}: ${judged.length} mutants, ${faults.length} faults\n`)
process.exitCode = faults.length === 0 ? 0 : 1

function readOptions() {
  const text = (value?: string) => ({ type: 'string' as const, ...(value === undefined ? {} : { default: value }) })
  const options = { seed: text('1'), count: text('2000'), index: text(), write: text(), processes: text('2') }
  try {
    return parseArgs({ options })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function refuse(message: string): never {
  process.stderr.write(
    `${message}\nUsage: npm run fuzz -- [--seed N] [--count N] [--index N [--write FILE]] [--processes N]\n`,
  )
  process.exit(2)
}

/** A row for each format: mutants, how many were refused and read, and each kind of fault. */
function table(all: readonly Judged[]): string {
  const formats = [...new Set(all.map(({ format }) => format))]
  const columns = ['format', 'mutants', 'refused', 'read', ...FAULTS]
  const counts = (rows: readonly Judged[]): string[] => [
    String(rows.length),
    String(rows.filter(({ fault, refused }) => fault === null && refused).length),
    String(rows.filter(({ fault, refused }) => fault === null && !refused).length),
    ...FAULTS.map((kind) => String(rows.filter(({ fault }) => fault === kind).length)),
  ]
  const lines = formats.map((format) => [format, ...counts(all.filter((row) => row.format === format))])
  const whole = [columns, ...lines, ['all', ...counts(all)]]
  const widths = columns.map((_, at) => whole.reduce((most, line) => Math.max(most, line[at]?.length ?? 0), 0))
  const row = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  return `${whole.map(row).join('\n')}\n`
}
