import { useActions, useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import styles from './lines.module.css'
import { countWords } from './trace-words.ts'

/** Rows of a file that cannot be read, each with its line and field; the person says whether the others are taken. */
export function HeldRows() {
  const actions = useActions()
  const held = useApp((state) => state.traces.held)
  if (held === null) return null
  const { set, bad } = held
  return (
    <section className={styles.bad} role="alert" aria-label="Rows that cannot be read">
      <p>
        {countWords(set.left, 'row')} of <OutsideText text={set.name} most={60} bare /> cannot be read;{' '}
        {countWords(set.count, 'trace')} can.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard */}
      <ol className={styles.rows} tabIndex={0} aria-label="The rows">
        {bad.map(({ place, message, expected, found }) => (
          <li key={`${place?.line} ${place?.field} ${message}`}>
            <strong>
              Line {place?.line}
              {place?.field ? (
                <>
                  , <OutsideText text={place.field} most={80} bare />
                </>
              ) : null}
            </strong>
            : <OutsideText text={message} most={200} bare />
            {expected ? (
              <>
                ; expected <OutsideText text={expected} most={120} bare />
              </>
            ) : null}
            {found ? (
              <>
                ; found <OutsideText text={found} most={120} bare />
              </>
            ) : null}
          </li>
        ))}
      </ol>
      {set.left > bad.length ? <p>And {countWords(set.left - bad.length, 'more row', 'more rows')}.</p> : null}
      <div className={styles.buttons}>
        {set.count > 0 ? (
          <Button variant="primary" onClick={() => void actions.traces.decide(true)}>
            Leave them out, take {countWords(set.count, 'trace')}
          </Button>
        ) : null}
        <Button onClick={() => void actions.traces.decide(false)}>{set.count > 0 ? 'Take nothing' : 'Close'}</Button>
      </div>
    </section>
  )
}
