import type { CompareState } from '../../state/compare/compare-state.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import { IconButton } from '../../ui/button.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Slider } from '../../ui/slider.tsx'
import { formatNumber, formatPercent } from '../../viz/layout/format-number.ts'
import styles from './linked-transport.module.css'

const LINKS: readonly { readonly value: CompareState['link']; readonly label: string }[] = [
  { value: 'flops', label: 'Equal FLOPs' },
  { value: 'share', label: 'Equal share' },
  { value: 'none', label: 'Each alone' },
]

/** One playhead for all trees. */
export function LinkedTransport() {
  const actions = useActions()
  const { link, position, playing, table } = useApp((state) => state.compare)
  const most = Math.max(0, ...table.map(({ flops }) => flops))
  const place = link === 'flops' ? formatNumber(position * most, 'FLOP') : formatPercent(position)
  return (
    <section className={styles.transport} aria-label="Linked playback">
      <div className={styles.buttons}>
        <IconButton icon="first" label="To the start" onClick={() => actions.compare.seek(0)} />
        <IconButton
          icon={playing ? 'pause' : 'play'}
          label={playing ? 'Stop' : 'Play'}
          shortcut="Space"
          variant="secondary"
          disabled={link === 'none'}
          onClick={() => (playing ? actions.compare.stop() : actions.compare.play())}
        />
        <IconButton icon="last" label="To the end" onClick={() => actions.compare.seek(1)} />
      </div>
      <div className={styles.slider}>
        <Slider
          label="Position in all runs"
          value={position}
          min={0}
          max={1}
          step={0.001}
          valueText={place}
          disabled={link === 'none'}
          onChange={actions.compare.seek}
        />
      </div>
      <output className={styles.place}>{place}</output>
      <Segmented label="Playheads move by" value={link} options={LINKS} onChange={actions.compare.setLink} />
    </section>
  )
}
