import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter'

/** At the end of the long journeys: how many fault scenarios ran and passed, by what was under way. */
export default class FaultSummary implements Reporter {
  private readonly rows = new Map<string, { run: number; passed: number; ms: number }>()

  onTestEnd({ title, location }: TestCase, { status, duration }: TestResult): void {
    if (!/[\\/]faults[\\/]/.test(location.file)) return
    const action = /^(.*?)(;| answers for )/.exec(title)?.[1] ?? title
    const row = this.rows.get(action) ?? { run: 0, passed: 0, ms: 0 }
    this.rows.set(action, {
      run: row.run + 1,
      passed: row.passed + (status === 'passed' ? 1 : 0),
      ms: row.ms + duration,
    })
  }

  onEnd(): void {
    const rows = [...this.rows]
    if (rows.length === 0) return
    const sum = (of: 'run' | 'passed' | 'ms') => rows.reduce((total, [, row]) => total + row[of], 0)
    const lines = rows.map(([action, { run, passed }]) => `  ${String(passed).padStart(3)} of ${run}  ${action}`)
    const minutes = (sum('ms') / 60_000).toFixed(1)
    console.log(
      `\nFault scenarios: ${sum('run')} run, ${sum('passed')} passed, ${minutes} minutes\n${lines.join('\n')}`,
    )
  }
}
