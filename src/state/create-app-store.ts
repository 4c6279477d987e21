import type { StoreApi } from 'zustand/vanilla'
import type { Actions, AppState } from './types.ts'

/** State to read, actions to change it, and the end of all that they hold. */
export type AppStore = Pick<StoreApi<AppState>, 'getState' | 'getInitialState' | 'subscribe'> & {
  readonly actions: Actions
  /** Opens storage, shows the last or the recorded run, applies the URL hash, loads the models. */
  start(hash: string): Promise<void>
  dispose(): void
}
