import styles from './shortcut-list.module.css'

export interface Shortcut {
  readonly keys: readonly string[]
  readonly does: string
}

export function ShortcutList({ shortcuts }: { shortcuts: readonly Shortcut[] }) {
  return (
    <dl className={styles.list}>
      {shortcuts.map((shortcut) => (
        <div key={shortcut.does} className={styles.row}>
          <dt className={styles.keys}>
            {shortcut.keys.map((key) => (
              <kbd key={key} className={styles.key}>
                {key}
              </kbd>
            ))}
          </dt>
          <dd>{shortcut.does}</dd>
        </div>
      ))}
    </dl>
  )
}
