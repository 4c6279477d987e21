import type { ReactNode } from 'react'
import { useState } from 'react'
import { readNumberList } from './number-list.ts'
import { TextField } from './text-field.tsx'

interface NumberListFieldProps {
  label: string
  values: readonly number[]
  /** Of each number; both included. */
  min: number
  max: number
  /** Numbers, at most. */
  most: number
  hint?: ReactNode
  error?: string | null | undefined
  disabled?: boolean
  onChange(values: readonly number[]): void
}

/** Whole numbers with commas or spaces between; what is typed counts when every one of them is within the limits. */
export function NumberListField({
  label,
  values,
  min,
  max,
  most,
  hint,
  error,
  disabled,
  onChange,
}: NumberListFieldProps) {
  const [draft, setDraft] = useState<string | null>(null)
  const read = draft === null ? null : readNumberList(draft, { min, max, most })
  return (
    <TextField
      label={label}
      mono
      inputMode="numeric"
      disabled={disabled}
      value={draft ?? values.join(', ')}
      hint={hint}
      error={(read && 'wrong' in read ? read.wrong : null) ?? error}
      onChange={(text) => {
        setDraft(text)
        const next = readNumberList(text, { min, max, most })
        if ('values' in next && next.values.join() !== values.join()) onChange(next.values)
      }}
      onBlur={() => setDraft(null)}
    />
  )
}
