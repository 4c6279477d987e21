import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { ReadTrace, TraceFormat } from './trace.ts'

const id = z.union([z.int(), z.string()], 'Expected an id')
const data = z.record(z.string(), z.unknown(), 'Expected an object').nullish()
const node = z.looseObject({ id, data, selected_edge: id.nullish() })
const edge = z.looseObject({ id, source: id, target: id, data })
const schema = z.looseObject({
  logs: z
    .array(
      z.looseObject({ nodes: z.record(z.string(), node), edges: z.record(z.string(), edge) }),
      'Expected a list of trees',
    )
    .min(1, 'There are no trees'),
})
type Log = z.infer<typeof schema>['logs'][number]

/** Fields that a log's nodes and edges have their text in, the most telling first. */
const TEXTS = ['text', 'action', 'step', 'sub_question', 'sub_answer', 'state', 'question', 'answer'] as const

/** Tree logs of LLM Reasoners: each way from the root to a leaf of the last tree is a trace. */
export const REASONERS: TraceFormat<z.infer<typeof schema>> = {
  id: 'llm-reasoners',
  name: 'LLM Reasoners, tree log',
  example: '{"logs": [{"nodes": {"0": {"id": 0, "data": {"text": "…"}}}, "edges": {}}]}',
  schema,
  recognizes: (row) => 'logs' in row,
  read: ({ logs }) => pathsOf(logs.at(-1) as Log, logs.length - 1),
}

function pathsOf({ nodes, edges }: Log, tree: number): ReadTrace[] {
  const known = new Map(Object.values(nodes).map((one) => [String(one.id), one]))
  const out = new Map<string, Log['edges'][string][]>()
  const targets = new Set<string>()
  for (const [name, one] of Object.entries(edges)) {
    for (const end of ['source', 'target'] as const) {
      if (!known.has(String(one[end]))) throw badEdge(`logs[${tree}].edges.${name}.${end}`, one[end])
    }
    targets.add(String(one.target))
    out.set(String(one.source), [...(out.get(String(one.source)) ?? []), one])
  }
  const roots = [...known.keys()].filter((key) => !targets.has(key))
  return roots.flatMap((root) => {
    const traces: ReadTrace[] = []
    const open: { readonly at: string; readonly steps: string[]; readonly seen: ReadonlySet<string> }[] = [
      { at: root, steps: [], seen: new Set([root]) },
    ]
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      const { at, steps, seen } = path
      const next = (out.get(at) ?? []).filter(({ target }) => !seen.has(String(target)))
      if (next.length === 0 && steps.length > 0) traces.push({ problem: textOf(known.get(root)?.data), steps })
      for (const one of next.toReversed()) {
        const target = String(one.target)
        const step = textOf(one.data) || textOf(known.get(target)?.data)
        open.push({ at: target, steps: [...steps, step], seen: new Set([...seen, target]) })
      }
    }
    return traces
  })
}

function textOf(given: Readonly<Record<string, unknown>> | null | undefined): string {
  for (const name of TEXTS) {
    const text = given?.[name]
    if (typeof text === 'string' && text !== '') return text
  }
  return ''
}

function badEdge(field: string, found: unknown): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The edge leads to a node that is not there',
    expected: 'the id of a node',
    found: String(found),
    place: { field },
  })
}
