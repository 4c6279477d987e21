import type { Kernel } from '../../backend.ts'
import type { TokenLogprobsShape } from './token-logprobs.reference.ts'
import { TOKEN_LOGPROBS_BINDINGS, tokenLogprobsReference } from './token-logprobs.reference.ts'
import { tokenLogprobsWasm } from './token-logprobs.wasm.ts'
import { tokenLogprobsWgsl } from './token-logprobs.wgsl.ts'

/**
 * What a softmax over logits [rows, stride] says of each row's target: its log-probability, log Σ e^logit, the entropy
 * log Σ e^l − Σ p · l of the whole distribution, and whether the target has the largest logit (ties go to the lowest id).
 * Every exponential is of a difference to the largest logit, so large logits overflow nowhere.
 */
export function tokenLogprobsKernel(shape: TokenLogprobsShape): Kernel<typeof TOKEN_LOGPROBS_BINDINGS> {
  return {
    name: 'token-logprobs',
    bindings: TOKEN_LOGPROBS_BINDINGS,
    wgsl: () => tokenLogprobsWgsl(shape),
    workgroups: (rows) => [shape.lanes === 1 ? Math.ceil(rows / shape.serialLanes) : rows, 1, 1],
    wasm: () => tokenLogprobsWasm(shape),
    reference: (views) => tokenLogprobsReference(shape, views),
  }
}
