import type { Actions } from '../state/app-state.ts'
import type { Dropped } from '../ui/dropped-files.ts'
import type { Screen } from './route.ts'

const MODEL_FILE = /^(config|tokenizer|tokenizer_config|stepscope|generation_config)\.json$|\.safetensors$/

/**
 * Gives dropped files to whom they belong: a model folder to the engine, a single JSON file to the runs, JSON Lines to the
 * recipe of the next training run; in the room for reward models a folder is the model that is looked at, and both files are
 * traces. Returns the screen that shows what came of it; null where nothing was opened.
 * @param shown the screen that they were dropped on
 */
export async function openDropped({ files, folder }: Dropped, actions: Actions, shown: Screen): Promise<Screen | null> {
  const [first] = files
  if (first === undefined) {
    actions.notices.show({
      tone: 'error',
      text: 'Nothing could be read from what was dropped.',
      error: null,
      action: null,
    })
    return null
  }
  const model = folder !== null || files.length > 1 || MODEL_FILE.test(first.name)
  const has = (ending: RegExp) => files.some(({ name }) => ending.test(name))
  // A folder with both runs on our own engine; the dialog takes it as ONNX, too.
  if (has(/\.onnx$/) && !has(/\.safetensors$/)) {
    actions.onnx.open()
    await actions.onnx.chooseFolder(folder ?? first.name, files)
    return 'models'
  }
  if (model) {
    const loaded = await actions.models.openFolder(folder ?? first.name, files)
    if (shown !== 'rewards') return 'models'
    if (loaded) await actions.traces.takeModel(loaded)
    return shown
  }
  if (shown === 'rewards') {
    void actions.traces.openFile(first)
    return shown
  }
  if (/\.jsonl$/.test(first.name)) {
    actions.training.setData(first.name, first)
    return 'train'
  }
  const run = await actions.runs.importFile(first.name, first)
  return run === null ? null : 'playground'
}
