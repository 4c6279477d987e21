import { useState } from 'react'
import { useApp } from '../../state/hooks.ts'
import type { Slot } from '../../state/traces/traces-state.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import styles from './picture.module.css'

/** A slot's model by name. */
export function SlotName({ slot }: { slot: Slot }) {
  const name = useApp((state) => state.traces.slots[slot]?.model.name)
  return name === undefined ? <>Model {slot.toUpperCase()}</> : <OutsideText text={name} bare />
}

/** The model whose picture is drawn, among those with scores. */
export function useSlotChoice(scored: readonly Slot[]) {
  const [chosen, setChosen] = useState<Slot>('a')
  const slot = scored.includes(chosen) ? chosen : (scored[0] ?? null)
  const choice =
    scored.length < 2 || slot === null ? null : (
      <Segmented<Slot>
        label="Model of the picture"
        value={slot}
        options={scored.map((value) => ({
          value,
          label: (
            <span className={styles.option}>
              <SlotName slot={value} />
            </span>
          ),
        }))}
        onChange={setChosen}
      />
    )
  return { slot, choice }
}

/** Nothing can be drawn yet: what is missing. */
export function NotYet({ title, children }: { title: string; children: string }) {
  return (
    <EmptyState icon="chart" title={title}>
      <p>{children}</p>
    </EmptyState>
  )
}

/** The model has given no scores, or there are no traces. */
export function NoScores({ traces }: { traces: number }) {
  return traces === 0 ? (
    <NotYet title="No traces are listed">Add traces, or take a filter away.</NotYet>
  ) : (
    <NotYet title="Nothing is scored">Choose a reward model above, and let it score the traces.</NotYet>
  )
}
