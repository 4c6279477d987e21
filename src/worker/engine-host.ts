import { StepscopeError } from '../core/errors.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Manifest } from '../search/manifest.ts'
import type { Policy, RewardModel, TokenReading } from '../search/models.ts'
import type { EngineStatus, LoadedModels, ParamsOf, ResultOf, WantedReward } from './protocol.ts'
import type { RefCounted } from './ref-counted.ts'
import type { OpenBackend } from './resident-models.ts'
import type { RewardPart } from './reward-part.ts'

/** What an engine tells of itself; the rest of the status is the worker's. */
export type EngineReport = Omit<EngineStatus, 'tokensPerSecond' | 'executedTokens' | 'searched'>

/** What a search runs on. */
export interface SearchModels {
  readonly policy: Policy
  /** Null where searches do without. */
  readonly reward: RewardModel | null
}

/** The models of searches on one backend. */
export interface Engine {
  /** With the manifest that it is asked by, where it has one. */
  readonly policy: Policy & { readonly manifest?: Manifest | null }
  /** Null where searches do without. */
  readonly reward: RewardModel | null
  /** Pairs that were loaded besides, by their keys. */
  readonly beside?: ReadonlyMap<string, SearchModels>
  /** Passes and bytes read back are those of its models, each since it was loaded. */
  status(): EngineReport
  /** Tokens executed by both models, each since it was loaded. */
  executedTokens(): number
  /** Settles with the reason when the device is gone; never on `dispose`. */
  readonly lost: Promise<Error>
  /** Its backend, for somebody else to hold as well; absent where it has none of its own. */
  readonly shareBackend?: () => RefCounted<OpenBackend>
  dispose(): void
}

/** A reward model beside the engine's, or its own once more: held for whoever opened it. */
export interface OpenedReward {
  /** Of its hash and its reading, every field of it. */
  readonly key: string
  /** How it is read, for people. */
  readonly reading: string
  readonly part: RefCounted<RewardPart>
}

export type LoadProgress = (model: 'policy' | 'reward', loadedBytes: number, totalBytes: number) => void

/** Makes engines; the browser's reads files over HTTP and from dragged folders. */
export interface EngineLoader {
  /** @param before the engine that the new one replaces; what did not change may be shared with it until it is disposed of */
  load(params: ParamsOf<'load'>, onProgress: LoadProgress, signal: AbortSignal, before?: Engine | null): Promise<Engine>
  inspect(params: ParamsOf<'inspectFolder'>, signal: AbortSignal): Promise<ResultOf<'inspectFolder'>>
  /** @param prompt of the problem in `params` @param engine what is loaded, where something is */
  preview(
    params: ParamsOf<'previewReading'>,
    prompt: Prompt,
    engine: Engine | null,
    signal: AbortSignal,
  ): Promise<ResultOf<'previewReading'>>
  /** A reward model on the backend of an engine: its own where that is the same. */
  openReward(model: WantedReward, engine: Engine, signal: AbortSignal): Promise<OpenedReward>
  /** ONNX checkpoints; absent where Transformers.js does not run. */
  readonly onnx?: OnnxFiles
}

export interface OnnxFiles {
  inspect(params: ParamsOf<'inspectOnnx'>, signal: AbortSignal): Promise<ResultOf<'inspectOnnx'>>
  list(): Promise<ResultOf<'listOnnx'>>
  delete(params: ParamsOf<'deleteOnnx'>): Promise<ResultOf<'deleteOnnx'>>
}

/** Holds at most one engine. A new one replaces it only when it is complete: a bad file leaves what there was. */
export class EngineHost {
  private readonly loader: EngineLoader
  private readonly onLost: (error: Error) => void
  private engine: Engine | null = null
  /** What models that are gone have counted: the counts of a worker never fall. */
  private gone: Counts = { passes: 0, readbackBytes: 0, executedTokens: 0 }

  constructor(loader: EngineLoader, onLost: (error: Error) => void) {
    this.loader = loader
    this.onLost = onLost
  }

  /** @param release ends what runs on models that are about to go; those that stay are given */
  async load(
    params: ParamsOf<'load'>,
    onProgress: LoadProgress,
    release: (kept: ReadonlySet<unknown>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<LoadedModels> {
    const next = await this.loader.load(params, onProgress, signal, this.engine)
    if (signal.aborted) {
      next.dispose()
      throw new StepscopeError({ code: 'cancelled', message: 'Loading was cancelled.' })
    }
    await release(modelsOf(next))
    const before = this.counts()
    const kept = countsOf(next)
    this.engine?.dispose()
    this.engine = next
    // A model that stays counts on in its new engine.
    this.gone = combine(before, kept, (count, again) => count - again)
    void next.lost.then((error) => {
      if (this.engine !== next) return
      this.dispose()
      this.onLost(error)
    })
    const { info, manifest } = next.policy
    const asked = manifest ? { asked: { prompt: manifest.prompt, ...systemOf(manifest) } } : {}
    const infos = [...(next.beside ?? [])].map(
      ([key, { policy, reward }]) => [key, { policy: policy.info, reward: reward?.info ?? null }] as const,
    )
    const beside = infos.length === 0 ? {} : { beside: Object.fromEntries(infos) }
    return { policy: info, reward: next.reward?.info ?? null, ...asked, ...beside }
  }

  inspect(params: ParamsOf<'inspectFolder'>, signal: AbortSignal): Promise<ResultOf<'inspectFolder'>> {
    return this.loader.inspect(params, signal)
  }

  preview(
    params: ParamsOf<'previewReading'>,
    prompt: Prompt,
    signal: AbortSignal,
  ): Promise<ResultOf<'previewReading'>> {
    return this.loader.preview(params, prompt, this.engine, signal)
  }

  /** @throws StepscopeError `unsupported-config` outside a browser */
  onnx(): OnnxFiles {
    if (this.loader.onnx) return this.loader.onnx
    throw new StepscopeError({
      code: 'unsupported-config',
      message: 'ONNX checkpoints run in the browser only',
      nextStep: 'Use the safetensors of the same model here.',
    })
  }

  /** A reward model of the caller's, on the backend of what is loaded. Throws a StepscopeError where nothing is. */
  openReward(model: WantedReward, signal: AbortSignal): Promise<OpenedReward> {
    return this.loader.openReward(model, this.loaded(), signal)
  }

  /**
   * The main models, or a pair that was loaded besides.
   * @throws StepscopeError `not-found` where they are not loaded
   */
  models(key?: string): SearchModels {
    const engine = this.loaded()
    if (key === undefined) return engine
    const pair = engine.beside?.get(key)
    if (pair) return pair
    throw new StepscopeError({
      code: 'not-found',
      message: 'These models are not loaded any more',
      nextStep: 'Start the comparison again.',
    })
  }

  /** What is loaded; null where nothing is. */
  current(): Engine | null {
    return this.engine
  }

  /** The backend of the models, held once more. Throws a StepscopeError where none are loaded. */
  shareBackend(): RefCounted<OpenBackend> {
    const { shareBackend } = this.loaded()
    if (!shareBackend) throw new TypeError('this engine has no backend to share')
    return shareBackend()
  }

  status(): EngineReport {
    const { passes, readbackBytes } = this.counts()
    return { ...this.loaded().status(), passes, readbackBytes }
  }

  executedTokens(): number {
    return this.counts().executedTokens
  }

  counters(): { readonly passes: number; readonly readbackBytes: number; readonly bytes: number } {
    const bytes = this.engine ? Object.values(this.engine.status().bytes) : []
    return { ...this.counts(), bytes: bytes.reduce((sum, value) => sum + value, 0) }
  }

  /** Scores, where there is a reward model, and the policy's reading of given steps; no branch of it stays. */
  async probe(prompt: Prompt, steps: readonly string[], signal: AbortSignal): Promise<ResultOf<'probe'>> {
    if (steps.length === 0) return { scores: [], readings: [] }
    const { policy, reward } = this.loaded()
    const scores = reward ? await scoresOf(reward, prompt, steps, signal) : []
    const readings = await policy.read(prompt, steps.join(''), { alternatives: 5 })
    return { scores, readings: splitReadings(readings, steps) }
  }

  dispose(): void {
    if (!this.engine) return
    this.gone = this.counts()
    this.engine.dispose()
    this.engine = null
  }

  private counts(): Counts {
    return this.engine ? combine(this.gone, countsOf(this.engine), (gone, now) => gone + now) : this.gone
  }

  private loaded(): Engine {
    if (this.engine) return this.engine
    throw new StepscopeError({
      code: 'not-found',
      message: 'No models are loaded',
      nextStep: 'Load the models first.',
    })
  }
}

function systemOf({ system }: Manifest): { readonly system?: string } {
  return system === undefined ? {} : { system }
}

async function scoresOf(
  reward: RewardModel,
  prompt: Prompt,
  steps: readonly string[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const { branch } = await reward.open(prompt)
  try {
    const [scored] = await reward.score([{ branch, steps }], signal)
    if (!scored) throw new Error('the reward model answered nothing')
    reward.release(scored.branch)
    return scored.scores
  } finally {
    reward.release(branch)
  }
}

/** All models of an engine. */
function modelsOf({ policy, reward, beside }: Engine): ReadonlySet<unknown> {
  return new Set([{ policy, reward }, ...(beside?.values() ?? [])].flatMap((pair) => [pair.policy, pair.reward]))
}

interface Counts {
  readonly passes: number
  readonly readbackBytes: number
  readonly executedTokens: number
}

function countsOf(engine: Engine): Counts {
  const { passes, readbackBytes } = engine.status()
  return { passes, readbackBytes, executedTokens: engine.executedTokens() }
}

function combine(a: Counts, b: Counts, by: (a: number, b: number) => number): Counts {
  return {
    passes: by(a.passes, b.passes),
    readbackBytes: by(a.readbackBytes, b.readbackBytes),
    executedTokens: by(a.executedTokens, b.executedTokens),
  }
}

/** Tokens grouped by the step their first character belongs to. */
export function splitReadings(readings: readonly TokenReading[], steps: readonly string[]): TokenReading[][] {
  const groups: TokenReading[][] = steps.map(() => [])
  let step = 0
  let end = steps[0]?.length ?? 0
  let at = 0
  for (const reading of readings) {
    while (at >= end && step < steps.length - 1) {
      step += 1
      end += steps[step]?.length ?? 0
    }
    groups[step]?.push(reading)
    at += reading.text.length
  }
  return groups
}
