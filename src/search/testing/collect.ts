import { applyEvent, emptyTree } from '../apply-event.ts'
import type { NodeId, RunSetup, SearchEvent } from '../events.ts'
import type { Checker, Policy, RewardModel } from '../models.ts'
import { runSearch } from '../run-search.ts'
import type { StrategyConfig, StrategyId } from '../settings.ts'
import { DEFAULT_CONFIG } from '../settings.ts'
import type { SearchTree } from '../tree.ts'

export const PROMPT = 'Q?\n'

/** A run's setup for tests: default settings but those given. */
export function setupOf(
  strategy: StrategyId,
  config: Partial<StrategyConfig> = {},
  rest: Partial<RunSetup> = {},
): RunSetup {
  return {
    task: 'test',
    problem: '?',
    strategy,
    config: { ...DEFAULT_CONFIG, ...config },
    seed: 7,
    prefix: [],
    ...rest,
  }
}

/** Responses end with a line `A …`; the right answer is `yes`. */
export const testChecker: Checker = {
  isFinal: (steps) => steps.at(-1)?.startsWith('A ') === true,
  verify: (steps) => {
    const last = steps.at(-1) ?? ''
    const answer = last.startsWith('A ') ? last.slice(2).trim() : null
    return {
      answer,
      correct: answer === 'yes',
      explanation: answer === null ? 'There is no answer.' : `It says ${answer}.`,
    }
  },
  accepts: (steps) => steps.at(-1) === 'A yes\n',
  forcing: { wait: 'Wait', answerMarker: 'A ' },
}

export interface TestModels {
  readonly policy: Policy & { readonly live: number }
  readonly reward: (RewardModel & { readonly live: number }) | null
  readonly checker?: Checker
}

/** All events of a run. */
export async function collect(setup: RunSetup, models: TestModels, signal?: AbortSignal): Promise<SearchEvent[]> {
  const context = {
    prompt: PROMPT,
    checker: models.checker ?? testChecker,
    policy: models.policy,
    reward: models.reward,
  }
  const events: SearchEvent[] = []
  for await (const event of runSearch(setup, context, signal)) events.push(event)
  return events
}

export function treeOf(events: readonly SearchEvent[]): SearchTree {
  return events.reduce(applyEvent, emptyTree())
}

/** `>` kept, `x` pruned, `?` proposed, `.` rolled out, `=` candidate, `!` answer, each with the step, in node order. */
export function sketch(tree: SearchTree): string[] {
  const marks = {
    root: '',
    proposed: '?',
    rolledOut: '.',
    kept: '>',
    pruned: 'x',
    candidate: '=',
    answer: '!',
  } as const
  return tree.nodes.slice(1).map((node) => {
    const times = node.count > 1 ? ` ×${node.count}` : ''
    return `${marks[node.state]} ${pathText(tree, node.id)}${times}`
  })
}

/** The steps to a node, in one line. */
export function pathText(tree: SearchTree, id: NodeId): string {
  const node = tree.nodes[id]
  if (!node || node.parent === null) return ''
  const above = pathText(tree, node.parent)
  const step = node.text === '' ? '∅' : node.text.trim()
  return above === '' ? step : `${above}/${step}`
}
