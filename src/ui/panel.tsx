import type { ReactNode } from 'react'
import { useId, useState } from 'react'
import { Icon } from './icon.tsx'
import styles from './panel.module.css'

interface PanelProps {
  title: string
  /** Beside the title, at the right. */
  actions?: ReactNode
  /** Closed at first; leave out for a panel that is always open. */
  startsOpen?: boolean
  children: ReactNode
}

/** A titled part of a side panel, divided from the next by a line. */
export function Panel({ title, actions, startsOpen, children }: PanelProps) {
  const id = useId()
  const [open, setOpen] = useState(startsOpen ?? true)
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <header className={styles.header}>
        <h3 className={styles.title} id={id}>
          {startsOpen === undefined ? (
            title
          ) : (
            <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
              <Icon name={open ? 'chevronDown' : 'chevronRight'} size={12} />
              {title}
            </button>
          )}
        </h3>
        {actions}
      </header>
      {open ? <div className={styles.body}>{children}</div> : null}
    </section>
  )
}
