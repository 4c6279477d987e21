import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { IconButton } from '../../ui/button.tsx'
import { IconFileButton } from '../../ui/file-button.tsx'
import { saveFile } from '../../ui/save-file.ts'

/** Saves the run as a file, opens one. */
export function RunFileButtons({ run }: { run: RunView | null }) {
  const actions = useActions()
  return (
    <>
      <IconButton
        icon="download"
        label="Export the run as a file"
        disabled={run === null}
        onClick={() => {
          const file = run ? actions.runs.exportFile(run.id) : null
          if (file) saveFile(file.name, file.text)
        }}
      />
      <IconFileButton
        icon="open"
        label="Open a run file"
        accept=".json,application/json"
        onPick={async ({ files: [file] }) => {
          if (file) await actions.runs.importFile(file.name, file)
        }}
      />
    </>
  )
}
