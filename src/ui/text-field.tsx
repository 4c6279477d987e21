import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Field } from './field.tsx'
import styles from './input.module.css'

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'id' | 'onChange' | 'value'> {
  value: string
  /** Lines that are shown; more than one wraps the text, and Enter stays a line's end. */
  lines?: number
  label: string
  hint?: ReactNode
  error?: string | null | undefined
  mono?: boolean
  onChange(value: string): void
}

export function TextField({
  label,
  hint,
  error,
  mono = false,
  lines = 1,
  onChange,
  value,
  placeholder,
  ...rest
}: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) =>
        lines > 1 ? (
          <textarea
            rows={lines}
            spellCheck={false}
            className={classNames(styles.input, styles.lines, mono && styles.mono)}
            value={value}
            placeholder={placeholder}
            onChange={(event) => onChange(event.target.value)}
            {...ids}
          />
        ) : (
          <input
            type="text"
            autoComplete="off"
            spellCheck={false}
            className={classNames(styles.input, mono && styles.mono)}
            value={value}
            placeholder={placeholder}
            onChange={(event) => onChange(event.target.value)}
            {...rest}
            {...ids}
          />
        )
      }
    </Field>
  )
}
