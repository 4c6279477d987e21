/** Tells the tabs of this browser apart, so that a run of a tab that is still open is not called interrupted. */
export interface TabOwner {
  readonly id: string
  /** Tabs that are open now, this one included. */
  alive(): Promise<ReadonlySet<string>>
}

const PREFIX = 'stepscope-tab-'

/**
 * Holds a Web Lock for as long as the tab lives; the browser releases it when the tab ends, however it ends. Where there
 * are no Web Locks, every other tab counts as closed.
 */
export async function claimTab(id: string, locks: LockManager | undefined): Promise<TabOwner> {
  if (!locks) return { id, alive: () => Promise.resolve(new Set([id])) }
  await new Promise<void>((held) => {
    // The inner promise never settles: the lock lasts as long as the tab.
    void locks
      .request(PREFIX + id, () => {
        held()
        return new Promise<never>(() => {})
      })
      .catch(() => held())
  })
  return {
    id,
    alive: async () => {
      const { held = [] } = await locks.query()
      const owners = held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []))
      return new Set([...owners, id])
    },
  }
}
