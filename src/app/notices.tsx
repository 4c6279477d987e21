import { describeError } from '../core/errors.ts'
import { useActions, useApp } from '../state/hooks.ts'
import { ToastRegion } from '../ui/toast-region.tsx'

/** The state's notices as toasts; errors say where and what to do. */
export function Notices({ onReload }: { onReload(): void }) {
  const notices = useApp((state) => state.notices)
  const actions = useActions()
  return (
    <ToastRegion
      toasts={notices.map(({ id, tone, text, error, action }) => ({
        id,
        tone,
        text,
        ...(error === null ? {} : { detail: describeError(error) }),
        ...(action === null ? {} : { actionLabel: action.label }),
      }))}
      onAction={(id) => {
        const kind = notices.find((notice) => notice.id === id)?.action?.kind
        if (kind === 'reload') onReload()
        else void actions.notices.undo(id)
      }}
      onDismiss={actions.notices.dismiss}
    />
  )
}
