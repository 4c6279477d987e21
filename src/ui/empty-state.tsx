import type { ReactNode } from 'react'
import styles from './empty-state.module.css'
import type { IconName } from './icon.tsx'
import { Icon } from './icon.tsx'

/** Nothing here yet: what would be, and how to get it. */
export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <div className={styles.empty}>
      <Icon name={icon} size={28} />
      <p className={styles.title}>{title}</p>
      <div className={styles.text}>{children}</div>
    </div>
  )
}
