import { Switch as Radix } from 'radix-ui'
import { useId } from 'react'
import styles from './switch.module.css'

interface SwitchProps {
  label: string
  checked: boolean
  onChange(checked: boolean): void
}

export function Switch({ label, checked, onChange }: SwitchProps) {
  const id = useId()
  return (
    <span className={styles.wrap}>
      <Radix.Root id={id} className={styles.root} checked={checked} onCheckedChange={onChange}>
        <Radix.Thumb className={styles.thumb} />
      </Radix.Root>
      <label htmlFor={id}>{label}</label>
    </span>
  )
}
