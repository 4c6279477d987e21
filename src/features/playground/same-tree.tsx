import { useMemo } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { sameSearch } from '../../state/search/same-search.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import styles from './same-tree.module.css'

/** Says so where a run has drawn the tree of an earlier one again, and offers another. */
export function SameTree({ run }: { run: RunView }) {
  const actions = useActions()
  const others = useApp((state) => state.runs.byId)
  const twin = useMemo(() => sameSearch(run, others), [run, others])
  if (twin === null) return null
  return (
    <p className={styles.same}>
      <span>
        The same seed, {run.setup.seed}, and the same models as{' '}
        {twin.source === 'sample' ? 'the recorded search' : <OutsideText text={twin.title} most={60} bare />}: so the
        tree is the same, step by step.
      </span>
      <Button icon="dice" onClick={() => void actions.runs.startAgain(run.id, { anotherSeed: true })}>
        Run with another seed
      </Button>
    </p>
  )
}
