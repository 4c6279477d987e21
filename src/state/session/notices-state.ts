import type { ErrorDetails } from '../../core/errors.ts'

export interface Notice {
  readonly id: string
  readonly tone: 'info' | 'warning' | 'error'
  readonly text: string
  readonly error: ErrorDetails | null
  /** Offered as a button; `undo` gives it to `actions.notices.undo(id)`. */
  readonly action: { readonly label: string; readonly kind: 'undo' | 'reload' } | null
}

export interface NoticesActions {
  dismiss(id: string): void
  undo(id: string): Promise<void>
  show(notice: Omit<Notice, 'id'>): void
}
