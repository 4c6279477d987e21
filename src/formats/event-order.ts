import type { SearchEvent } from '../search/events.ts'
import { checkEventSense } from './event-sense.ts'
import { senseless } from './senseless.ts'

/**
 * Checks what a schema cannot, of the events of a run: their order, then their numbers (`checkEventSense`).
 *
 * @param at field name of the list, for messages
 * @throws StepscopeError `bad-file` that names event and field
 */
export function checkEvents(events: readonly SearchEvent[], file: string, at = 'events'): void {
  checkEventOrder(events, file, at)
  checkEventSense(events, file, at)
}

/**
 * The first event starts the run and only it, nodes appear in the order of their
 * ids below nodes that stand, and every event is about a node that stands.
 */
function checkEventOrder(events: readonly SearchEvent[], file: string, at: string): void {
  let nodes = 0
  let ended = false
  events.forEach((event, index) => {
    const place = `${at}[${index}]`
    const known = (node: number, field: string): void => {
      if (node < nodes) return
      const expected = nodes === 0 ? 'no node yet' : `0 to ${nodes - 1}`
      throw senseless(
        { file, field: `${place}.${field}` },
        'The event is about a node that does not exist',
        expected,
        node,
      )
    }
    const appear = (step: { node: number; parent: number }, reused: boolean, field: string): void => {
      known(step.parent, `${field}parent`)
      if (reused) known(step.node, `${field}node`)
      else if (step.node === nodes) nodes += 1
      else {
        const where = { file, field: `${place}.${field}node` }
        throw senseless(where, 'Nodes must appear in the order of their ids', nodes, step.node)
      }
    }
    if ((event.type === 'started') !== (index === 0) || ended) {
      const message = ended ? 'No event may follow the end of a run' : 'A run starts with one “started” event'
      const expected = ended ? 'the end of the list' : index === 0 ? 'started' : 'another type'
      throw senseless({ file, field: `${place}.type` }, message, expected, event.type)
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
      case 'selected':
        known(event.node, 'node')
        event.choices.forEach(({ node, compared }, at) => {
          known(node, `choices[${at}].node`)
          compared.forEach((child, place) => {
            known(child.node, `choices[${at}].compared[${place}].node`)
          })
        })
        break
      case 'expanded':
        known(event.node, 'node')
        event.children.forEach((child, at) => {
          known(child.node, `children[${at}].node`)
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

/** Nodes of the tree after all events. */
export function countNodes(events: readonly SearchEvent[]): number {
  let nodes = 0
  for (const event of events) {
    if (event.type === 'started') nodes = 1
    else if (event.type === 'proposed' && !event.reused) nodes += 1
    else if (event.type === 'rolledOut') nodes += event.steps.filter(({ reused }) => !reused).length
  }
  return nodes
}
