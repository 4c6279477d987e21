import type { ReactNode } from 'react'
import { plainText } from '../core/outside-text.ts'
import { Field } from './field.tsx'
import inputStyles from './input.module.css'
import styles from './select.module.css'

interface SelectProps<Value extends string> {
  label: string
  value: Value
  options: readonly { readonly value: Value; readonly label: string; readonly disabled?: boolean }[]
  hint?: ReactNode
  error?: string | null | undefined
  inline?: boolean
  hideLabel?: boolean
  disabled?: boolean
  onChange(value: Value): void
}

/** The browser's own select: keyboard, phones and screen readers know it. */
export function Select<Value extends string>({
  label,
  value,
  options,
  hint,
  error,
  inline = false,
  hideLabel = false,
  disabled,
  onChange,
}: SelectProps<Value>) {
  return (
    <Field label={label} hint={hint} error={error} inline={inline} hideLabel={hideLabel}>
      {(ids) => (
        <span className={styles.wrap}>
          <select
            {...ids}
            className={`${inputStyles.input} ${styles.select}`}
            value={value}
            disabled={disabled}
            onChange={(event) => {
              const chosen = options.find((option) => option.value === event.target.value)
              if (chosen) onChange(chosen.value)
            }}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value} disabled={option.disabled}>
                {plainText(option.label, 80)}
              </option>
            ))}
          </select>
        </span>
      )}
    </Field>
  )
}
