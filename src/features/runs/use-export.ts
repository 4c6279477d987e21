import { useActions, useAppStore } from '../../state/hooks.ts'
import type { RunId } from '../../state/search/runs-state.ts'
import { saveFile } from '../../ui/save-file.ts'

/** Saves a listed run as a file without changing what the playground shows. */
export function useExport(): (run: RunId) => Promise<void> {
  const store = useAppStore()
  const actions = useActions()
  return async (run) => {
    const { active, byId } = store.getState().runs
    if (!(run in byId)) {
      await actions.history.open(run)
      if (active !== null && active !== run) actions.runs.activate(active)
    }
    const file = actions.runs.exportFile(run)
    if (file) saveFile(file.name, file.text)
  }
}
