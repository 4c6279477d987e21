import type { Decision, RunSetup, SearchEvent, StepData } from '../search/events.ts'
import { aggregationOf, answerRule } from '../search/settings.ts'
import { senseless } from './senseless.ts'

/** Log-probabilities are differences of float32 numbers: one of a certain token may come out a little above 0. */
export const LOGPROB_ROUNDING = 1e-4

/**
 * Checks what a schema cannot: `executed = unique + merged + overrun` after every event, and no count of the ledger ever
 * shrinks; scores lie within 0 and 1 (sums of log-odds and votes excepted); log-probabilities are at most 0, and a step's is
 * the sum of its tokens'; a rollout is a chain; the end tells the verdicts of the tree. The order of the events was checked.
 * @param at field name of the list, for messages
 * @throws StepscopeError `bad-file` that names event and field
 */
export function checkEventSense(events: readonly SearchEvent[], file: string, at = 'events'): void {
  const [started] = events
  if (started?.type !== 'started') return
  const checks = new Checks(file, started.setup)
  events.forEach((event, index) => {
    checks.place = `${at}[${index}]`
    checks.ledger(event, events[index - 1])
    checks.event(event)
  })
}

class Checks {
  /** Of the event at hand. */
  place = ''
  private readonly file: string
  private readonly setup: RunSetup
  private readonly steps = new Map<number, StepData>()

  constructor(file: string, setup: RunSetup) {
    this.file = file
    this.setup = setup
  }

  ledger({ ledger }: SearchEvent, before: SearchEvent | undefined): void {
    for (const model of ['policy', 'reward'] as const) {
      const now = ledger[model]
      const sum = now.unique + now.merged + now.overrun
      if (now.executed !== sum) {
        this.fail(
          `ledger.${model}.executed`,
          'The tokens executed are not unique + merged + overrun',
          sum,
          now.executed,
        )
      }
      for (const line of ['asked', 'executed', 'unique', 'merged', 'overrun', 'flops'] as const) {
        const least = before?.ledger[model][line] ?? 0
        if (now[line] >= least) continue
        this.fail(`ledger.${model}.${line}`, 'The ledger shrinks', `at least ${least}, as the event before`, now[line])
      }
    }
  }

  event(event: SearchEvent): void {
    switch (event.type) {
      case 'proposed':
        this.step(event, event.reused, '')
        if (event.samples.length === 0) this.fail('samples', 'A proposal stands for no sample', 'at least one', 'none')
        break
      case 'scored':
        this.unit(event.score, 'score')
        this.pathScore(event.pathScore, 'pathScore')
        break
      case 'rolledOut':
        event.steps.forEach((step, index) => {
          const parent = event.steps[index - 1]?.node ?? event.node
          const field = `steps[${index}].`
          if (step.parent !== parent) this.fail(`${field}parent`, 'The rollout is no chain', parent, step.parent)
          this.step(step, step.reused, field)
          this.unit(step.score, `${field}score`)
        })
        this.pathScore(event.pathScore, 'pathScore')
        break
      case 'kept':
      case 'pruned':
        this.compared(event.decision, 'score')
        this.compared(event.decision, 'against')
        break
      case 'selected':
        event.choices.forEach(({ node, compared }, index) => {
          const field = `choices[${index}].`
          if (!compared.some((child) => child.node === node)) {
            this.fail(`${field}node`, 'The node was not to choose from', 'one of those compared', node)
          }
          compared.forEach(({ prior, value }, child) => {
            this.unit(prior, `${field}compared[${child}].prior`)
            this.unit(value, `${field}compared[${child}].value`)
          })
        })
        break
      case 'expanded':
        event.children.forEach(({ prior }, index) => {
          this.unit(prior, `children[${index}].prior`)
        })
        break
      case 'evaluated':
        this.unit(event.score, 'score')
        this.unit(event.outcome, 'outcome')
        this.unit(event.value, 'value')
        break
      case 'revised':
        this.unit(event.before, 'before')
        this.unit(event.score, 'score')
        break
      case 'backedUp':
        this.unit(event.value, 'value')
        break
      case 'finished':
        event.candidates.forEach((candidate, index) => {
          this.pathScore(candidate.pathScore, `candidates[${index}].pathScore`)
          this.verdict(candidate.node, candidate, `candidates[${index}].`)
        })
        if (event.node !== null) this.verdict(event.node, event, '')
    }
  }

  private step(step: StepData, reused: boolean, field: string): void {
    const known = this.steps.get(step.node)
    if (reused && known?.parent !== step.parent) {
      this.fail(`${field}parent`, 'The node stands below another', known?.parent ?? 'no parent', step.parent)
    }
    this.steps.set(step.node, step)
    step.tokens.forEach(({ logprob }, index) => {
      this.logprob(logprob, `${field}tokens[${index}].logprob`)
    })
    this.logprob(step.logprob, `${field}logprob`)
    const sum = step.tokens.reduce((total, { logprob }) => total + logprob, 0)
    if (Math.abs(step.logprob - sum) <= LOGPROB_ROUNDING * (1 + Math.abs(sum))) return
    this.fail(`${field}logprob`, 'The step’s log-probability is not the sum of its tokens’', sum, step.logprob)
  }

  private logprob(value: number, field: string): void {
    if (value > LOGPROB_ROUNDING) this.fail(field, 'A log-probability is above 0', 'at most 0', value)
  }

  private unit(value: number | null, field: string): void {
    if (value !== null && !(value >= 0 && value <= 1)) {
      this.fail(field, 'A score is out of range', 'a number from 0 to 1', value)
    }
  }

  /** A sum of log-odds may be any number. */
  private pathScore(value: number | null, field: string): void {
    if (aggregationOf(this.setup) !== 'sum-log-odds') this.unit(value, field)
  }

  /** The answers of a vote are compared by sums over their paths. */
  private compared(decision: Decision, field: 'score' | 'against'): void {
    const answers = decision.rule === 'answer' || decision.rule === 'not-answer'
    const value = decision[field]
    // A priority has exploration added.
    if (decision.rule === 'selected') return
    // Once every strategy had sums where the setting said so, those with a single finished path among them.
    const voted = answerRule(this.setup) !== 'score' || this.setup.config.answerBy !== 'score'
    if (!answers || !voted) this.pathScore(value, `decision.${field}`)
    else if (value !== null && value < 0 && this.setup.config.aggregation !== 'sum-log-odds') {
      this.fail(`decision.${field}`, 'A score is out of range', 'a number from 0', value)
    }
  }

  private verdict(
    node: number,
    told: { readonly answer: string | null; readonly correct: boolean | null },
    field: string,
  ): void {
    const verdict = this.steps.get(node)?.verdict
    if (!verdict) this.fail(`${field}node`, 'The path has not finished', 'a node with a verdict', node)
    else if (told.answer !== verdict.answer) {
      this.fail(`${field}answer`, 'The answer is not that of the node', verdict.answer ?? 'null', told.answer ?? 'null')
    } else if (told.correct !== verdict.correct) {
      this.fail(`${field}correct`, 'The verdict is not that of the node', String(verdict.correct), String(told.correct))
    }
  }

  private fail(field: string, message: string, expected: string | number, found: string | number): never {
    throw senseless({ file: this.file, field: `${this.place}.${field}` }, message, expected, found)
  }
}
