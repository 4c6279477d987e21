/**
 * Resolves in a later task, not a microtask: whatever other callers do in response to the last result happens first, so
 * their requests join the next batch, and messages (cancel, pause) get through.
 */
export function nextTask(): Promise<void> {
  const { setImmediate: immediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
  if (immediate) {
    return new Promise((resolve) => {
      immediate(resolve)
    })
  }
  // A message arrives at once, where browsers hold a nested setTimeout back for 4 ms.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
