import { TERMS } from '../panels/glossary.ts'
import {
  EVERYWHERE_SHORTCUTS,
  LAB_SHORTCUTS,
  PLAYGROUND_SHORTCUTS,
  REWARD_ROOM_SHORTCUTS,
  TRAINING_SHORTCUTS,
} from '../panels/shortcuts.ts'
import { Sheet } from '../ui/sheet.tsx'
import { ShortcutList } from '../ui/shortcut-list.tsx'
import { StateLegend } from '../viz/marks/state-legend.tsx'
import styles from './help-sheet.module.css'

/** Keys, the marks of the tree, and the words of the field. */
export function HelpSheet({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  return (
    <Sheet title="Help" open={open} onOpenChange={onOpenChange}>
      <section className={styles.part}>
        <h3>What you see</h3>
        <p>
          A policy proposes steps, a process reward model scores each, and a search strategy decides which paths go on.
          Every node is one step; the best siblings stand on top.
        </p>
        <StateLegend truth />
      </section>
      <section className={styles.part}>
        <h3>Keys</h3>
        <ShortcutList shortcuts={PLAYGROUND_SHORTCUTS} />
        <h4>Scaling</h4>
        <ShortcutList shortcuts={LAB_SHORTCUTS} />
        <h4>Train</h4>
        <ShortcutList shortcuts={TRAINING_SHORTCUTS} />
        <h4>Rewards</h4>
        <ShortcutList shortcuts={REWARD_ROOM_SHORTCUTS} />
        <h4>Everywhere</h4>
        <ShortcutList shortcuts={EVERYWHERE_SHORTCUTS} />
      </section>
      <section className={styles.part}>
        <h3>Words</h3>
        <dl className={styles.words}>
          {Object.values(TERMS).map((term) => (
            <div key={term.name}>
              <dt>{term.name}</dt>
              <dd>
                {term.answer}
                {'source' in term ? (
                  <>
                    {' '}
                    <a href={term.source.href} target="_blank" rel="noreferrer">
                      {term.source.label}
                    </a>
                  </>
                ) : null}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </Sheet>
  )
}
