import { memo, useMemo } from 'react'
import { roundsOf } from '../search/settings.ts'
import { useActions, useApp } from '../state/hooks.ts'
import type { RunView } from '../state/search/runs-state.ts'
import { IconButton } from '../ui/button.tsx'
import { EventScrubber } from '../viz/marks/event-scrubber.tsx'
import { eventSentence, useEventSentences } from './event-sentence.ts'
import styles from './transport.module.css'

const PACES = [0.25, 0.5, 1, 2, 4, 8, 16] as const

/** The run as a recording: a sentence on the current event, a timeline, and the controls of the playhead. */
export const Transport = memo(function Transport({ run }: { run: RunView }) {
  const actions = useActions()
  const { id, cursor, events, tree, playing, following } = run
  const describe = useEventSentences(run)
  const sentence = eventSentence(run, cursor)
  const live = run.status === 'running' || run.status === 'paused'
  const rounds = useMemo(() => events.findLast((event) => 'round' in event && event.round > 0), [events])
  const { word } = roundsOf(run.setup)
  const lastRound = rounds && 'round' in rounds ? rounds.round : 0
  return (
    <section className={styles.transport} aria-label="Playback">
      <p className={styles.sentence} aria-live={playing || live ? 'off' : 'polite'}>
        <span className={styles.count}>
          {cursor}/{events.length}
        </span>
        <span title={sentence}>{sentence}</span>
      </p>
      <div className={styles.scrubber}>
        <EventScrubber
          events={events}
          position={cursor}
          live={live}
          describe={describe}
          onSeek={(position) => actions.runs.seek(id, position)}
        />
      </div>
      <div className={styles.controls}>
        <div className={styles.buttons}>
          <IconButton
            icon="first"
            label="To the start"
            disabled={cursor === 0}
            onClick={() => actions.runs.seek(id, 0)}
          />
          <IconButton
            icon="stepBack"
            label="One event back"
            shortcut=","
            disabled={cursor === 0}
            onClick={() => actions.runs.stepBy(id, -1)}
          />
          <IconButton
            icon={playing ? 'pause' : 'play'}
            label={playing ? 'Stop' : 'Play'}
            shortcut="Space"
            variant="secondary"
            onClick={() => (playing ? actions.runs.stop(id) : actions.runs.play(id))}
          />
          <IconButton
            icon="stepForward"
            label="One event forward"
            shortcut="."
            disabled={cursor === events.length && run.status !== 'paused'}
            onClick={() => actions.runs.stepBy(id, 1)}
          />
          <IconButton
            icon="last"
            label={live ? 'Follow the run' : 'To the end'}
            disabled={cursor === events.length && (!live || following)}
            onClick={() => (live ? actions.runs.followLive(id) : actions.runs.seek(id, events.length))}
          />
        </div>
        <div className={styles.rounds}>
          <IconButton
            icon="chevronLeft"
            label={`One ${word.toLowerCase()} back`}
            shortcut="["
            disabled={tree.round === 0}
            onClick={() => actions.runs.stepRound(id, -1)}
          />
          <span className={styles.round}>
            {word}
            <select
              aria-label={word}
              className={styles.select}
              value={tree.round}
              onChange={(event) => actions.runs.seekRound(id, Number(event.target.value))}
            >
              {Array.from({ length: Math.max(lastRound, tree.round) + 1 }, (_, round) => round).map((round) => (
                <option key={round} value={round}>
                  {round}
                </option>
              ))}
            </select>
            of {lastRound}
          </span>
          <IconButton
            icon="chevronRight"
            label={`One ${word.toLowerCase()} forward`}
            shortcut="]"
            disabled={tree.round >= lastRound && cursor === events.length}
            onClick={() => actions.runs.stepRound(id, 1)}
          />
        </div>
        <Speed />
      </div>
    </section>
  )
})

function Speed() {
  const pace = useApp((state) => state.preferences.pace)
  const actions = useActions()
  const paces = PACES.some((option) => option === pace) ? PACES : [...PACES, pace].sort((a, b) => a - b)
  return (
    <label className={styles.speed}>
      Speed
      <select
        className={styles.select}
        value={pace}
        onChange={(event) => actions.preferences.set({ pace: Number(event.target.value) })}
      >
        {paces.map((option) => (
          <option key={option} value={option}>
            {option}×
          </option>
        ))}
      </select>
    </label>
  )
}
