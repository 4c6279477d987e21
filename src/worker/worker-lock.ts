/** What a worker says once, when it holds its lock. */
export interface AliveMessage {
  readonly type: 'alive'
  readonly lock: string
}

/**
 * In a worker: holds a Web Lock for as long as the worker lives. The browser releases it when the worker ends, however it
 * ends, and of such an end tells the page nothing else.
 */
export function holdWorkerLock(locks: LockManager, id: string, say: (message: AliveMessage) => void): void {
  const lock = `stepscope-worker-${id}`
  void locks.request(lock, () => {
    say({ type: 'alive', lock })
    return new Promise<never>(() => {})
  })
}
