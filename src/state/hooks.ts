/** React's only way into the store. Selectors return primitives or stored objects; lists go through `useShallow`. */

import type { ReactNode } from 'react'
import { createContext, createElement, useContext, useMemo } from 'react'
import { useStore } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import type { RunSetup } from '../search/events.ts'
import type { Actions, AppState } from './app-state.ts'
import type { OwnPair } from './compare/compare-state.ts'
import { pairOf } from './compare/compare-state.ts'
import type { AppStore } from './create-app-store.ts'
import type { EngineState } from './models/engine-state.ts'
import { pairKey } from './models/model-pair.ts'
import type { Difference } from './search/belonging.ts'
import { differencesOf } from './search/belonging.ts'
import type { RunId, RunView } from './search/runs-state.ts'

const StoreContext = createContext<AppStore | null>(null)

export function AppStoreProvider(props: { readonly store: AppStore; readonly children: ReactNode }) {
  return createElement(StoreContext.Provider, { value: props.store }, props.children)
}

/** The store itself, for reading in an animation frame without rendering (canvas). */
export function useAppStore(): AppStore {
  const store = useContext(StoreContext)
  if (!store) throw new Error('useAppStore outside AppStoreProvider')
  return store
}

/** A primitive or an object that stands in the state. */
export function useApp<T>(selector: (state: AppState) => T): T {
  return useStore(useAppStore(), selector)
}

/** A fresh list or record of such values, compared element by element. */
export function useAppShallow<T>(selector: (state: AppState) => T): T {
  return useStore(useAppStore(), useShallow(selector))
}

/** Stable: never causes a render. */
export function useActions(): Actions {
  return useAppStore().actions
}

/** A run by id, or the active one. */
export function useRun(run?: RunId): RunView | null {
  return useApp((state) => {
    const id = run ?? state.runs.active
    return id === null ? null : (state.runs.byId[id] ?? null)
  })
}

/** The engine as a column sees it: with its own models, chosen and, where they are, loaded. */
function engineOf(column: { readonly models: OwnPair }, engine: EngineState): EngineState {
  const pair = pairOf(column, engine)
  const key = pairKey(pair)
  if (key === pairKey(engine)) return engine
  return { ...engine, ...pair, models: engine.models?.beside?.[key] ?? null }
}

const NO_DIFFERENCES: readonly Difference[] = []

/**
 * In what a run is not of the setup and the models that are shown beside it.
 * @param beside the strategy, settings and models shown, where they are not the session's
 */
export function useDifferences(
  run: RunView | null,
  beside?: Pick<RunSetup, 'strategy' | 'config'> & { readonly models: OwnPair },
): readonly Difference[] {
  const session = useApp((state) => state.session)
  const engine = useApp((state) => state.engine)
  const setup = run?.setup
  const started = run?.events[0]
  return useMemo(
    () =>
      setup
        ? differencesOf(
            { setup, events: started ? [started] : [] },
            {
              session: beside ? { ...session, strategy: beside.strategy, config: beside.config } : session,
              engine: beside ? engineOf(beside, engine) : engine,
            },
          )
        : NO_DIFFERENCES,
    [setup, started, session, engine, beside],
  )
}
