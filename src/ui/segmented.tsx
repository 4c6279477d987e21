import { RadioGroup } from 'radix-ui'
import type { ReactNode } from 'react'
import type { IconName } from './icon.tsx'
import { Icon } from './icon.tsx'
import styles from './segmented.module.css'

interface SegmentedProps<Value extends string> {
  label: string
  value: Value
  options: readonly {
    readonly value: Value
    readonly label: ReactNode
    readonly icon?: IconName
    readonly name?: string
  }[]
  disabled?: boolean
  onChange(value: Value): void
}

/** One of a few, all in sight. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  disabled = false,
  onChange,
}: SegmentedProps<Value>) {
  return (
    <RadioGroup.Root
      className={styles.group}
      aria-label={label}
      orientation="horizontal"
      value={value}
      disabled={disabled}
      onValueChange={(next) => {
        const chosen = options.find((option) => option.value === next)
        if (chosen) onChange(chosen.value)
      }}
    >
      {options.map((option) => (
        <RadioGroup.Item key={option.value} value={option.value} className={styles.item} aria-label={option.name}>
          {option.icon ? <Icon name={option.icon} size={14} /> : null}
          {option.label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}
