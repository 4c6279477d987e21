import { registerSW } from 'virtual:pwa-register'
import type { AppStore } from '../state/create-app-store.ts'

/** How long a newer version may take to arrive before the page reloads without it. */
const ARRIVAL_MS = 15_000

/** The models' first load may take this long before the app's other files are fetched beside it. */
const FIRST_LOAD_MS = 15_000

/**
 * Keeps the app usable offline. A new version waits until the person asks for it, because taking it over reloads the page.
 * Its first installation fetches every file of the app, so the models that are loaded now go first, except where it has to
 * isolate the page.
 */
export async function registerServiceWorker(store: AppStore): Promise<void> {
  if (globalThis.crossOriginIsolated) await firstLoad(store)
  const { actions } = store
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

function firstLoad(store: AppStore): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      stop()
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(over, FIRST_LOAD_MS)
    const stop = store.subscribe(({ engine: { phase } }) => {
      if (phase !== 'idle' && phase !== 'loading') over()
    })
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
