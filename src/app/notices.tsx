import { useEffect } from 'react'
import { describeError } from '../core/errors.ts'
import { useActions, useApp } from '../state/hooks.ts'
import type { Notice } from '../state/session/notices-state.ts'
import { ToastRegion } from '../ui/toast-region.tsx'

/** Long enough to read a sentence; what needs a decision or went wrong stays until it is dismissed. */
const PASSING_MS = 7000

const passes = ({ tone, action, error }: Notice): boolean => tone === 'info' && action === null && error === null

/** The state's notices as toasts; errors say where and what to do. */
export function Notices({ onReload }: { onReload(): void }) {
  const notices = useApp((state) => state.notices)
  const actions = useActions()
  const passing = notices.find(passes)?.id
  useEffect(() => {
    if (passing === undefined) return
    const timer = setTimeout(() => actions.notices.dismiss(passing), PASSING_MS)
    return () => clearTimeout(timer)
  }, [passing, actions])
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
