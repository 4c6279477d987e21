import { PARAGRAPH_CHARACTERS, plainText } from '../core/outside-text.ts'
import { STOP_REASONS } from '../search/events.ts'
import { roundsOf } from '../search/settings.ts'
import type { RunView } from '../state/search/runs-state.ts'
import { Icon } from '../ui/icon.tsx'
import { OutsideText } from '../ui/outside-text.tsx'
import styles from './answer-line.module.css'
import { statusWord } from './status-word.ts'
import { VerdictMark } from './verdict-mark.tsx'

/** The answer at the playhead: right or wrong and why; before that, what the search is doing. */
export function AnswerLine({ run }: { run: RunView }) {
  const { finished } = run.tree
  if (finished) {
    return (
      <section className={styles.answer} aria-label="Result">
        <p className={styles.verdict}>
          {finished.answer === null ? (
            <span className={styles.none}>
              <Icon name="cross" size={14} /> No answer
            </span>
          ) : (
            <>
              <span className={styles.value}>
                <OutsideText text={finished.answer} />
              </span>
              <VerdictMark correct={finished.correct} />
            </>
          )}
        </p>
        <p className={styles.why}>
          <OutsideText text={finished.explanation} most={PARAGRAPH_CHARACTERS} />{' '}
          {STOP_REASONS[finished.reason].sentence}
        </p>
      </section>
    )
  }
  return (
    <section className={styles.answer} aria-label="Result">
      <p className={styles.verdict}>{statusWord(run)}</p>
      <p className={styles.why}>{progressSentence(run)}</p>
    </section>
  )
}

function progressSentence({ tree, setup }: RunView): string {
  let open = 0
  let done = 0
  for (const node of tree.nodes) {
    if (node.verdict !== null && node.state !== 'rolledOut') done++
    else if (node.state === 'kept' && node.children.length === 0) open++
  }
  if (tree.nodes.length <= 1) return `${plainText(setup.problem)}: no step yet.`
  const nodes = tree.nodes.length - 1
  return `${roundsOf(setup).word} ${tree.round}: ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${open} open ${open === 1 ? 'path' : 'paths'}, ${done} finished.`
}
