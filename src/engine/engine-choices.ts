import type { Backend } from '../compute/backend.ts'

/**
 * What the engine chose for this adapter, in words: whatever may change the last bits of a result, or its speed, and
 * is neither in the checkpoint nor the format of the weights. Fixed when a model is loaded, and recorded with every run.
 */
export function engineChoices(
  { kind, tuning, features }: Pick<Backend, 'kind' | 'tuning' | 'features'>,
  burst: number,
): Readonly<Record<string, string>> {
  const decoding = { burst: `${burst} steps` }
  if (kind === 'cpu') return { product: 'reference', attention: 'reference', ...decoding }
  if (kind === 'wasm') return { arithmetic: features.has('fused') ? 'fused' : 'strict', ...decoding }
  const { rows, fewRows, columns, lanes, compact, subgroup } = tuning.matmul
  const shared = subgroup === undefined ? '' : ', inputs shared in subgroups'
  return {
    product: `tile ${rows} × ${columns}, ${fewRows} for few rows, ${lanes} lanes${compact ? ', compact' : ''}${shared}`,
    attention: sharedBy(tuning.attentionLanes),
    reductions: sharedBy(tuning.reduceLanes),
    ...decoding,
  }
}

function sharedBy(lanes: number): string {
  return lanes === 1 ? 'one lane' : `${lanes} lanes, workgroup memory`
}
