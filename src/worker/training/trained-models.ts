import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint-files.ts'
import { missingFile } from '../../engine/checkpoint-text.ts'
import type { ExportForm } from '../protocol.ts'
import type { RunFolder, RunFolders } from './run-folders.ts'
import type { TrainingTools } from './training-tools.ts'

/** In the notes: the save that the model's folder holds. Not there while the folder is being written. */
const EXPORTED_FILE = 'exported.json'

type Base = () => Promise<CheckpointFiles>

/** The last saves of runs as models: written out as a Hugging Face folder when somebody asks, and read from there. */
export class TrainedModels {
  private readonly folders: RunFolders
  private readonly tools: Pick<TrainingTools, 'exportRun' | 'lastSave'>

  constructor(folders: RunFolders, tools: Pick<TrainingTools, 'exportRun' | 'lastSave'>) {
    this.folders = folders
    this.tools = tools
  }

  /**
   * The last save as a checkpoint. Nobody writes the run meanwhile.
   * @param base the model before training
   * @throws StepscopeError `not-found` before the first save
   */
  async open(id: string, base: Base): Promise<CheckpointFiles> {
    const save = await this.tools.lastSave(this.folders.part(id, 'save'))
    if (!save) throw unsaved(id)
    const model = this.folders.part(id, 'model')
    if ((await this.exported(id)) !== save.step) await this.write(id, save.step, base)
    return folderFiles(id, model, await model.list())
  }

  /** @throws StepscopeError `not-found` before the first save */
  async export(id: string, form: ExportForm, base: Base): Promise<ReadonlyMap<string, Uint8Array>> {
    const store = this.folders.part(id, 'save')
    if (!(await this.tools.lastSave(store))) throw unsaved(id)
    return this.tools.exportRun({ model: await base(), store }, form)
  }

  private async write(id: string, step: number, base: Base): Promise<void> {
    const notes = this.folders.part(id, 'notes')
    const model = this.folders.part(id, 'model')
    const files = await this.export(id, 'model', base)
    await notes.remove(EXPORTED_FILE)
    for (const name of await model.list()) if (!files.has(name)) await model.remove(name)
    for (const [name, bytes] of files) await model.write(name, bytes as Uint8Array<ArrayBuffer>)
    await notes.write(EXPORTED_FILE, new TextEncoder().encode(JSON.stringify({ step })))
  }

  private async exported(id: string): Promise<number | null> {
    const bytes = await this.folders.part(id, 'notes').read(EXPORTED_FILE)
    if (!bytes) return null
    const { step } = JSON.parse(new TextDecoder().decode(bytes)) as { step?: unknown }
    return typeof step === 'number' ? step : null
  }
}

function folderFiles(name: string, folder: RunFolder, files: readonly string[]): CheckpointFiles {
  const checkpoint: CheckpointFiles = {
    name,
    files,
    size: async (file) => {
      const size = await folder.size(file)
      if (size === null) throw missingFile(checkpoint, file)
      return size
    },
    read: async (file, start, end, signal) => {
      signal?.throwIfAborted()
      if (!files.includes(file)) throw missingFile(checkpoint, file)
      const size = await checkpoint.size(file)
      return folder.readRange(file, start, Math.min(end, size))
    },
  }
  return checkpoint
}

function unsaved(id: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: `“${id}” has not been saved yet`,
    nextStep: 'Wait for its first save, or let it save more often.',
  })
}
