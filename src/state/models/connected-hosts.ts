import { HUB } from '../../hub/hub-client.ts'

/** Servers besides the hub that a person has asked for a model. */
export interface ConnectedHosts {
  /** Origins, oldest first. */
  list(): readonly string[]
  /**
   * Adds the server of an address that was typed; ids of the hub name none.
   * @returns its origin where it is new: workers that run do not know it
   */
  connect(typed: string): string | null
}

const KEY = 'stepscope.hosts'
/** The oldest goes: its models are asked for again by connecting it anew. */
const MOST = 8

/** @param storage keeps them over visits; null where the browser has none */
export function connectedHosts(storage: Pick<Storage, 'getItem' | 'setItem'> | null): ConnectedHosts {
  let hosts = read(storage)
  return {
    list: () => hosts,
    connect: (typed) => {
      const origin = originOf(typed)
      if (origin === null || origin === HUB || hosts.includes(origin)) return null
      hosts = [...hosts, origin].slice(-MOST)
      try {
        storage?.setItem(KEY, JSON.stringify(hosts))
      } catch {
        // They hold until the page is closed.
      }
      return origin
    },
  }
}

function read(storage: Pick<Storage, 'getItem'> | null): readonly string[] {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((host) => typeof host === 'string' && originOf(host) === host) : []
  } catch {
    return []
  }
}

function originOf(typed: string): string | null {
  const text = typed.trim()
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null
  return new URL(text).origin
}
