import type { ReactNode } from 'react'
import { useId } from 'react'
import { classNames } from './class-names.ts'
import styles from './field.module.css'
import { VisuallyHidden } from './visually-hidden.tsx'

export interface FieldIds {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

interface FieldProps {
  label: string
  /** One sentence under the control. */
  hint?: ReactNode
  error?: string | null | undefined
  /** Label and control on one line, for compact numbers. */
  inline?: boolean
  /** For screen readers alone, where a heading already says it. */
  hideLabel?: boolean
  children: (ids: FieldIds) => ReactNode
}

/** A label, a control, a sentence on it and, where it is wrong, why. */
export function Field({ label, hint, error, inline = false, hideLabel = false, children }: FieldProps) {
  const id = useId()
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <div className={styles.field}>
      <div className={classNames(inline && styles.inline)}>
        <label className={styles.label} htmlFor={id}>
          {hideLabel ? <VisuallyHidden>{label}</VisuallyHidden> : label}
        </label>
        {children({
          id,
          ...(described ? { 'aria-describedby': described } : {}),
          ...(error ? { 'aria-invalid': true as const } : {}),
        })}
      </div>
      {hint ? (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      ) : null}
    </div>
  )
}
