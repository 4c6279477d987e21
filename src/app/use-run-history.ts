import { useEffect, useRef } from 'react'
import { useActions, useApp } from '../state/hooks.ts'

interface RunEntry {
  readonly run: string | null
}

const runOf = (state: unknown): string | null => (state as Partial<RunEntry> | null)?.run ?? null

/**
 * Every run that takes the place of another in the playground is a step in the browser's history: Back returns to the run
 * before it, as it returns to the screen before.
 */
export function useRunHistory(): void {
  const actions = useActions()
  const active = useApp(({ runs }) => runs.active)
  const shown = useRef(active)
  shown.current = active

  useEffect(() => {
    if (active === null || runOf(history.state) === active) return
    const entry: RunEntry = { run: active }
    if (runOf(history.state) === null) history.replaceState(entry, '')
    else history.pushState(entry, '')
  }, [active])

  useEffect(() => {
    const back = (event: PopStateEvent) => {
      const run = runOf(event.state)
      // A new screen's entry has no run yet: it shows the one that is there.
      if (run === null) history.replaceState({ run: shown.current } satisfies RunEntry, '')
      else if (run !== shown.current) void actions.history.open(run)
    }
    window.addEventListener('popstate', back)
    return () => window.removeEventListener('popstate', back)
  }, [actions])
}
