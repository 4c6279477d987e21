import { useMemo } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { SORTS } from '../../state/traces/trace-view.ts'
import { IconButton } from '../../ui/button.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import styles from './trace-filters.module.css'
import { countWords } from './trace-words.ts'
import type { Room } from './use-room.ts'

const SORT_NAMES: Readonly<Record<(typeof SORTS)[number], string>> = {
  file: 'As they came',
  length: 'Length',
  'first-error': 'First wrong step',
  lowest: 'Lowest score of A',
  disagreement: 'Disagreement',
}

/** What of the traces is listed, and in which order. */
export function TraceFilters({ room }: { room: Room }) {
  const actions = useActions()
  const view = useApp((state) => state.traces.view)
  const sets = useApp((state) => state.traces.sets)
  const { traces } = room
  const subsets = useMemo(() => [...new Set(traces.flatMap(({ subset }) => subset ?? []))].slice(0, 200), [traces])
  const set = actions.traces.setView
  return (
    <section className={styles.filters} aria-label="Filters">
      <div className={styles.search}>
        <TextField
          label="Search in problems and steps"
          type="search"
          value={view.query}
          onChange={(query) => set({ query })}
        />
      </div>
      <div className={styles.grid}>
        <Select
          label="Truth"
          value={view.outcome}
          options={[
            { value: 'all', label: 'All' },
            { value: 'wrong', label: 'With a wrong step' },
            { value: 'right', label: 'All steps right' },
            { value: 'unknown', label: 'Not known' },
          ]}
          onChange={(outcome) => set({ outcome })}
        />
        <Select
          label="Model A"
          value={view.judged}
          options={[
            { value: 'all', label: 'All' },
            { value: 'found', label: 'Judged as it is' },
            { value: 'missed', label: 'Judged otherwise' },
            { value: 'unscored', label: 'Not scored' },
          ]}
          onChange={(judged) => set({ judged })}
        />
        <Select
          label="Labels by hand"
          value={view.labelled}
          options={[
            { value: 'all', label: 'All' },
            { value: 'human', label: 'With' },
            { value: 'unlabelled', label: 'Without' },
          ]}
          onChange={(labelled) => set({ labelled })}
        />
        {subsets.length > 1 ? (
          <Select
            label="Part"
            value={view.subset}
            options={[{ value: '', label: 'All' }, ...subsets.map((subset) => ({ value: subset, label: subset }))]}
            onChange={(subset) => set({ subset })}
          />
        ) : null}
        {sets.length > 1 ? (
          <Select
            label="From"
            value={view.set}
            options={[{ value: '', label: 'All' }, ...sets.map(({ id, name }) => ({ value: id, label: name }))]}
            onChange={(of) => set({ set: of })}
          />
        ) : null}
        <div className={styles.sort}>
          <Select
            label="Sorted by"
            value={view.sort}
            options={SORTS.map((sort) => ({ value: sort, label: SORT_NAMES[sort] }))}
            // The largest disagreements and the longest traces are looked for, and the lowest scores.
            onChange={(sort) => set({ sort, descending: sort === 'disagreement' || sort === 'length' })}
          />
          <IconButton
            icon={view.descending ? 'sortDown' : 'sortUp'}
            label={view.descending ? 'Largest first. Turn the order' : 'Smallest first. Turn the order'}
            onClick={() => set({ descending: !view.descending })}
          />
        </div>
      </div>
      <p className={styles.count} role="status">
        {room.listed.length === traces.length
          ? countWords(traces.length, 'trace')
          : `${room.listed.length.toLocaleString('en')} of ${countWords(traces.length, 'trace')}`}
      </p>
    </section>
  )
}
