import { useState } from 'react'
import { IconButton } from '../ui/button.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import styles from './run-name.module.css'

interface RunNameProps {
  title: string
  /** Makes the name a button. */
  onOpen?: () => void
  onRename(title: string): void
}

/** A run's name: opens it where it can; the pencil turns it into a field, Enter keeps the new name, Escape the old one. */
export function RunName({ title, onOpen, onRename }: RunNameProps) {
  const [draft, setDraft] = useState<string | null>(null)
  if (draft === null) {
    return (
      <span className={styles.name}>
        {onOpen ? (
          <button type="button" className={styles.open} onClick={onOpen}>
            <OutsideText text={title} clip bare />
          </button>
        ) : (
          <OutsideText text={title} />
        )}
        <IconButton icon="edit" label="Rename" onClick={() => setDraft(title)} />
      </span>
    )
  }
  const keep = () => {
    const name = draft.trim()
    if (name !== '' && name !== title) onRename(name)
    setDraft(null)
  }
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
      autoFocus
      className={styles.input}
      aria-label="Name of the run"
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === 'Enter') keep()
        if (event.key === 'Escape') setDraft(null)
      }}
    />
  )
}
