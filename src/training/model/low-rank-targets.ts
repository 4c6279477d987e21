import { StepscopeError } from '../../core/errors.ts'
import type { MatrixSource, TensorPlan } from '../../engine/decoder/decoder-tensors.ts'

/** PEFT's word for all linear modules but the head. */
const ALL_LINEAR = 'all-linear'

/** Modules that get a low-rank update. */
export interface LowRankTargets {
  /** Of all layers, in their order. */
  readonly sources: readonly MatrixSource[]
  /** The names as PEFT reads them in a list: `all-linear` written out. */
  readonly names: readonly string[]
}

/**
 * The modules that `method.targets` of a recipe means, as PEFT matches a list of names: by the last parts of a module's
 * name, e.g. `q_proj` or `mlp.up_proj`; `all-linear` means all.
 * @throws StepscopeError `bad-setting` naming `method.targets`, the names that match no module, and those that there are
 */
export function lowRankTargets(plan: TensorPlan, targets: readonly string[]): LowRankTargets {
  const sources = plan.layers.flatMap(({ projection, output, gate, down }) =>
    [projection, output, gate, down].flatMap((matrix) => matrix.sources),
  )
  const there = [...new Set(sources.map(({ name }) => moduleOf(name).split('.').at(-1) ?? ''))]
  const names = [...new Set(targets.flatMap((target) => (target === ALL_LINEAR ? there : [target])))]
  const matches = (name: string, target: string) => `.${moduleOf(name)}`.endsWith(`.${target}`)
  const unmatched = names.filter((target) => !sources.some(({ name }) => matches(name, target)))
  if (unmatched.length === 0) {
    return { names, sources: sources.filter(({ name }) => names.some((target) => matches(name, target))) }
  }
  throw new StepscopeError({
    code: 'bad-setting',
    message: `The model has no ${unmatched.length === 1 ? 'module' : 'modules'} of ${unmatched.length === 1 ? 'this name' : 'these names'}`,
    expected: `${there.join(', ')}, or ${ALL_LINEAR}`,
    found: unmatched.join(', '),
    place: { field: 'method.targets' },
    nextStep: 'Name modules that the model has.',
  })
}

function moduleOf(tensor: string): string {
  return tensor.replace(/\.weight$/, '')
}
