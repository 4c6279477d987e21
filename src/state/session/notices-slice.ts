import type { Actions } from '../app-state.ts'
import type { SliceContext } from '../slice-context.ts'
import type { Notice } from './notices-state.ts'

/** More would cover the screen; the oldest go. */
const SHOWN = 5

const UNDO = { label: 'Undo', kind: 'undo' } as const
/** Nothing else helps a page that is older than its server's files. */
const RELOAD = { label: 'Reload', kind: 'reload' } as const

/** Messages, and what their undo buttons do. */
export function createNoticesSlice(context: Pick<SliceContext, 'get' | 'set' | 'deps'>): {
  readonly actions: Actions['notices']
  readonly notify: SliceContext['notify']
} {
  const { get, set, deps } = context
  const undos = new Map<string, () => void | Promise<void>>()

  const dismiss = (id: string): void => {
    undos.delete(id)
    set({ notices: get().notices.filter((notice) => notice.id !== id) })
  }

  const notify: SliceContext['notify'] = (given, undo) => {
    const id = deps.randomId()
    const notice: Notice = {
      error: null,
      action: undo ? UNDO : given.error?.code === 'old-page' ? RELOAD : null,
      ...given,
      id,
    }
    const kept = get().notices.filter(
      (other) => other.text !== notice.text || other.error?.message !== notice.error?.message,
    )
    set({ notices: [...kept, notice].slice(-SHOWN) })
    if (undo) undos.set(id, undo)
    return id
  }

  return {
    notify,
    actions: {
      dismiss,
      show: (notice) => {
        notify(notice)
      },
      undo: async (id) => {
        const undo = undos.get(id)
        dismiss(id)
        await undo?.()
      },
    },
  }
}
