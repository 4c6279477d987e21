import { registerSW } from 'virtual:pwa-register'
import type { Actions } from '../state/types.ts'

/**
 * Keeps the app usable offline. A new version waits until the person asks for it, because taking it over reloads the
 * page. Returns the function that does so.
 */
export function registerServiceWorker(actions: Actions): () => void {
  const update = registerSW({
    onNeedRefresh() {
      actions.notices.show({
        tone: 'info',
        text: 'A new version is ready. Your runs are kept.',
        error: null,
        action: { label: 'Reload', kind: 'reload' },
      })
    },
    onOfflineReady() {
      actions.notices.show({ tone: 'info', text: 'Ready to work offline.', error: null, action: null })
    },
  })
  return () => void update(true)
}
