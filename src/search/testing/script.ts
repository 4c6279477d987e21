import type { Decision, FinishedEvent, SearchEvent } from '../events.ts'
import type { ScriptedOptions } from './scripted-models.ts'
import { ScriptedPolicy, ScriptedRewardModel, tableScript } from './scripted-models.ts'

/** Models that write and score what tables say; scores are looked up by the whole text (`a/b`), else by its last line. */
export function scripted(
  table: Readonly<Record<string, readonly string[]>>,
  scores: Readonly<Record<string, number>> = {},
  options: ScriptedOptions = {},
): { readonly policy: ScriptedPolicy; readonly reward: ScriptedRewardModel } {
  const lookUp = (text: string): number => {
    const line = text.trimEnd().split('\n').at(-1) ?? ''
    const score = scores[text.trimEnd().replaceAll('\n', '/')] ?? scores[line]
    if (score === undefined) throw new Error(`no score for ${JSON.stringify(text)}`)
    return score
  }
  return { policy: new ScriptedPolicy(tableScript(table)), reward: new ScriptedRewardModel(lookUp, options) }
}

export function endOf(events: readonly SearchEvent[]): FinishedEvent {
  const event = events.at(-1)
  if (event?.type !== 'finished') throw new Error('the run did not finish')
  return event
}

export function ofType<T extends SearchEvent['type']>(
  events: readonly SearchEvent[],
  type: T,
): Extract<SearchEvent, { type: T }>[] {
  return events.filter((event): event is Extract<SearchEvent, { type: T }> => event.type === type)
}

/**
 * Every event after `started` in one line, the whole sequence of a search: `1.2 + a ×2` (round, node, the step and its
 * samples; `~` where it stood), `1.2 = 0.5`, `1.2 kept rank 0.5 > 0.3 1/3`, `finished enough-candidates 2 yes`.
 */
export function sequence(events: readonly SearchEvent[]): string[] {
  return events.slice(1).map(lineOf)
}

function lineOf(event: SearchEvent): string {
  const at = 'round' in event ? `${event.round}.${'node' in event ? event.node : ''}` : ''
  switch (event.type) {
    case 'started':
      return 'started'
    case 'proposed': {
      const text = event.text === '' ? '∅' : event.text.trim()
      const times = event.samples.length > 1 ? ` ×${event.samples.length}` : ''
      const forced = event.forced ? ` (${event.forced})` : ''
      return `${at} ${event.reused ? '~' : '+'} ${text}${times}${forced}`
    }
    case 'scored':
      return `${at} = ${short(event.score)}${event.score === event.pathScore ? '' : ` path ${short(event.pathScore)}`}`
    case 'rolledOut': {
      const steps = event.steps.map(({ node, text, reused }) => `${node}${reused ? '~' : '+'}${text.trim()}`)
      return `${at} rollout ${[...steps, short(event.pathScore)].join(' ')}${event.accepted ? ' accepted' : ''}`
    }
    case 'kept':
    case 'pruned':
      return `${at} ${event.type} ${decisionOf(event.decision)}`
    case 'selected': {
      const choices = event.choices.map(({ node, compared }) => {
        const all = compared.map((child) => `${child.node}:${short(child.priority)}`).join(' ')
        return `${node} of ${all}`
      })
      return `${at} selected ${choices.join(', ')}`
    }
    case 'expanded':
      return `${at} expanded ${event.children.map(({ node, prior }) => `${node}:${short(prior)}`).join(' ')}`
    case 'evaluated':
      return `${at} evaluated ${short(event.value)}${event.outcome === null ? '' : ` of ${short(event.score)} and ${short(event.outcome)}`}`
    case 'revised':
      return `${at} revised ${short(event.before)} to ${short(event.score)}`
    case 'backedUp':
      return `${at} n${event.visits} ${short(event.value)}`
    case 'finished':
      return `finished ${event.reason} ${event.node ?? 'nothing'} ${event.answer ?? 'no answer'}`
  }
}

function decisionOf({ rule, score, against, rank, of }: Decision): string {
  const compared = score === null ? '' : ` ${short(score)}${against === null ? '' : ` to ${short(against)}`}`
  return `${rule}${compared} ${rank}/${of}`
}

function short(value: number | null): string {
  return value === null ? '–' : String(Number(value.toFixed(4)))
}
