import { hashText } from '../core/hash.ts'
import { opening, promptText } from '../core/prompt.ts'
import { pcg4d } from '../core/random.ts'
import { BranchScope } from '../search/branch-scope.ts'
import type { Branch, Policy, Usage } from '../search/models.ts'
import type { GrownResponse, SamplingSettings } from './grow-responses.ts'
import { growResponses, writtenSteps } from './grow-responses.ts'
import type { ResponseProblem } from './problem-set.ts'
import { knownVerdict } from './problem-set.ts'
import { addUsage, NO_USAGE } from './usage.ts'

/**
 * What a prefix is worth to a policy: how many of its completions are right. `completions` counts drawn ones; with
 * `verdict` the response had ended and its verdict counts as the one run; with `rule` the task says that nothing right
 * can follow.
 */
export interface PrefixValue {
  readonly right: number
  readonly runs: number
  readonly from: 'completions' | 'verdict' | 'rule'
  /** The drawn ones. */
  readonly completions: readonly GrownResponse[]
  readonly verdicts: readonly boolean[]
}

/** Fraction of completions that are right (Math-Shepherd's soft estimation). */
export function softLabel({ right, runs }: Pick<PrefixValue, 'right' | 'runs'>): number {
  return right / runs
}

/** Whether any completion is right (Math-Shepherd's hard estimation). */
export function hardLabel({ right }: Pick<PrefixValue, 'right'>): boolean {
  return right > 0
}

/** A problem whose prefixes are valued. */
export interface PrefixProblem extends ResponseProblem {
  /** The prompt as it was put to the policy, where that is known. */
  readonly sent?: string
  /** Whether every step so far obeys the task's rules; a prefix that does not counts 0 without being completed. */
  isValid?(steps: readonly string[]): boolean
}

export interface ValueSettings {
  /** Completions per prefix. */
  readonly k: number
  readonly seed: number
  readonly sampling: SamplingSettings
}

/** A prefix, and whether nothing can follow it. */
export interface Prefix {
  readonly steps: readonly string[]
  readonly ended: boolean
}

/** Completions drawn in one call, at most. */
const BATCH = 256

/**
 * Values of the prefixes of one problem, each estimated once by k completions. The noise is keyed by the seed and the
 * prefix's text, so a value does not depend on which response it was met in.
 */
export class PrefixValues {
  usage: Usage = NO_USAGE
  /** Completions drawn so far. */
  drawn = 0
  private readonly policy: Policy
  private readonly problem: PrefixProblem
  private readonly before: readonly string[]
  private readonly settings: ValueSettings
  private readonly signal: AbortSignal | undefined
  private readonly values = new Map<string, PrefixValue>()
  private readonly branches = new Map<string, Promise<Branch>>()
  private readonly scope = new BranchScope()

  constructor(policy: Policy, problem: PrefixProblem, settings: ValueSettings, signal?: AbortSignal) {
    this.policy = policy
    this.problem = problem
    this.before = opening(problem.sent ?? '')
    this.settings = settings
    this.signal = signal
  }

  /** Values of prefixes, in order. New ones are completed together. */
  async of(prefixes: readonly Prefix[]): Promise<PrefixValue[]> {
    const unknown = new Map<string, readonly string[]>()
    for (const prefix of prefixes) {
      const key = keyOf(prefix)
      if (this.values.has(key) || unknown.has(key)) continue
      const known = this.known(prefix)
      if (known) this.values.set(key, known)
      else unknown.set(key, prefix.steps)
    }
    const open = [...unknown]
    const size = Math.max(1, Math.floor(BATCH / this.settings.k))
    for (let start = 0; start < open.length; start += size) await this.complete(open.slice(start, start + size))
    return prefixes.map((prefix) => {
      const value = this.values.get(keyOf(prefix))
      if (!value) throw new RangeError('a prefix was left without a value')
      return value
    })
  }

  /** Gives everything back. */
  close(): void {
    this.scope.close()
  }

  /** What needs no completion. */
  private known({ steps, ended }: Prefix): PrefixValue | null {
    const { problem, before } = this
    const response = [...before, ...steps]
    if (ended || (steps.length > 0 && problem.isFinal(response))) {
      return decided(knownVerdict(problem, response) ? 1 : 0, 'verdict')
    }
    return problem.isValid && !problem.isValid(steps) ? decided(0, 'rule') : null
  }

  private async complete(prefixes: readonly (readonly [key: string, steps: readonly string[]])[]): Promise<void> {
    const { policy, problem, settings, signal } = this
    signal?.throwIfAborted()
    const opened = await Promise.allSettled(prefixes.map(([, steps]) => this.branch(steps)))
    const roots = opened.map((branch, index) => {
      if (branch.status === 'rejected') throw branch.reason
      const seed = pcg4d(
        settings.seed,
        hashText(promptText(problem.prompt)),
        hashText(prefixes[index]?.[0] ?? ''),
        0,
      )[0]
      return {
        branch: branch.value,
        count: settings.k,
        seed,
        before: [...this.before, ...(prefixes[index]?.[1] ?? [])],
      }
    })
    const { responses, usage } = await growResponses(policy, roots, problem.isFinal, settings.sampling, signal)
    this.usage = addUsage(this.usage, usage)
    for (const [index, [key, steps]] of prefixes.entries()) {
      const completions = responses[index] ?? []
      const verdicts = completions.map((grown) =>
        knownVerdict(problem, [...this.before, ...steps, ...writtenSteps(grown.steps)]),
      )
      const right = verdicts.filter(Boolean).length
      this.drawn += completions.length
      this.values.set(key, { right, runs: completions.length, from: 'completions', completions, verdicts })
    }
  }

  /** The sequence after these steps; what prefixes have in common is run once. */
  private branch(steps: readonly string[]): Promise<Branch> {
    const key = steps.join('')
    const known = this.branches.get(key)
    if (known !== undefined) return known
    const made = this.extend(steps)
    this.branches.set(key, made)
    return made
  }

  private async extend(steps: readonly string[]): Promise<Branch> {
    const last = steps.at(-1)
    const { policy } = this
    const { branch, usage } =
      last === undefined
        ? await policy.open(this.problem.prompt)
        : await policy.extend(await this.branch(steps.slice(0, -1)), last)
    this.usage = addUsage(this.usage, usage)
    return this.scope.own(branch, policy)
  }
}

/** A prefix that has ended is told from one that goes on. */
function keyOf({ steps, ended }: Prefix): string {
  return ended ? `${steps.join('')}\0` : steps.join('')
}

function decided(right: 0 | 1, from: 'verdict' | 'rule'): PrefixValue {
  return { right, runs: 1, from, completions: [], verdicts: [] }
}
