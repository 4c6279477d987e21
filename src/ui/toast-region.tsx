import { IconButton } from './button.tsx'
import type { IconName } from './icon.tsx'
import { Icon } from './icon.tsx'
import { OutsideText } from './outside-text.tsx'
import styles from './toast-region.module.css'

export interface ToastItem {
  readonly id: string
  readonly tone: 'info' | 'warning' | 'error'
  readonly text: string
  /** More under the text: where it happened, what to do. */
  readonly detail?: string
  readonly actionLabel?: string
}

interface ToastRegionProps {
  toasts: readonly ToastItem[]
  onAction(id: string): void
  onDismiss(id: string): void
}

const ICONS: Record<ToastItem['tone'], IconName> = { info: 'info', warning: 'warning', error: 'error' }

/** Short notes in a strip below the screen, which makes room for them, read out as they come; an action such as Undo stays with its note. */
export function ToastRegion({ toasts, onAction, onDismiss }: ToastRegionProps) {
  return (
    <section className={styles.region} aria-label="Notices">
      <ul className={styles.list} aria-live="polite" aria-relevant="additions">
        {toasts.map((toast) => (
          <li key={toast.id} className={styles.toast} data-tone={toast.tone}>
            <Icon name={ICONS[toast.tone]} />
            <div className={styles.text}>
              <p>
                <OutsideText text={toast.text} most={300} lines />
              </p>
              {toast.detail && toast.detail !== toast.text ? (
                <p className={styles.detail}>
                  <OutsideText text={toast.detail} most={600} lines />
                </p>
              ) : null}
            </div>
            {toast.actionLabel ? (
              <button type="button" className={styles.action} onClick={() => onAction(toast.id)}>
                {toast.actionLabel}
              </button>
            ) : null}
            <IconButton icon="close" label="Dismiss" onClick={() => onDismiss(toast.id)} />
          </li>
        ))}
      </ul>
    </section>
  )
}
