import { plainText } from '../../core/outside-text.ts'
import type { ModelRole } from '../../search/manifest.ts'
import { mergeManifests, missingFields } from '../../search/manifest.ts'
import type { ManifestFields, ModelSource, StoredModel } from '../../worker/protocol.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import { BUNDLED_CHOICES } from './bundled-models.ts'
import type { EngineSlice } from './engine-slice.ts'
import { isBusy } from './engine-slice.ts'
import type { EngineState, LoadedModel, ModelChoice, OwnModel, OwnModelActions, PendingFolder } from './engine-state.ts'
import type { HeldModels, OwnFiles } from './model-kinds.ts'
import { MODEL_KINDS } from './model-kinds.ts'
import type { OnnxSettings } from './onnx-state.ts'

export interface OwnModelsSlice {
  readonly actions: OwnModelActions
  /** Offers what this browser kept. */
  restore(): Promise<void>
  /** Loads an ONNX model as the policy and keeps it. @returns whether it is loaded */
  addOnnx(model: {
    readonly id: string
    readonly name: string
    readonly settings: OnnxSettings
    readonly files: readonly File[]
    readonly manifest: ManifestFields
    readonly bytes: number
  }): Promise<boolean>
  /** Puts complete downloaded models into the pickers, and takes others out. */
  offerStored(models: readonly StoredModel[]): void
  /** Puts the last saves of training runs into the pickers, instead of those before. */
  offerTrained(models: readonly OwnModel[]): void
  /** A training run, or a downloaded model, is about to be deleted: a bundled model takes its place where it is chosen. */
  withdraw(model: Pick<ModelChoice, 'kind' | 'id'>): Promise<void>
  /** Loads a model from its server, asking for the fields that its files lack. */
  loadFromUrl(
    id: string,
    baseUrl: string,
    files: readonly string[],
    summary: Omit<PendingFolder, 'name'>,
  ): Promise<void>
  /** Where the model whose form waits is; null where none does. */
  pendingSource(): ModelSource | null
  /** Whether this page keeps how the model is read. */
  canSetFields(choice: ModelChoice): boolean
  /** Loads a reward model with other fields and keeps them; where that fails, all stays. @returns whether it is loaded so */
  setFields(choice: ModelChoice, manifest: ManifestFields): Promise<boolean>
  /** A server was connected that the engine's worker does not know yet. */
  hostAdded(host: string): void
}

/**
 * The models besides those of the app: opened, kept, offered and forgotten.
 * @param onChanged files of a model, or how it is read, are others than before
 */
export function createOwnModelsSlice(
  context: SliceContext,
  saving: Saving,
  held: HeldModels,
  engine: EngineSlice,
  onChanged: (model: ModelChoice) => void,
): OwnModelsSlice {
  const { get, set, deps, notify } = context
  const { own, remote } = held
  let hostsChanged = false
  let folderFiles: readonly File[] = []

  const patch = (change: Partial<EngineState>): void => set({ engine: { ...get().engine, ...change } })

  const partOf = (role: ModelRole) => (role === 'policy' ? 'policy' : 'reward')

  const keep = async (choice: ModelChoice, role: ModelRole, bytes: number): Promise<void> => {
    const kept = own.get(choice.id)
    if (!kept) return
    const others = get().engine.ownModels.filter(({ id }) => id !== choice.id)
    const onnx = kept.onnx ? { onnx: kept.onnx } : {}
    patch({ ownModels: [...others, { ...choice, role, bytes, ...onnx }] })
    const { id, name } = choice
    const { manifest, files } = kept
    await saving.attempt((storage) => storage.writeModel({ id, name, role, bytes, manifest, files, ...onnx }))
  }

  /** Loads a model of the person's own in its role and keeps it; where that fails, nothing of it stays. */
  const add = async (choice: ModelChoice, files: OwnFiles, role: ModelRole, bytes: number) => {
    const previous = own.get(choice.id)
    own.set(choice.id, files)
    const part = partOf(role)
    // Where the device is lost meanwhile, the load that follows by itself decides.
    const loaded = (await engine.load({ [part]: choice })) || (await engine.isLoaded(part, choice))
    if (loaded) {
      onChanged(choice)
      await keep(choice, role, bytes)
    } else if (previous) own.set(choice.id, previous)
    else own.delete(choice.id)
    return loaded
  }

  const ask = ({ id, family, role, parameters, totalBytes, manifest, missing, chat }: StoredModel): void =>
    patch({
      folder: { name: id, from: 'stored', family, role, parameters, bytes: totalBytes ?? 0, manifest, missing, chat },
    })

  const keepStored = async (id: string, manifest: ManifestFields): Promise<void> => {
    const kept = await deps.client.call('setStoredManifest', { id, manifest })
    const { downloads } = get()
    set({ downloads: { ...downloads, models: downloads.models.map((model) => (model.id === id ? kept : model)) } })
  }

  /** The form of a model that was not dragged in is filled in: keeps the fields, then loads it. */
  const confirmFetched = async (
    { name: id }: PendingFolder,
    kind: 'stored' | 'url',
    manifest: ManifestFields,
    role: ModelRole,
  ): Promise<LoadedModel | null> => {
    try {
      const known = remote.get(id)
      if (kind === 'stored') await keepStored(id, { ...manifest, role })
      else if (known) remote.set(id, { ...known, manifest })
      patch({ folder: null })
      const choice = { kind, id, name: id }
      return (await engine.load({ [partOf(role)]: choice })) ? { ...choice, role } : null
    } catch (error) {
      notifyError(context, `“${plainText(id, 80)}” was not loaded`, error)
      return null
    }
  }

  /** Loads the folder whose files were given last. */
  const addFolder = async (
    { name, bytes }: PendingFolder,
    manifest: ManifestFields,
    role: ModelRole,
  ): Promise<LoadedModel | null> => {
    const choice = { kind: 'folder', id: name, name } as const
    if (!(await add(choice, { files: folderFiles, manifest }, role, bytes))) return null
    folderFiles = []
    return { ...choice, role }
  }

  const actions: OwnModelActions = {
    chooseModel: async (part, { kind, id }) => {
      const { ownModels } = get().engine
      const found = [...BUNDLED_CHOICES[part], ...ownModels].find((model) => model.kind === kind && model.id === id)
      if (!found) return
      const stored = kind === 'stored' ? get().downloads.models.find((model) => model.id === id) : undefined
      if (stored && stored.missing.length > 0) ask(stored)
      else await engine.load({ [part]: { kind, id, name: found.name } })
    },
    openFolder: async (name, files) => {
      try {
        const read = await deps.client.call('inspectFolder', { files })
        folderFiles = files
        patch({ folder: null })
        const folder = { name, ...read }
        // What says all of itself is loaded without a question; the form is there for what could not be loaded.
        const loaded = read.missing.length > 0 ? null : await addFolder(folder, folder.manifest, folder.role)
        if (loaded === null) patch({ folder })
        return loaded
      } catch (error) {
        notifyError(context, `“${plainText(name, 80)}” was not opened`, error)
        return null
      }
    },
    confirmFolder: async (given) => {
      const { folder } = get().engine
      if (!folder) return null
      const manifest = mergeManifests(folder.manifest, given)
      const missing = missingFields(manifest, manifest.role ?? folder.role).filter(
        (field) => folder.missing.includes(field) || field === 'reference',
      )
      if (missing.length > 0) {
        notify({
          tone: 'warning',
          text: 'More must be known of this model',
          error: { code: 'bad-setting', message: `Please fill in: ${missing.join(', ')}` },
        })
        return null
      }
      const role = manifest.role ?? folder.role
      if (folder.from) return confirmFetched(folder, folder.from, manifest, role)
      const loaded = await addFolder(folder, manifest, role)
      if (loaded) patch({ folder: null })
      return loaded
    },
    dismissFolder: () => {
      folderFiles = []
      patch({ folder: null })
    },
    forgetOwn: async (id) => {
      const { ownModels } = get().engine
      const repoOf = (model: OwnModel | undefined) => model?.onnx?.hub?.repo
      const forgotten = ownModels.find((model) => MODEL_KINDS[model.kind].own && model.id === id)
      if (!forgotten) return
      const repo = repoOf(forgotten)
      const others = ownModels.filter((model) => model !== forgotten)
      patch({ ownModels: others })
      if (repo !== undefined && !others.some((model) => repoOf(model) === repo)) {
        await deps.client.call('deleteOnnx', { repo }).catch((error: unknown) => {
          notifyError(context, 'Its files are still here', error)
        })
      }
      own.delete(id)
      await saving.attempt((storage) => storage.deleteModel(id))
      await engine.replace(forgotten)
    },
  }

  return {
    actions,
    addOnnx: ({ id, name, settings, files, manifest, bytes }) =>
      add({ kind: 'onnx', id, name }, { files, manifest, onnx: settings }, 'policy', bytes),
    restore: async () => {
      const models = (await saving.attempt((storage) => storage.listModels())) ?? []
      const settings = (onnx: unknown) => (onnx === undefined ? {} : { onnx: onnx as OnnxSettings })
      for (const { id, files, manifest, onnx } of models) own.set(id, { files, manifest, ...settings(onnx) })
      const kept = models.map(({ id, name, role, bytes, onnx }): OwnModel => {
        const kind = onnx === undefined ? 'folder' : 'onnx'
        return { kind, id, name, role, bytes, ...settings(onnx) }
      })
      patch({ ownModels: [...kept, ...get().engine.ownModels.filter(({ kind }) => !MODEL_KINDS[kind].own)] })
    },
    offerStored: (models) =>
      patch({
        ownModels: [
          ...get().engine.ownModels.filter(({ kind }) => kind !== 'stored'),
          ...models
            .filter(({ state }) => state === 'complete')
            .map(({ id, role, storedBytes }) => ({ kind: 'stored' as const, id, name: id, role, bytes: storedBytes })),
        ],
      }),
    offerTrained: (models) => {
      const { ownModels } = get().engine
      const runOf = (id: string, among: readonly OwnModel[]) => among.find((model) => model.id === id)?.run
      // A choice keeps its step; its run may have another name now.
      engine.rename((choice) => {
        const [before, after] = [runOf(choice.id, ownModels), runOf(choice.id, models)]
        if (choice.kind !== 'trained' || !before || !after || !choice.name.startsWith(before)) return choice
        return { ...choice, name: `${after}${choice.name.slice(before.length)}` }
      })
      patch({ ownModels: [...ownModels.filter(({ kind }) => kind !== 'trained'), ...models] })
    },
    withdraw: async ({ kind, id }) => {
      patch({ ownModels: get().engine.ownModels.filter((model) => model.id !== id || model.kind !== kind) })
      await engine.replace({ kind, id })
    },
    pendingSource: () => {
      const { folder } = get().engine
      if (!folder) return null
      const { name: id, from } = folder
      if (from === undefined) return { kind: 'folder', id, files: folderFiles }
      if (from === 'stored') return { kind: 'stored', id }
      const known = remote.get(id)
      return known ? { kind: 'url', id, baseUrl: known.baseUrl, files: known.files } : null
    },
    canSetFields: ({ kind, id }) => kind === 'stored' || (kind === 'url' ? remote : own).has(id),
    setFields: async (choice, manifest) => {
      const { id, kind } = choice
      const stored = get().downloads.models.find((model) => model.id === id)
      const known = remote.get(id)
      const kept = own.get(id)
      if (kind === 'stored' && stored) await keepStored(id, manifest)
      else if (kind === 'url' && known) remote.set(id, { ...known, manifest })
      else if (kept) own.set(id, { ...kept, manifest })
      else return false
      if (await engine.load({ reward: choice })) {
        onChanged(choice)
        const listed = get().engine.ownModels.find((model) => model.id === id && model.kind === kind)
        if (listed && MODEL_KINDS[kind].own) await keep(choice, manifest.role ?? listed.role, listed.bytes)
        return true
      }
      if (kind === 'stored' && stored) await keepStored(id, stored.manifest)
      else if (known) remote.set(id, known)
      else if (kept) own.set(id, kept)
      return false
    },
    hostAdded: () => {
      hostsChanged = true
    },
    loadFromUrl: async (id, baseUrl, files, summary) => {
      const { manifest, missing } = summary
      if (hostsChanged && isBusy(get())) {
        notify({
          tone: 'warning',
          text: 'The engine has to start again to contact this server: end what is running first',
        })
        return
      }
      if (hostsChanged) deps.client.restart()
      hostsChanged = false
      remote.set(id, { baseUrl, files, manifest })
      patch({ folder: { ...summary, name: id, from: 'url' } })
      if (missing.length === 0) await actions.confirmFolder({})
    },
  }
}
