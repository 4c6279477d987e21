import { StepscopeError } from '../core/errors.ts'
import { isWebPage } from '../core/web-answer.ts'
import { APP_VERSION } from '../formats/app-version.ts'
import { openStorage } from '../storage/storage.ts'
import { claimTab } from '../storage/tab-owner.ts'
import { createWorkerClient, openWorker } from '../worker/client.ts'
import type { AppDependencies, DeviceStorage } from './dependencies.ts'
import { connectedHosts } from './models/connected-hosts.ts'

/** A hidden page draws no frames; what waits for one goes on at this pace. */
const HIDDEN_FRAME_MS = 300

/** The browser as the store's surroundings. */
export function browserDependencies(): AppDependencies {
  const id = randomId()
  const hosts = connectedHosts(localStorageOrNone())
  return {
    client: createWorkerClient(() => openWorker(hosts.list())),
    downloads: createWorkerClient(() => openWorker(hosts.list())),
    hosts,
    device: deviceStorage(),
    openStorage: () => openStorage({ indexedDB, IDBKeyRange }),
    claimTab: () => claimTab(id, (navigator as { locks?: LockManager }).locks),
    tabMemory,
    fetchText,
    appVersion: APP_VERSION,
    now: () => performance.now(),
    date: () => new Date().toISOString(),
    randomId,
    randomSeed: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    frame,
    later: (callback, ms) => {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    },
    onHide: (callback) => {
      const hidden = (): void => {
        if (document.visibilityState === 'hidden') callback()
      }
      document.addEventListener('visibilitychange', hidden)
      window.addEventListener('pagehide', callback)
      return () => {
        document.removeEventListener('visibilitychange', hidden)
        window.removeEventListener('pagehide', callback)
      }
    },
  }
}

const TAB_MEMORY = 'stepscope-session'

/** Session storage is one tab's; where it is refused, nothing is kept. */
const tabMemory = {
  read: (): string | null => {
    try {
      return sessionStorage.getItem(TAB_MEMORY)
    } catch {
      return null
    }
  },
  write: (text: string): void => {
    try {
      sessionStorage.setItem(TAB_MEMORY, text)
    } catch {
      // The session of the last tab, in the saved settings, is restored instead.
    }
  },
}

function localStorageOrNone(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

function deviceStorage(): DeviceStorage {
  const storage = (navigator as Partial<Navigator>).storage as Partial<StorageManager> | undefined
  return {
    space: async () => {
      const { usage, quota } = (await storage?.estimate?.()) ?? {}
      return usage === undefined || quota === undefined ? null : { usage, quota }
    },
    persisted: async () => (await storage?.persisted?.()) ?? null,
    persist: async () => (await storage?.persist?.()) ?? null,
  }
}

function frame(callback: () => void): () => void {
  const stop = (): void => {
    cancelAnimationFrame(request)
    clearTimeout(timer)
  }
  const run = (): void => {
    stop()
    callback()
  }
  const request = requestAnimationFrame(run)
  const timer = setTimeout(run, HIDDEN_FRAME_MS)
  return stop
}

/** `crypto.randomUUID` is missing where the page is not served securely. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Files of the app itself, below its base path: never another host. */
async function fetchText(path: string): Promise<string> {
  const response = await fetch(`${import.meta.env.BASE_URL}${path}`)
  const page = isWebPage(response.headers, path)
  if (!response.ok || page) {
    throw new StepscopeError({
      code: 'not-found',
      message: 'A file of the app could not be read',
      found: page ? 'a web page' : `HTTP ${response.status}`,
      place: { file: path },
      nextStep: 'Reload the page.',
    })
  }
  return response.text()
}
