import { Icon } from '../ui/icon.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import { VisuallyHidden } from '../ui/visually-hidden.tsx'
import styles from './verdict-mark.module.css'

interface VerdictMarkProps {
  /** Null where it cannot be known. */
  correct: boolean | null
  /** Instead of Right or Wrong. */
  word?: string
  /** The sign alone, where the column or sentence says what it is about. */
  bare?: boolean
}

/** Right, wrong or not checked, by shape, word and colour. */
export function VerdictMark({ correct, word, bare = false }: VerdictMarkProps) {
  const said = word ?? (correct === null ? 'Not checked' : correct ? 'Right' : 'Wrong')
  return (
    <span className={styles.mark} data-correct={correct ?? 'unknown'}>
      <Icon name={correct === null ? 'question' : correct ? 'check' : 'cross'} size={14} />
      {bare ? <VisuallyHidden>{said}</VisuallyHidden> : <OutsideText text={said} most={60} bare />}
    </span>
  )
}
