import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import { classNames } from './class-names.ts'
import styles from './dialog.module.css'

interface DialogProps {
  title: ReactNode
  open: boolean
  /** As high as it may be, for a list that fills it; else as high as what is in it. */
  tall?: boolean
  onOpenChange(open: boolean): void
  children: ReactNode
}

/** A window over the screen, which waits behind it; Escape and a click beside it close it. Its first field has the focus. */
export function Dialog({ title, open, tall = false, onOpenChange, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={styles.veil} />
        <Radix.Content className={classNames(styles.dialog, tall && styles.tall)} aria-describedby={undefined}>
          <div className={styles.header}>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            <IconButton icon="close" label="Close" shortcut="Esc" onClick={() => onOpenChange(false)} />
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
