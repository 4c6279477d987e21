import { StepscopeError } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { objectiveById } from '../../objectives/registry.ts'
import { IMPLICIT_BETA } from '../../search/readings.ts'
import { BUNDLED_MODELS } from '../../tasks/bundled-models.ts'
import type { ManifestFields, ModelSource, ParamsOf } from '../../worker/protocol.ts'
import type { AppState } from '../app-state.ts'
import { BUNDLED_CHOICES } from './bundled-models.ts'
import type { ModelChoice, OwnModel } from './engine-state.ts'
import type { OnnxSettings } from './onnx-state.ts'

/** A model as a load asks for it. */
export type WantedModel = NonNullable<ParamsOf<'load'>['reward']>

/** What a model of the person's own is loaded from; File objects cannot stand in the state. */
export interface OwnFiles {
  readonly files: readonly File[]
  readonly manifest: ManifestFields
  readonly onnx?: OnnxSettings
}

/** A folder on a server. */
export interface RemoteFolder {
  readonly baseUrl: string
  readonly files: readonly string[]
  readonly manifest: ManifestFields
}

/** What the page holds of models besides their names. */
export interface HeldModels {
  readonly state: () => AppState
  /** By the ids of their models, as the next. */
  readonly own: Map<string, OwnFiles>
  readonly remote: Map<string, RemoteFolder>
}

interface ModelKind {
  /** Where such a model comes from, in words for a list. */
  readonly origin: (model: Pick<OwnModel, 'onnx'>) => string
  /** It is kept by this page alone, which can forget it. */
  readonly own: boolean
  /** Null where its files are not here any more. */
  readonly wanted: (choice: ModelChoice, held: HeldModels) => WantedModel | null
}

/** The kinds of models that can be chosen, as the worker's providers have them: one entry each. */
export const MODEL_KINDS: { readonly [K in ModelSource['kind']]: ModelKind } = {
  bundled: {
    origin: () => 'comes with the app',
    own: false,
    wanted: ({ id }) => {
      const source = { kind: 'bundled', id } as const
      const implicit = BUNDLED_MODELS.find((model) => model.id === id)?.implicit
      if (implicit === undefined) return { source }
      return {
        source,
        implicit: { reference: { source: { kind: 'bundled', id: implicit.reference } }, beta: implicit.beta },
      }
    },
  },
  folder: {
    origin: () => 'local',
    own: true,
    wanted: ({ id }, held) => {
      const found = held.own.get(id)
      return found ? withFields({ kind: 'folder', id, files: found.files }, found.manifest, held) : null
    },
  },
  onnx: {
    origin: ({ onnx }) => (onnx?.hub ? `huggingface.co, ${onnx.hub.revision}` : 'local'),
    own: true,
    wanted: ({ id }, held) => {
      const { onnx, files = [], manifest = {} } = held.own.get(id) ?? {}
      if (!onnx) return null
      const { hub, dtype, device } = onnx
      const origin = hub ? { kind: 'hub' as const, ...hub } : { kind: 'folder' as const, files }
      return withFields({ kind: 'onnx', id, origin, dtype, device }, manifest, held)
    },
  },
  stored: {
    origin: () => 'downloaded',
    own: false,
    wanted: ({ id }, held) => {
      const stored = held.state().downloads.models.find((model) => model.id === id)
      return withFields({ kind: 'stored', id }, stored?.manifest ?? {}, held)
    },
  },
  url: {
    origin: () => 'read from its server',
    own: false,
    wanted: ({ id }, held) => {
      const found = held.remote.get(id)
      if (!found) return null
      return withFields({ kind: 'url', id, baseUrl: found.baseUrl, files: found.files }, found.manifest, held)
    },
  },
  trained: {
    origin: () => 'trained here',
    own: false,
    wanted: ({ id }, held) => {
      const run = held.state().training.runs.find((one) => one.id === id)
      if (!run) return null
      const base = wantedModel(run.models.model, held).source
      const source: ModelSource = { kind: 'trained', id, step: run.savedStep ?? 0, base }
      if (objectiveById(run.recipe.objective).trains !== 'implicit-reward-model') return { source }
      const { implicit: _, ...reference } = wantedModel(run.models.reference ?? run.models.model, held)
      return { source, implicit: { reference, beta: run.recipe.settings.beta } }
    },
  },
}

/** A chosen model as a load asks for it. @throws StepscopeError `not-found` where its files are not here any more */
export function wantedModel(choice: ModelChoice, held: HeldModels): WantedModel {
  // A record of another version may name a kind that this one does not have.
  const kind = MODEL_KINDS[choice.kind] as ModelKind | undefined
  const found = kind?.wanted(choice, held)
  if (found) return found
  const own = kind?.own ?? false
  const name = `“${plainText(choice.name, 80)}”`
  throw new StepscopeError({
    code: 'not-found',
    message: own ? `The folder of ${name} is not here any more` : `${name} is not here any more`,
    nextStep: own ? 'Drag the folder in again, or choose a bundled model.' : 'Choose another model.',
  })
}

/** With what is said of it; where that is an implicit reading, with the model it names as its reference. */
function withFields(source: ModelSource, manifest: ManifestFields, held: HeldModels): WantedModel {
  if (Object.keys(manifest).length === 0) return { source }
  const { id, reference, beta } = manifest.reading ?? {}
  if (id !== 'implicit' || typeof reference !== 'string') return { source, manifest }
  const { ownModels } = held.state().engine
  const choice = [...BUNDLED_CHOICES.policy, ...ownModels].find(
    (model) => model.id === reference && model.id !== source.id,
  )
  if (!choice) {
    throw new StepscopeError({
      code: 'not-found',
      message: `The reference of “${plainText(source.id, 80)}” is not here`,
      expected: 'a language model of this page, the one that it was trained from',
      found: reference,
      place: { file: 'stepscope.json', field: 'reference' },
      nextStep: 'Load that model as a policy first, or choose another reference.',
    })
  }
  const { implicit: _, ...wanted } = wantedModel(choice, held)
  return { source, manifest, implicit: { reference: wanted, beta: beta ?? IMPLICIT_BETA } }
}
