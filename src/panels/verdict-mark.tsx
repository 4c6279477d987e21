import { Icon } from '../ui/icon.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import { VisuallyHidden } from '../ui/visually-hidden.tsx'
import styles from './verdict-mark.module.css'

interface VerdictMarkProps {
  correct: boolean
  /** Instead of Right or Wrong. */
  word?: string
  /** The sign alone, where the column or sentence says what it is about. */
  bare?: boolean
}

/** Right or wrong, by shape, word and colour. */
export function VerdictMark({ correct, word, bare = false }: VerdictMarkProps) {
  const said = word ?? (correct ? 'Right' : 'Wrong')
  return (
    <span className={styles.mark} data-correct={correct}>
      <Icon name={correct ? 'check' : 'cross'} size={14} />
      {bare ? <VisuallyHidden>{said}</VisuallyHidden> : <OutsideText text={said} most={60} bare />}
    </span>
  )
}
