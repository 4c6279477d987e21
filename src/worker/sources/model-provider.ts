import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { StatedManifest } from '../../search/manifest.ts'
import type { PolicyPart } from '../policy-part.ts'

/** What every source of a model has: its kind, and the id that runs, recipes and links know the model by. */
export interface AnySource {
  readonly kind: string
  readonly id: string
}

export interface OpenedFiles {
  readonly files: CheckpointFiles
  /** Called once, when they are read no more. */
  readonly release: () => void
}

/** A policy on an engine of its own. */
export interface OpenedPolicy {
  /** Of that engine, for messages. */
  readonly engine: string
  load(options: PolicyLoading): Promise<PolicyPart>
}

export interface PolicyLoading {
  /** Fields that the model's own lack, or that replace them. */
  readonly manifest?: StatedManifest
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void
  readonly signal?: AbortSignal
}

/** What a source is once it is opened: a checkpoint's files for the engine of the app, or a policy that comes with its own. */
export type OpenedModel = OpenedFiles | OpenedPolicy

/** One kind of place that models come from. */
export interface ModelProvider<Source extends AnySource> {
  /** Nothing large is read yet. @throws StepscopeError where it is not there */
  open(source: Source, signal: AbortSignal): Promise<OpenedModel>
  /**
   * Plain data that is the same for two sources where they are the same model; the source itself where this is left out. What
   * comes from the page was copied on its way, so that objects are never the same.
   */
  identify?(source: Source): unknown
}

/** All providers as one. */
export interface ModelSources<Source extends AnySource> {
  open(source: Source, signal: AbortSignal): Promise<OpenedModel>
  identify(source: Source): unknown
}

/** Sources that are all of one kind: whatever a function opens as the files of a checkpoint. */
export function sourcesOf<Source extends AnySource>(
  open: (source: Source, signal: AbortSignal) => Promise<CheckpointFiles>,
): ModelSources<Source> {
  return {
    open: async (source, signal) => ({ files: await open(source, signal), release: () => {} }),
    identify: (source) => source,
  }
}

/**
 * Opens what has to be a checkpoint's files.
 * @param message why it has to, e.g. `A reward model runs on the engine of the app alone`
 * @throws StepscopeError `unsupported-config` where the model has an engine of its own
 */
export async function openFiles<Source extends AnySource>(
  sources: ModelSources<Source>,
  source: Source,
  message: string,
  signal: AbortSignal,
): Promise<OpenedFiles> {
  const opened = await sources.open(source, signal)
  if ('files' in opened) return opened
  throw new StepscopeError({
    code: 'unsupported-config',
    message,
    expected: 'a checkpoint with safetensors',
    found: `a model on ${opened.engine}`,
    nextStep: 'Choose the safetensors of the same model, or another one.',
  })
}

/** Names, sizes and dates of files that the page chose: they tell whether they are the same. */
export function describeFiles(files: readonly File[]): unknown {
  const facts = files.map(({ name, size, lastModified }) => [name, size, lastModified] as const)
  return facts.toSorted(([a], [b]) => (a < b ? -1 : 1))
}
