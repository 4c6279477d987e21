import { useMemo, useState } from 'react'
import { plainText } from '../../core/outside-text.ts'
import type { PickShare } from '../../rewards/pick-by-scores.ts'
import { pickByScores } from '../../rewards/pick-by-scores.ts'
import { AGGREGATION_TITLES } from '../../search/aggregate.ts'
import type { Aggregation } from '../../search/models.ts'
import { AGGREGATIONS } from '../../search/models.ts'
import { useApp } from '../../state/hooks.ts'
import { pickableTraces } from '../../state/traces/trace-measures.ts'
import { Select } from '../../ui/select.tsx'
import { IntervalRows } from '../../viz/marks/interval-rows.tsx'
import styles from './picture.module.css'
import { NoScores, NotYet } from './slot-choice.tsx'
import { useMeasured } from './use-measured.ts'
import type { Room } from './use-room.ts'

/** What best-of-N and a weighted vote would make of these traces with each model. */
export function SearchPicture({ room }: { room: Room }) {
  const measured = useMeasured(room)
  const slots = useApp((state) => state.traces.slots)
  const [aggregation, setAggregation] = useState<Aggregation>('min')
  const { scored } = measured
  const found = useMemo(
    () => (scored.length === 0 ? null : pickByScores(pickableTraces(measured, scored), scored.length, aggregation)),
    [measured, scored, aggregation],
  )
  if (scored.length === 0) return <NoScores traces={measured.traces.length} />
  if (found === null) {
    return (
      <NotYet title="Nothing to pick from">
        No problem has two scored traces whose answers are known to be right or wrong. Sample several traces of each
        problem.
      </NotYet>
    )
  }
  const nameOf = ({ name, model }: PickShare): string => {
    const slot = model === null ? undefined : scored[model]
    const by = slot === undefined ? '' : `, ${plainText(slots[slot]?.model.name ?? slot.toUpperCase(), 60)}`
    return `${PICK_NAMES[name]}${by}`
  }
  const each = found.fewest === found.most ? `${found.most}` : `${found.fewest} to ${found.most}`
  return (
    <div className={styles.picture}>
      <div className={styles.bar}>
        <Select<Aggregation>
          label="Path score"
          inline
          value={aggregation}
          options={AGGREGATIONS.map((id) => ({ value: id, label: AGGREGATION_TITLES[id] }))}
          onChange={setAggregation}
        />
      </div>
      <IntervalRows
        caption={`${found.problems} problems with ${each} responses each`}
        rows={found.shares.map((share) => ({
          key: `${share.name} ${share.model}`,
          name: nameOf(share),
          share: share.share,
          interval: share.interval,
          quiet: share.model === null,
        }))}
      />
      <p className={styles.muted}>
        Best-of-N takes the response with the highest path score; a weighted vote adds up the path scores of equal
        answers. Both are arithmetic on these traces. A beam search lets the model choose among steps, too: run one on a
        problem in the <a href="#/playground">playground</a>, or two side by side in <a href="#/compare">compare</a>.
      </p>
    </div>
  )
}

const PICK_NAMES: Readonly<Record<PickShare['name'], string>> = {
  mean: 'One at random',
  majority: 'Majority vote',
  'best-of-n': 'Best-of-N',
  'weighted-vote': 'Weighted vote',
  oracle: 'The best there is',
}
