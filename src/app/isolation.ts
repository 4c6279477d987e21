import type { Actions } from '../state/app-state.ts'

/** In the tab's memory while a reload for isolation is under way, and after one that did not help. */
const TRIED = 'stepscope-isolation'

/** What of the browser this needs. */
export interface IsolationHost {
  /** The page may share memory between its workers. */
  readonly isolated: boolean
  /** It is the tab's own page: one within another site's page cannot be isolated by a reload. */
  readonly topLevel: boolean
  /** Resolves once a service worker is there to answer; null where the browser has none. */
  readonly workerReady: Promise<unknown> | null
  /** Whether a person has done anything here yet. */
  touched(): boolean
  /** Throws where the browser keeps nothing. */
  readonly memory: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  reload(): void
}

/**
 * Where the host sends no headers the service worker adds them, from the next load on: so the page reloads once, by itself while
 * nobody has touched it, else when the person says so. Where that does not help there is no second reload, and the engine
 * works with one thread.
 */
export async function isolateByReload(notices: Actions['notices'], host: IsolationHost): Promise<void> {
  try {
    const tried = host.memory.getItem(TRIED) !== null
    if (host.isolated) {
      if (!tried) return
      host.memory.removeItem(TRIED)
      notices.show({
        tone: 'info',
        text: 'The page was reloaded once: now the engine can use every core of the processor.',
        error: null,
        action: null,
      })
      return
    }
    if (tried || !host.topLevel || host.workerReady === null) return
    await host.workerReady
    host.memory.setItem(TRIED, 'tried')
    if (!host.touched()) host.reload()
    else
      notices.show({
        tone: 'info',
        text: 'After a reload the engine can use every core of the processor. Your runs are kept.',
        error: null,
        action: { label: 'Reload', kind: 'reload' },
      })
  } catch {
    // Without a memory, a reload that does not help would be repeated for ever; or the service worker was refused.
  }
}

export function browserIsolation(): IsolationHost {
  const { serviceWorker } = navigator as Partial<Navigator>
  let touched = false
  for (const type of ['pointerdown', 'keydown', 'wheel', 'dragenter'])
    window.addEventListener(
      type,
      () => {
        touched = true
      },
      { once: true, capture: true, passive: true },
    )
  return {
    isolated: globalThis.crossOriginIsolated === true,
    topLevel: window.top === window,
    workerReady: serviceWorker?.ready ?? null,
    touched: () => touched,
    // Looked up at its use: where storage is refused, the look itself throws.
    get memory() {
      return sessionStorage
    },
    reload: () => location.reload(),
  }
}
