import { ModelLibrary } from '../downloads/model-library.ts'
import { webModelLocks } from '../downloads/model-locks.ts'
import { openOpfsStore } from '../downloads/opfs-store.ts'

/** The models of this browser; its files are opened at the first call. */
export function openModelLibrary(): () => Promise<ModelLibrary> {
  let opened: Promise<ModelLibrary> | null = null
  const open = async (): Promise<ModelLibrary> => {
    const { storage, locks } = navigator as Partial<Pick<Navigator, 'storage' | 'locks'>>
    return new ModelLibrary({
      store: await openOpfsStore(storage),
      network: {
        fetch: (url, init) => fetch(url, init),
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        origin: location.origin,
      },
      locks: webModelLocks(locks),
      date: () => new Date().toISOString(),
      now: () => performance.now(),
    })
  }
  return () => {
    opened ??= open()
    return opened
  }
}
