import { mkdir, writeFile } from 'node:fs/promises'

/** Progress goes to stderr: stdout has the table and, last, the JSON. */
export function progress(line: string): void {
  console.error(line)
}

/** Rows of a Markdown table under its head. */
export function printTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n`)
  console.log(`| ${head.join(' | ')} |`)
  console.log(`|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

/** Three figures: 25.3, 1,330, 0.412. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const digits = value >= 100 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1e-3))))
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Keeps the results of a run beside the benchmarks, small enough to be committed. */
export async function keepResults(name: string, results: unknown): Promise<void> {
  const folder = new URL('./results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(results, null, 1)}\n`)
}
