import { toErrorDetails } from '../core/errors.ts'
import type { AppState } from './app-state.ts'
import type { AppDependencies } from './dependencies.ts'
import type { Notice } from './session/notices-state.ts'

/** What every slice works with. */
export interface SliceContext {
  readonly get: () => AppState
  readonly set: (change: Partial<AppState>) => void
  readonly deps: AppDependencies
  /** @returns the notice's id */
  readonly notify: (
    notice: Pick<Notice, 'tone' | 'text'> & Partial<Notice>,
    undo?: () => void | Promise<void>,
  ) => string
}

/** Shows what went wrong; a cancellation was asked for and is no news. */
export function notifyError(context: SliceContext, text: string, error: unknown): void {
  const details = toErrorDetails(error)
  if (details.code !== 'cancelled') context.notify({ tone: 'error', text, error: details })
}

/** As `notifyError`, where an engine that is lost was told of already. */
export function notifyUnlessLost(context: SliceContext, text: string, error: unknown): void {
  if (toErrorDetails(error).code !== 'device-lost') notifyError(context, text, error)
}
