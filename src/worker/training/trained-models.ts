import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { missingFile } from '../../engine/checkpoint/checkpoint-text.ts'
import { savedModelName } from '../../formats/training-names.ts'
import type { ExportForm } from '../protocol.ts'
import type { RunFolder, RunFolders } from './run-folders.ts'
import type { NewestSave, TrainingTools } from './training-tools.ts'

/** In the notes: the save that the model's folder holds. Not there while the folder is being written. */
const EXPORTED_FILE = 'exported.json'

type Base = () => Promise<CheckpointFiles>

/** The newest whole save of a run; @throws StepscopeError `not-found` before the first */
export type NewestSaveOf = (id: string) => Promise<NewestSave>

/** The last saves of runs as models: written out as a Hugging Face folder when somebody asks, and read from there. */
export class TrainedModels {
  private readonly folders: RunFolders
  private readonly tools: Pick<TrainingTools, 'exportRun'>
  private readonly newestSave: NewestSaveOf
  private readonly titleOf: (id: string) => Promise<string>

  constructor(
    folders: RunFolders,
    tools: Pick<TrainingTools, 'exportRun'>,
    newestSave: NewestSaveOf,
    titleOf: (id: string) => Promise<string>,
  ) {
    this.folders = folders
    this.tools = tools
    this.newestSave = newestSave
    this.titleOf = titleOf
  }

  /**
   * The last save as a checkpoint. Nobody writes the run meanwhile.
   * @param base the model before training
   * @throws StepscopeError `not-found` before the first save
   */
  async open(id: string, base: Base): Promise<CheckpointFiles> {
    const { step, savedAt } = await this.newestSave(id)
    const model = this.folders.part(id, 'model')
    const exported = JSON.stringify({ step, savedAt })
    if ((await this.exported(id)) !== exported) await this.write(id, exported, base)
    // Who reads a message about it reads its name.
    return folderFiles(savedModelName(await this.titleOf(id), step), model, await model.list())
  }

  /** @throws StepscopeError `not-found` before the first save */
  async export(id: string, form: ExportForm, base: Base): Promise<ExportedSave> {
    const { step } = await this.newestSave(id)
    const store = this.folders.part(id, 'save')
    return { step, files: await this.tools.exportRun({ model: await base(), store }, form) }
  }

  private async write(id: string, exported: string, base: Base): Promise<void> {
    const notes = this.folders.part(id, 'notes')
    const model = this.folders.part(id, 'model')
    const { files } = await this.export(id, 'model', base)
    await notes.remove(EXPORTED_FILE)
    for (const name of await model.list()) if (!files.has(name)) await model.remove(name)
    for (const [name, bytes] of files) await model.write(name, bytes as Uint8Array<ArrayBuffer>)
    await notes.write(EXPORTED_FILE, new TextEncoder().encode(exported))
  }

  private async exported(id: string): Promise<string | null> {
    const bytes = await this.folders.part(id, 'notes').read(EXPORTED_FILE)
    return bytes && new TextDecoder().decode(bytes)
  }
}

/** The files of a save, and which it is. */
interface ExportedSave {
  readonly step: number
  readonly files: ReadonlyMap<string, Uint8Array>
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

export function unsaved(title: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: `“${title}” has not been saved yet`,
    nextStep: 'Wait for its first save, or let it save more often.',
  })
}
