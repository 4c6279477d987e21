import { registerSW } from 'virtual:pwa-register'
import type { Actions } from '../state/app-state.ts'

/** How long a newer version may take to arrive before the page reloads without it. */
const ARRIVAL_MS = 15_000

/** Keeps the app usable offline. A new version waits until the person asks for it, because taking it over reloads the page. */
export function registerServiceWorker(actions: Actions): void {
  registerSW({
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
}

/** Reloads the page with the newest version that the server has: one that waits, or that nobody had noticed yet. */
export async function reloadWithNewest(): Promise<void> {
  const { serviceWorker } = navigator as Partial<Navigator>
  const registration = await serviceWorker?.getRegistration().catch(() => undefined)
  await registration?.update().catch(() => {})
  const next = registration?.waiting ?? registration?.installing
  if (!serviceWorker || !next) {
    location.reload()
    return
  }
  serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  setTimeout(() => location.reload(), ARRIVAL_MS)
  const takeOver = (): void => {
    if (next.state === 'installed') next.postMessage({ type: 'SKIP_WAITING' })
  }
  next.addEventListener('statechange', takeOver)
  takeOver()
}
