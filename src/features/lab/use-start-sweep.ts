import { useActions, useApp } from '../../state/hooks.ts'
import { startHindrance } from '../../state/lab/lab-draft.ts'

/** Starting the draft, and why it cannot be started now. */
export function useStartSweep(): { readonly start: () => void; readonly why: string | null } {
  const actions = useActions()
  const why = useApp(startHindrance)
  return {
    why,
    start: () => {
      if (why === null) void actions.lab.start()
    },
  }
}
