import { useSyncExternalStore } from 'react'

export const SCREENS = ['playground', 'compare', 'scaling', 'train', 'rewards', 'models', 'runs'] as const
export type Screen = (typeof SCREENS)[number]

export interface Route {
  readonly screen: Screen
  /** What follows the `?`, as a hash of its own (`#…`), or '' where there is nothing: the permalink's part. */
  readonly link: string
}

/** `#/compare?n=16` is the compare screen with the permalink `#n=16`; anything else opens the playground. */
export function parseRoute(hash: string): Route {
  // Some programs escape the `?`, too, when they pass an address on.
  const match = /^#\/([a-z]*)(?:\?(.*))?$/s.exec(hash.replace(/^(#\/[a-z]*)%3f/i, '$1?'))
  if (!match) return { screen: 'playground', link: hash.length > 1 ? hash : '' }
  const screen = SCREENS.find((name) => name === match[1]) ?? 'playground'
  return { screen, link: match[2] ? `#${match[2]}` : '' }
}

export function formatRoute({ screen, link }: Route): string {
  return `#/${screen}${link.length > 1 ? `?${link.slice(1)}` : ''}`
}

/** The permalink that the address names, as a hash; '' where there is none. */
export function readLink(): string {
  return parseRoute(location.hash).link
}

/** The backend that the address asks for, before its `#`: `?backend=wasm`; null where it does not. */
export function readBackend(): string | null {
  return new URLSearchParams(location.search).get('backend')
}

/**
 * Takes the permalink out of the address once it is carried out, so that a reload shows the work that followed; until then a
 * reload needs it.
 */
export function dropLink(): void {
  const { screen, link } = parseRoute(location.hash)
  if (link) history.replaceState(history.state, '', formatRoute({ screen, link: '' }))
}

/** The screen that the address names. */
export function useScreen(): Screen {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener('hashchange', changed)
      return () => window.removeEventListener('hashchange', changed)
    },
    () => parseRoute(location.hash).screen,
  )
}
