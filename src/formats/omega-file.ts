import { z } from 'zod'
import type { RowFormat } from './json-lines.ts'

/** A tree of OmegaPRM: the text since the node above, and the fraction of completions from there that are right. */
export interface OmegaNode {
  readonly text: string
  readonly mc_value: number
  readonly children: readonly OmegaNode[]
}

const node: z.ZodType<OmegaNode> = z.lazy(() =>
  z.object({ text: z.string(), mc_value: z.number().min(0).max(1), children: z.array(node) }),
)

export const OMEGA_FORMAT: RowFormat<OmegaNode> = {
  schema: node,
  example:
    '{"text": "the prompt", "mc_value": 0.5, "children": [{"text": "a step\\n", "mc_value": 1, "children": []}]}',
}
