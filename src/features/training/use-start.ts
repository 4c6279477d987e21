import { plainText } from '../../core/outside-text.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { isUnderWay } from '../../state/training/training-view.ts'

/** Starting the draft, and why it cannot be started now. */
export function useStart(): { readonly start: () => void; readonly why: string | null } {
  const actions = useActions()
  const wrong = useApp((state) => Object.keys(state.training.draft.errors).length > 0)
  const reading = useApp((state) => state.training.draft.reading)
  const starting = useApp((state) => state.training.starting)
  const other = useApp((state) => state.training.runs.find((run) => isUnderWay(run) && !run.elsewhere)?.title ?? null)
  const why = starting
    ? 'Starting…'
    : other !== null
      ? `${plainText(other)} is under way; one run at a time has the device.`
      : wrong
        ? 'Correct what is marked first.'
        : reading
          ? 'The rows of the data file are being looked at.'
          : null
  return {
    why,
    start: () => {
      if (why === null) void actions.training.start()
    },
  }
}
