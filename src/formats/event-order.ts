import { StepscopeError } from '../core/errors.ts'
import type { SearchEvent } from '../search/events.ts'

/**
 * Checks what a schema cannot: the first event starts the run and only it, nodes appear in the order of their
 * ids below nodes that stand, and every event is about a node that stands. Throws a StepscopeError `bad-file`.
 *
 * @param at field name of the list, for messages
 */
export function checkEventOrder(events: readonly SearchEvent[], file: string, at = 'events'): void {
  let nodes = 0
  let ended = false
  events.forEach((event, index) => {
    const place = `${at}[${index}]`
    const known = (node: number, field: string): void => {
      if (node >= nodes)
        throw wrong(file, `${place}.${field}`, 'The event is about a node that does not exist', nodes, node)
    }
    const appear = (step: { node: number; parent: number }, reused: boolean, field: string): void => {
      known(step.parent, `${field}parent`)
      if (reused) known(step.node, `${field}node`)
      else if (step.node === nodes) nodes += 1
      else
        throw new StepscopeError({
          code: 'bad-file',
          message: 'Nodes must appear in the order of their ids',
          expected: String(nodes),
          found: String(step.node),
          place: { file, field: `${place}.${field}node` },
          nextStep: 'Open a file that Stepscope exported.',
        })
    }
    if ((event.type === 'started') !== (index === 0) || ended) {
      throw new StepscopeError({
        code: 'bad-file',
        message: ended ? 'No event may follow the end of a run' : 'A run starts with one “started” event',
        expected: ended ? 'the end of the list' : index === 0 ? 'started' : 'another type',
        found: event.type,
        place: { file, field: `${place}.type` },
        nextStep: 'Open a file that Stepscope exported.',
      })
    }
    switch (event.type) {
      case 'started':
        nodes = 1
        break
      case 'proposed':
        appear(event, event.reused, '')
        break
      case 'rolledOut':
        known(event.node, 'node')
        event.steps.forEach((step, at) => {
          appear(step, step.reused, `steps[${at}].`)
        })
        break
      case 'finished':
        ended = true
        if (event.node !== null) known(event.node, 'node')
        event.candidates.forEach((candidate, at) => {
          known(candidate.node, `candidates[${at}].node`)
        })
        break
      default:
        known(event.node, 'node')
    }
  })
}

function wrong(file: string, field: string, message: string, nodes: number, found: number): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message,
    expected: nodes === 0 ? 'no node yet' : `0 to ${nodes - 1}`,
    found: String(found),
    place: { file, field },
    nextStep: 'Open a file that Stepscope exported.',
  })
}
