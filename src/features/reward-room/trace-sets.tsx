import { useActions, useApp } from '../../state/hooks.ts'
import { IconButton } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatNumber } from '../../viz/layout/format-number.ts'
import { ExportMenu } from './export-menu.tsx'
import styles from './trace-sets.module.css'
import { countWords } from './trace-words.ts'

/** Where the traces are from. */
export function TraceSets() {
  const actions = useActions()
  const sets = useApp((state) => state.traces.sets)
  const count = useApp((state) => state.traces.traces.length)
  const bytes = useApp((state) => state.traces.bytes)
  return (
    <section className={styles.sets} aria-label="Where the traces are from">
      <ul className={styles.list}>
        {sets.map((set) => (
          <li key={set.id}>
            <span className={styles.name}>
              <OutsideText text={set.name} clip bare />
            </span>
            <span className={styles.muted}>
              {set.formats.join(', ')} · {set.count.toLocaleString('en')}
              {set.left > 0 ? `, ${countWords(set.left, 'row')} left out` : ''}
            </span>
            <IconButton
              icon="trash"
              label={`Take away the traces of ${set.name}`}
              onClick={() => actions.traces.removeSet(set.id)}
            />
          </li>
        ))}
      </ul>
      <p className={styles.total}>
        <span title="What their texts and labels take in this page, about.">
          {countWords(count, 'trace')}, about {formatNumber(bytes, 'B')}
        </span>
        <ExportMenu />
      </p>
    </section>
  )
}
