import type { ReactNode } from 'react'
import { PARAGRAPH_CHARACTERS } from '../core/outside-text.ts'
import { IconButton } from './button.tsx'
import styles from './error-notice.module.css'
import { Icon } from './icon.tsx'
import { OutsideText } from './outside-text.tsx'

/** What a person needs to know of an error; any richer object with these fields fits. */
export interface ErrorNoticeDetails {
  readonly message: string
  readonly expected?: string
  readonly found?: string
  readonly place?: { readonly file?: string; readonly field?: string; readonly line?: number }
  readonly nextStep?: string
}

interface ErrorNoticeProps {
  details: ErrorNoticeDetails
  /** `caution`: something to know rather than something that failed. */
  tone?: 'error' | 'caution'
  onDismiss?: (() => void) | undefined
  /** Buttons under the text. */
  children?: ReactNode
}

/** What happened, where, what was expected and found, and what to do now. */
export function ErrorNotice({ details, tone = 'error', onDismiss, children }: ErrorNoticeProps) {
  const { place } = details
  const rows: readonly (readonly [string, string])[] = [
    ['File', place?.file],
    ['Line', place?.line === undefined ? undefined : String(place.line)],
    ['Field', place?.field],
    ['Expected', details.expected],
    ['Found', details.found],
  ].flatMap(([name, value]) => (name !== undefined && value !== undefined ? [[name, value] as const] : []))
  return (
    <div className={styles.notice} data-tone={tone} role={tone === 'error' ? 'alert' : 'note'}>
      <Icon name={tone === 'error' ? 'error' : 'warning'} />
      <div className={styles.body}>
        <p className={styles.message}>
          <OutsideText text={details.message} most={PARAGRAPH_CHARACTERS} lines />
        </p>
        {rows.length > 0 ? (
          <dl className={styles.rows}>
            {rows.map(([name, value]) => (
              <div key={name} className={styles.row}>
                <dt>{name}</dt>
                <dd>
                  <OutsideText text={value} />
                </dd>
              </div>
            ))}
          </dl>
        ) : null}
        {details.nextStep ? (
          <p>
            <OutsideText text={details.nextStep} most={PARAGRAPH_CHARACTERS} lines />
          </p>
        ) : null}
        {children ? <div className={styles.actions}>{children}</div> : null}
      </div>
      {onDismiss ? <IconButton icon="close" label="Dismiss" onClick={onDismiss} /> : null}
    </div>
  )
}
