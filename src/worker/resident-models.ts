import type { Backend } from '../compute/backend.ts'
import type { Activity } from '../engine/scheduler/activity.ts'
import type { PolicyPart } from './policy-part.ts'
import type { ModelSource, ParamsOf, WantedReward } from './protocol.ts'
import type { RefCounted } from './ref-counted.ts'
import type { RewardPart } from './reward-part.ts'

type LoadParams = ParamsOf<'load'>

/** An open backend, with what its models share. */
export interface OpenBackend {
  readonly backend: Backend
  /** As `EngineStatus` tells it. */
  readonly note: string | null
  readonly activity: Activity
}

/** A model on a backend, and what was asked for. */
export interface Resident<Part> {
  readonly wanted: WantedReward
  readonly part: RefCounted<Part>
}

/** Models of a search. */
export interface ResidentPair {
  readonly policy: Resident<PolicyPart>
  /** Null where none was asked for. */
  readonly reward: Resident<RewardPart> | null
}

/** What an engine holds, and what it was asked for: the next engine takes over what it asks for again. */
export interface Residents {
  readonly params: LoadParams
  readonly backend: RefCounted<OpenBackend>
  /** Each once, whatever number of pairs it is in. */
  readonly policies: readonly Resident<PolicyPart>[]
  readonly rewards: readonly Resident<RewardPart>[]
  readonly main: ResidentPair
  readonly beside: ReadonlyMap<string, ResidentPair>
}

/** Whether this backend is what would be opened. */
export function sameBackend({ params, backend }: Pick<Residents, 'params' | 'backend'>, now: LoadParams): boolean {
  const { kind, software } = backend.value.backend
  if (params.backend === now.backend && params.arithmetic === now.arithmetic) return true
  // A graphics card has arithmetic of its own, whatever is asked for.
  if (kind === 'webgpu')
    return now.backend === 'webgpu' || (now.backend === 'auto' && !software && now.arithmetic !== 'strict')
  return kind === 'wasm' && now.backend === 'wasm' && params.arithmetic === now.arithmetic
}

/** The same model, read the same way. Everything that is asked of it counts, so that an option added later does, too. */
export function sameModel(
  before: WantedReward,
  now: WantedReward,
  identify: (source: ModelSource) => unknown,
): boolean {
  const described = ({ source, implicit, ...options }: WantedReward) => {
    const against = implicit && { ...implicit.reference, source: identify(implicit.reference.source) }
    return JSON.stringify([identify(source), against, implicit?.beta, options])
  }
  return described(before) === described(now)
}
