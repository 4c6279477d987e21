import { promptText } from '../core/prompt.ts'
import type { Policy, Usage } from '../search/models.ts'
import type { GivenResponse } from './given-response.ts'
import { givenResponse } from './given-response.ts'
import type { SamplingSettings } from './grow-responses.ts'
import { DEFAULT_SAMPLING } from './grow-responses.ts'
import type { LabelProblem } from './monte-carlo-labels.ts'
import type { PrefixProblem } from './prefix-values.ts'
import { PrefixValues, softLabel } from './prefix-values.ts'
import type { SetOptions } from './problem-set.ts'
import { defaultConcurrency, knownVerdict, overProblems } from './problem-set.ts'
import type { ValuedPrefix, ValueTree } from './value-tree.ts'
import { valueTree } from './value-tree.ts'

/** Constants of the search, named as in the paper. */
export interface OmegaSettings {
  /** Completions per prefix (OpenR's code takes 16). */
  readonly k: number
  /** Prefers prefixes that are mostly right: α^(1 − MC). */
  readonly alpha: number
  /** Prefers short rollouts: β^(length / L). */
  readonly beta: number
  readonly lengthScale: number
  readonly exploration: number
  /** Rollouts searched for their first wrong step, at most. */
  readonly searches: number
  /** No further search begins once so many completions were drawn. */
  readonly budget: number
}

export const DEFAULT_OMEGA: OmegaSettings = {
  k: 8,
  alpha: 0.5,
  beta: 0.9,
  lengthScale: 500,
  exploration: 0.125,
  searches: 20,
  budget: Number.POSITIVE_INFINITY,
}

/** A prefix in the search: how often it was chosen, and its wrong rollouts that were not searched yet. */
interface State {
  readonly steps: readonly string[]
  readonly value: number
  visits: number
  readonly wrong: GivenResponse[]
}

/** What the search found out about one problem. */
export interface ProblemTree {
  readonly problem: number
  readonly tree: ValueTree
  /** The prefixes in the tree, the prompt's own first, in the order in which they were valued. */
  readonly prefixes: readonly ValuedPrefix[]
  /** Rollouts that were searched. */
  readonly searches: number
  /** Completions drawn. */
  readonly completions: number
  readonly usage: Usage
}

export interface OmegaOptions extends SetOptions {
  readonly seed: number
  readonly settings?: Partial<OmegaSettings>
  readonly sampling?: Partial<SamplingSettings>
}

/**
 * Labels by divide and conquer (Luo et al., OmegaPRM, arXiv 2406.06592, algorithm 1): again and again the wrong rollout
 * that promises most is chosen among the prefixes that are neither always right nor always wrong, and its first wrong
 * step is found by binary search over the values of its prefixes. Responses given with a problem are its first
 * rollouts; without, k are drawn. Yields in the order of the problems.
 */
export async function* omegaLabels(
  policy: Policy,
  problems: readonly LabelProblem[],
  options: OmegaOptions,
): AsyncGenerator<ProblemTree, void> {
  const settings = { ...DEFAULT_OMEGA, ...options.settings }
  const sampling = { ...DEFAULT_SAMPLING, ...options.sampling }
  const concurrency = options.concurrency ?? defaultConcurrency(settings.k)
  yield* overProblems(problems, concurrency, options, async (problem, index, signal) => {
    const values = new PrefixValues(policy, problem, { k: settings.k, seed: options.seed, sampling }, signal)
    try {
      const { prefixes, searches } = await searchTree(values, problem, settings)
      const tree = valueTree(problem.sent ?? promptText(problem.prompt), prefixes)
      return { problem: index, tree, prefixes, searches, completions: values.drawn, usage: values.usage }
    } finally {
      values.close()
    }
  })
}

async function searchTree(
  values: PrefixValues,
  problem: LabelProblem,
  settings: OmegaSettings,
): Promise<{ prefixes: ValuedPrefix[]; searches: number }> {
  const states = new Map<string, State>()
  const enter = async (steps: readonly string[], ended: boolean): Promise<State> => {
    const key = steps.join('')
    const known = states.get(key)
    if (known) return known
    const given = steps.length === 0 && problem.responses.length > 0 ? problem.responses : null
    const state = given ? stateOfResponses(problem, given) : await stateOfPrefix(values, steps, ended)
    states.set(key, state)
    return state
  }
  await enter([], false)
  let searches = 0
  while (searches < settings.searches && values.drawn < settings.budget) {
    const chosen = choose([...states.values()], settings)
    if (!chosen) break
    const { state, rollout } = chosen
    state.visits += 1
    state.wrong.splice(state.wrong.indexOf(rollout), 1)
    searches += 1
    // Right somehow after `right` of its steps, never after `wrong` of them.
    let right = 0
    let wrong = rollout.steps.length
    const whole = await enter([...state.steps, ...rollout.steps], rollout.ended)
    // It broke off where others go on to a right answer: no step of it is wrong.
    if (whole.value > 0) continue
    while (wrong - right > 1) {
      const middle = (right + wrong) >> 1
      const { value } = await enter([...state.steps, ...rollout.steps.slice(0, middle)], false)
      if (value > 0) right = middle
      else wrong = middle
    }
  }
  return { prefixes: [...states.values()].map(({ steps, value }) => ({ steps, value })), searches }
}

async function stateOfPrefix(values: PrefixValues, steps: readonly string[], ended: boolean): Promise<State> {
  const [found] = await values.of([{ steps, ended }])
  if (!found) throw new RangeError('a prefix was left without a value')
  const wrong = found.completions.filter((_, index) => !found.verdicts[index]).map(givenResponse)
  return stateOf(steps, softLabel(found), wrong)
}

/** The prompt, whose completions are the responses given with the problem. */
function stateOfResponses(problem: PrefixProblem, responses: readonly GivenResponse[]): State {
  const wrong = responses.filter(({ steps }) => !knownVerdict(problem, steps))
  return stateOf([], 1 - wrong.length / responses.length, wrong)
}

/** Equal rollouts have one first wrong step, so one of them is kept. */
function stateOf(steps: readonly string[], value: number, wrong: readonly GivenResponse[]): State {
  const different = new Map(
    wrong.filter((given) => given.steps.length > 0).map((given) => [given.steps.join(''), given]),
  )
  return { steps, value, visits: 0, wrong: [...different.values()] }
}

/** The rollout with the highest Q + U; ties to the one found first. */
function choose(
  states: readonly State[],
  { alpha, beta, lengthScale, exploration }: OmegaSettings,
): { readonly state: State; readonly rollout: GivenResponse } | null {
  const visits = Math.sqrt(states.reduce((sum, state) => sum + state.visits, 0))
  let best: { readonly state: State; readonly rollout: GivenResponse } | null = null
  let highest = Number.NEGATIVE_INFINITY
  for (const state of states) {
    if (state.value <= 0 || state.value >= 1) continue
    const bonus = (exploration * visits) / (1 + state.visits)
    for (const rollout of state.wrong) {
      const worth = alpha ** (1 - state.value) * beta ** (rollout.tokens / lengthScale) + bonus
      if (worth <= highest) continue
      highest = worth
      best = { state, rollout }
    }
  }
  return best
}
