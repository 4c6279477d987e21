import { z } from 'zod'
import type { OmegaNode } from '../omega-file.ts'
import { OMEGA_FORMAT } from '../omega-file.ts'
import type { ReadTrace, StepLabel, TraceFormat } from './trace.ts'
import { firstErrorOf } from './trace.ts'

const value = z.number('Expected a number').min(0, 'Expected 0 to 1').max(1, 'Expected 0 to 1')
const schema = z.looseObject({
  question: z.string('Expected a text'),
  final_answer: z.string('Expected a text').nullish(),
  reasoning_steps: z
    .array(
      z.looseObject({ solution_prefix: z.string('Expected a text'), mc_value: value }),
      'Expected a list of prefixes',
    )
    .min(1, 'There are no prefixes'),
})

/** MATH-APS: beginnings of solutions, each with the share of completions from there that are right. */
export const MATH_APS: TraceFormat<z.infer<typeof schema>> = {
  id: 'math-aps',
  name: 'MATH-APS',
  example: '{"question": "…", "final_answer": "5", "reasoning_steps": [{"solution_prefix": "…", "mc_value": 0.5}]}',
  schema,
  recognizes: (row) => 'reasoning_steps' in row,
  read: ({ question, final_answer: answer = null, reasoning_steps: prefixes }) =>
    prefixes.map(({ solution_prefix: prefix, mc_value }): ReadTrace => {
      const steps = prefix.split('\n').filter((line) => line.trim() !== '')
      const labels = steps.map((_, index): StepLabel => (index === steps.length - 1 ? mc_value : null))
      return { problem: question, answer, steps, labels }
    }),
}

/** Trees of OmegaPRM: each way from the root to a leaf is a trace. */
export const OMEGA_TREE: TraceFormat<OmegaNode> = {
  id: 'omega-tree',
  name: 'OmegaPRM, tree',
  example: OMEGA_FORMAT.example,
  schema: OMEGA_FORMAT.schema,
  recognizes: (row) => 'mc_value' in row && 'children' in row,
  read: (root) =>
    pathsBelow(root).map((path): ReadTrace => {
      const labels = path.map(({ mc_value }): StepLabel => mc_value)
      return {
        problem: root.text.trim(),
        steps: path.map(({ text }) => text.replace(/\n+$/, '')),
        labels,
        firstError: firstErrorOf(labels),
      }
    }),
}

/** From below a node to each leaf; level by level, for trees may be deep. */
function pathsBelow(root: OmegaNode): OmegaNode[][] {
  const paths: OmegaNode[][] = []
  const open = root.children.map((child) => [child]).reverse()
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const children = path.at(-1)?.children ?? []
    if (children.length === 0) paths.push(path)
    for (const child of children.toReversed()) open.push([...path, child])
  }
  return paths
}
