import { configDifference } from '../../formats/strategy-spec.ts'
import type { RunSetup } from '../../search/events.ts'
import type { ModelInfo } from '../../search/models.ts'
import { SETTING_NAMES, strategyName, usesSetting } from '../../search/settings.ts'
import type { AppState } from '../app-state.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import { modelName } from '../models/model-names.ts'
import type { RunView } from './runs-state.ts'
import { goldOf, taskName } from './task-tools.ts'

/** Something in which a run and what is set up and loaded now are not the same, in words for both. */
export interface Difference {
  readonly what:
    | 'problem'
    | 'gold answer'
    | 'system message'
    | 'given steps'
    | 'strategy'
    | 'settings'
    | 'seed'
    | 'policy'
    | 'reward model'
  readonly run: string
  readonly now: string
}

/**
 * The one relation between a run and what stands around it: in what its setup, and the models that made it, differ from the
 * session and the models of now. Empty where the run is of what is shown. Models that are loaded are compared by the hash of
 * their weights and, on the same machine, by the weights' format, others by name; before a run's first event nothing is known of its models, and nothing is said.
 */
export function differencesOf(
  run: Pick<RunView, 'setup' | 'events'>,
  { session, engine }: Pick<AppState, 'session' | 'engine'>,
): readonly Difference[] {
  const differences: Difference[] = []
  const differ = (what: Difference['what'], made: string, now: string): void => {
    differences.push({ what, run: made, now })
  }
  const { setup } = run
  const problem = session.problem.ok ? session.problem.text : session.problemText
  if (setup.task !== session.task)
    differ('problem', `${taskName(setup.task)}: ${setup.problem}`, `${taskName(session.task)}: ${problem}`)
  else if (setup.problem !== problem) differ('problem', setup.problem, problem)
  else if (session.problem.ok) {
    const [made, now] = [goldOf(setup), goldOf({ task: session.task, problem, fields: session.problem.fields })]
    if (made !== now) differ('gold answer', made || 'none', now || 'none')
  }
  if ((setup.system ?? null) !== session.system) {
    differ('system message', systemWords(setup.system), systemWords(session.system))
  }
  if (setup.prefix.join('\u0000') !== session.prefix.join('\u0000')) {
    differ('given steps', givenWords(setup.prefix), givenWords(session.prefix))
  }
  if (setup.strategy !== session.strategy)
    differ('strategy', strategyName(setup.strategy), strategyName(session.strategy))
  else {
    const [made, now] = settingsWords(setup, session.config)
    if (made !== now) differ('settings', made, now)
  }
  if (setup.seed !== session.seed) differ('seed', String(setup.seed), String(session.seed))
  const [started] = run.events
  if (started?.type !== 'started') return differences
  const loaded = engine.phase === 'ready' ? engine.models : null
  if (!sameModel(started.policy, engine.policy, loaded?.policy)) {
    differ('policy', modelWords(started.policy, engine.policy, engine), engine.policy.name)
  }
  if (started.reward && !sameModel(started.reward, engine.reward, loaded?.reward)) {
    differ('reward model', modelWords(started.reward, engine.reward, engine), engine.reward?.name ?? 'none')
  }
  return differences
}

/** Whether a run reads as the setup says, whatever models made it. */
export function sameSetup(a: RunSetup, b: RunSetup): boolean {
  return (
    a.task === b.task &&
    a.problem === b.problem &&
    a.system === b.system &&
    a.strategy === b.strategy &&
    a.seed === b.seed &&
    a.prefix.join('\u0000') === b.prefix.join('\u0000') &&
    Object.keys(configDifference(a.config, b.config)).length === 0
  )
}

function sameModel(made: ModelInfo, chosen: ModelChoice | null, loaded: ModelInfo | null | undefined): boolean {
  return loaded ? made.hash === loaded.hash && sameFormat(made, loaded) : made.id === chosen?.id
}

/** On the same machine, weights in another format are a choice of the person's; another machine has its own. */
function sameFormat(made: ModelInfo, loaded: ModelInfo): boolean {
  if (made.backend !== loaded.backend || made.adapter !== loaded.adapter) return true
  return made.weights === undefined || loaded.weights === undefined || made.weights === loaded.weights
}

/** What tells a model from the one that is chosen: its name, else its weights. */
function modelWords(made: ModelInfo, chosen: ModelChoice | null, engine: AppState['engine']): string {
  const name = modelName(made.id, engine)
  if (made.id !== chosen?.id) return name
  return `${name} with other weights (${made.hash.slice(0, 8)}${made.weights ? `, ${made.weights}` : ''})`
}

function systemWords(system: string | null | undefined): string {
  if (system === null || system === undefined) return 'the default'
  return system === '' ? 'none' : system
}

function givenWords(prefix: readonly string[]): string {
  return prefix.length === 0 ? 'none' : prefix.map((step) => step.trim()).join(' ⏎ ')
}

/** The settings that the strategy uses and that differ, as both have them. */
function settingsWords({ strategy, config }: RunSetup, now: RunSetup['config']): readonly [string, string] {
  const keys = SETTING_NAMES.filter((name) => usesSetting(strategy, name) && config[name] !== now[name])
  const words = (of: RunSetup['config']) => keys.map((key) => `${key} ${of[key]}`).join(', ')
  return [words(config), words(now)]
}
