import type { ComponentProps, ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Field } from './field.tsx'
import styles from './input.module.css'

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'id' | 'onChange'> {
  label: string
  hint?: ReactNode
  error?: string | null | undefined
  mono?: boolean
  onChange(value: string): void
}

export function TextField({ label, hint, error, mono = false, onChange, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          type="text"
          autoComplete="off"
          spellCheck={false}
          className={classNames(styles.input, mono && styles.mono)}
          onChange={(event) => onChange(event.target.value)}
          {...rest}
          {...ids}
        />
      )}
    </Field>
  )
}
