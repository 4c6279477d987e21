import { DEFAULT_TASK } from '../../core/default-task.ts'
import { StepscopeError } from '../../core/errors.ts'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import { checkSetup } from '../../search/check-setup.ts'
import type { Ledger, ModelLedger, RunSetup, SearchEvent } from '../../search/events.ts'
import { readGivenStep } from '../../search/given-step.ts'
import type { RewardModelInfo } from '../../search/models.ts'
import { runSearch } from '../../search/run-search.ts'
import { judgingRemark, roundsOf, usesRewardModel } from '../../search/settings.ts'
import { savedByStop } from '../../search/votes.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { checkerFor, promptOf, TASKS, taskById } from '../../tasks/registry.ts'
import type { Command } from '../command.ts'
import { drawTree } from '../draw-tree.ts'
import { loadCommandEngine, MODEL_OPTIONS } from '../engine.ts'
import type { ParsedOptions } from '../options.ts'
import { UsageError } from '../options.ts'
import type { Output } from '../output.ts'
import { ProgressLine } from '../output.ts'
import {
  completeConfig,
  readConfigOptions,
  readSeed,
  readStrategy,
  STRATEGY_NOTES,
  STRATEGY_OPTIONS,
} from '../strategy-options.ts'

export const search: Command = {
  name: 'search',
  usage: '--problem "3 5 7 2 > 24" [--strategy beam] [options]',
  summary: 'Searches one problem, and shows the tree or, with --json, every event.',
  options: {
    task: {
      type: 'string',
      value: 'NAME',
      description: `The task of the problem: ${TASKS.map(({ id }) => id).join(', ')}; default ${DEFAULT_TASK}.`,
    },
    gold: {
      type: 'string',
      value: 'TEXT',
      description: 'The gold answer, for tasks whose problems do not have it in them. No model is shown it.',
    },
    problem: {
      type: 'string',
      value: 'TEXT',
      required: true,
      description: 'The problem as its task is typed, e.g. "3 5 7 2 > 24", or a question in words.',
    },
    strategy: { type: 'string', value: 'NAME', description: 'See below; default beam.' },
    ...STRATEGY_OPTIONS,
    step: {
      type: 'string',
      multiple: true,
      value: 'TEXT',
      check: (_, text) => void readStep(text),
      description:
        'A given first step; its step end may be left out. May be repeated. The search continues after them.',
    },
    json: { type: 'boolean', description: 'Write the events as JSON lines instead of the tree.' },
    ...MODEL_OPTIONS,
  },
  notes: [STRATEGY_NOTES],
  run: async (options, output, signal) => {
    const task = taskById(options.text('task') ?? DEFAULT_TASK)
    const problem = withGold(task, task.parse(options.required('problem')), options.text('gold'))
    const choice = readStrategy('strategy', options.text('strategy') ?? 'beam', readConfigOptions(options))
    const { strategy } = choice
    const prefix = options.texts('step').map(readStep)
    const setup = (aggregation?: RunSetup['config']['aggregation']): RunSetup => ({
      task: task.id,
      problem: task.format(problem),
      fields: task.fields(problem),
      strategy,
      config: completeConfig(choice.config, aggregation),
      ...systemOf(options),
      seed: readSeed(options),
      prefix,
    })
    // Before the models are loaded: what cannot be searched is refused at once.
    checkSetup(setup())
    for (const remark of task.remarks(problem)) output.err(`stepscope: ${remark}\n`)
    const engine = await loadCommandEngine(options, output, { needsReward: usesRewardModel(strategy), signal })
    try {
      const { policy, reward } = engine
      const remark = judgingRemark(strategy, reward?.info.kind)
      if (remark !== null) output.err(`stepscope: ${remark}\n`)
      const context = {
        prompt: promptOf(task, problem, options.text('system')),
        checker: checkerFor(task, problem),
        policy,
        reward,
      }
      const events = runSearch(setup(reward?.info.aggregation), context, signal)
      await (options.flag('json') ? writeEvents(events, output) : writeTree(events, output))
    } finally {
      engine.dispose()
    }
  },
}

/** The system message belongs to the run. */
function systemOf(options: ParsedOptions): Pick<RunSetup, 'system'> {
  const system = options.text('system')
  return system === undefined ? {} : { system }
}

/** A given step. Throws a UsageError where it is empty. */
function readStep(text: string): string {
  try {
    return readGivenStep(text)
  } catch {
    throw new UsageError('--step is empty: write the text of a step')
  }
}

async function writeEvents(events: AsyncIterable<SearchEvent>, output: Output): Promise<void> {
  for await (const event of events) output.out(`${JSON.stringify(event)}\n`)
}

async function writeTree(events: AsyncIterable<SearchEvent>, output: Output): Promise<void> {
  const progress = new ProgressLine(output)
  let tree = emptyTree()
  try {
    for await (const event of events) {
      tree = applyEvent(tree, event)
      const word = tree.started ? roundsOf(tree.started.setup).word : 'Round'
      progress.show(`${word} ${tree.round}: ${tree.nodes.length - 1} steps`)
    }
  } finally {
    progress.clear()
  }
  const { finished, started } = tree
  output.out(drawTree(tree, output.color))
  if (!finished || !started) return
  const answer =
    finished.answer === null ? 'No answer' : `Answer ${finished.answer}: ${WORDS[String(finished.correct)]}`
  output.out(`\n${answer}. ${finished.explanation}\n${describeLedger(finished.ledger, started.reward?.kind)}`)
  const saving = savedByStop(tree)
  if (saving !== null) {
    const { left, of, flops } = saving
    output.out(`Saved   ${left} of ${of} responses not drawn to their end, about ${flops.toExponential(2)} FLOPs\n`)
  }
  const { id, backend, adapter } = started.policy
  output.out(
    `Models  ${[id, started.reward?.id].filter((name) => name !== undefined).join(', ')} on ${backend} (${adapter})\n`,
  )
}

/** @throws StepscopeError `bad-setting` where the task takes no gold answer */
function withGold(task: AnyTask, problem: unknown, gold: string | undefined): unknown {
  if (gold === undefined) return problem
  if (task.withGold !== null) return task.withGold(problem, gold)
  throw new StepscopeError({
    code: 'bad-setting',
    message: `The problems of ${task.name} say themselves what is right`,
    expected: 'no gold answer',
    found: gold,
    place: { field: '--gold' },
  })
}

const WORDS: Readonly<Record<string, string>> = {
  true: 'right',
  false: 'wrong',
  null: 'not checked, since the problem has no gold answer',
}

function describeLedger({ policy, reward }: Ledger, kind: RewardModelInfo['kind'] | undefined): string {
  const scored = reward.executed === 0 ? '' : describeModel(kind === 'outcome' ? 'ORM' : 'PRM', reward)
  return describeModel('Policy', policy) + scored
}

function describeModel(name: string, { asked, executed, merged, overrun, flops }: ModelLedger): string {
  const saved = asked > 0 ? `${Math.round((100 * (asked - executed)) / asked)}% saved by sharing` : 'nothing to share'
  const parts = [`${executed} tokens (${merged} merged, ${overrun} overrun)`, saved, `${flops.toExponential(2)} FLOPs`]
  return `${name.padEnd(8)}${parts.join(', ')}\n`
}
