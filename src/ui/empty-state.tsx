import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './empty-state.module.css'
import type { IconName } from './icon.tsx'
import { Icon } from './icon.tsx'

interface EmptyStateProps {
  icon: IconName
  title: string
  /** Not in the first moment, while what would be here may still come. */
  later?: boolean
  children: ReactNode
}

/** Nothing here yet: what would be, and how to get it. */
export function EmptyState({ icon, title, later = false, children }: EmptyStateProps) {
  return (
    <div className={classNames(styles.empty, later && styles.later)}>
      <Icon name={icon} size={28} />
      <p className={styles.title}>{title}</p>
      <div className={styles.text}>{children}</div>
    </div>
  )
}
