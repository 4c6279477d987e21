import type { ProposedEvent, SearchEvent } from '../events.ts'
import { judgesResponses } from '../settings.ts'

/** Tokens that sequences from one point have between them, where what they begin with alike counts once. */
class Beginnings {
  private readonly seen = new Set<string>()

  /** @returns how many tokens no earlier sequence had */
  add(tokens: readonly (number | string)[]): number {
    const before = this.seen.size
    for (let length = 1; length <= tokens.length; length++) this.seen.add(tokens.slice(0, length).join('\0'))
    return this.seen.size - before
  }
}

/**
 * What a search with a vocabulary of characters has to run, counted from its events alone: siblings proposed (or scored)
 * together share what they begin with; a step's last token is run where somebody continues from it.
 */
export function recount(events: readonly SearchEvent[]): { unique: number; merged: number; rewardUnique: number } {
  const prompt = events.flatMap((event) => (event.type === 'started' ? [event.prompt.length] : []))[0] ?? 0
  const texts = new Map<number, { parent: number; text: string }>()
  const continued = new Set<number>()
  const calls = new Map<string, ProposedEvent[]>()
  const scorings = new Map<string, Beginnings>()
  let unique = prompt
  let merged = 0
  let rewardUnique = 0
  const read = (text: string) => [...(text.endsWith('\n') ? text : `${text}\n`)]
  const [started] = events
  const whole = started?.type === 'started' && judgesResponses(started.setup.strategy)
  const responseTo = (node: number): string => {
    const step = texts.get(node)
    return step ? responseTo(step.parent) + step.text : ''
  }

  for (const event of events) {
    if (event.type === 'proposed') {
      texts.set(event.node, event)
      continued.add(event.parent)
      const key = event.given || event.forced ? `given ${event.node}` : `${event.round} ${event.parent}`
      calls.set(key, [...(calls.get(key) ?? []), event])
    } else if (event.type === 'rolledOut') {
      for (const step of event.steps) {
        if (step.reused) continue
        continued.add(step.parent)
        unique += step.tokens.length - 1
        if (step.score !== null) rewardUnique += read(step.text).length
      }
    } else if (event.type === 'scored' && event.score !== null) {
      const { parent = 0, text = '' } = texts.get(event.node) ?? {}
      const key = whole ? 'all' : `${event.round} ${parent}`
      const together = scorings.get(key) ?? new Beginnings()
      scorings.set(key, together)
      rewardUnique += together.add(read(whole ? responseTo(event.node) : text))
    }
  }
  for (const call of calls.values()) {
    const together = new Beginnings()
    for (const { tokens, reused } of call) {
      const fresh = together.add(tokens.slice(0, -1).map(({ id }) => id))
      if (reused) merged += fresh
      else unique += fresh
    }
  }
  continued.delete(0)
  return { unique: unique + continued.size, merged, rewardUnique: rewardUnique === 0 ? 0 : prompt + rewardUnique }
}
