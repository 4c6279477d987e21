import { useMemo } from 'react'
import { describeError } from '../../core/errors.ts'
import { LoadProgress } from '../../panels/load-progress.tsx'
import { STRATEGY_IDS } from '../../search/settings.ts'
import { pairOf } from '../../state/compare/compare-state.ts'
import { useActions, useApp, useAppShallow } from '../../state/hooks.ts'
import { lackingModel } from '../../state/search/lacking-model.ts'
import { settingErrors } from '../../state/session/session-slice.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { NumberField } from '../../ui/number-field.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { useHotkeys } from '../../ui/use-hotkeys.ts'
import { CompareColumn } from './compare-column.tsx'
import styles from './compare-screen.module.css'
import { DifferenceTable } from './difference-table.tsx'
import { LinkedTransport } from './linked-transport.tsx'

const MOST = 4

/** One problem and one seed under two to four strategies, each with models of its own if wanted, started together. */
export function CompareScreen() {
  const actions = useActions()
  const entries = useApp((state) => state.compare.entries)
  const playing = useApp((state) => state.compare.playing)
  const started = useApp((state) => state.compare.started)
  const table = useApp((state) => state.compare.table)
  const equalFlops = useApp((state) => state.compare.equalFlops)
  const statuses = useAppShallow((state) =>
    state.compare.entries.map(({ run }) => (run === null ? null : (state.runs.byId[run]?.status ?? null))),
  )
  const running = statuses.some((status) => status === 'running' || status === 'paused')
  const starting = useApp((state) => state.compare.starting)
  const unused = useMemo(
    () => STRATEGY_IDS.find((id) => entries.every((entry) => entry.strategy !== id)) ?? 'beam',
    [entries],
  )
  useHotkeys({
    ' ': () => (playing ? actions.compare.stop() : actions.compare.play()),
    r: () => void actions.compare.start(),
    'Ctrl+z': () => actions.compare.undo(),
    'Ctrl+Shift+z': () => actions.compare.redo(),
  })
  return (
    <div className={styles.screen}>
      <h2 className={styles.title}>Compare strategies</h2>
      <CompareSetup running={running} />
      <div className={styles.columns} data-count={entries.length}>
        {entries.map((entry, index) => (
          <CompareColumn
            // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place; its strategy can be changed
            key={index}
            index={index}
            entry={entry}
            removable={entries.length > 2}
            locked={running || starting}
          />
        ))}
        {entries.length < MOST ? (
          <div className={styles.add}>
            <IconButton
              icon="plus"
              label="Add a strategy"
              variant="secondary"
              disabled={running || starting}
              onClick={() => actions.compare.add(unused)}
            />
          </div>
        ) : null}
      </div>
      {started ? (
        <>
          <LinkedTransport />
          <DifferenceTable rows={table} equalFlops={equalFlops} />
        </>
      ) : null}
    </div>
  )
}

function CompareSetup({ running }: { running: boolean }) {
  const actions = useActions()
  const { problemText, problem, seed } = useApp((state) => state.session)
  const started = useApp((state) => state.compare.started)
  const { entries, starting, canUndo, canRedo } = useApp((state) => state.compare)
  const busy = running || starting
  const runnable = entries.every((entry) => Object.keys(settingErrors({ ...entry, seed })).length === 0)
  const lacking = useApp(
    ({ session, engine }) =>
      entries
        .map((entry) => lackingModel({ task: session.task, strategy: entry.strategy }, pairOf(entry, engine)))
        .find((why) => why !== null) ?? null,
  )
  const stale = started !== null && problem.ok && (started.problem !== problem.text || started.seed !== seed)
  const error = problem.ok ? null : describeError(problem.error)
  return (
    <div className={styles.setup}>
      <div className={styles.problem}>
        <TextField label="Problem" mono value={problemText} error={error} onChange={actions.session.setProblem} />
      </div>
      <IconButton icon="dice" label="Random problem" className={styles.dice} onClick={actions.session.randomProblem} />
      <div className={styles.seed}>
        <NumberField label="Seed" value={seed} min={0} max={0xffff_ffff} onChange={actions.session.setSeed} />
      </div>
      {running ? (
        <Button variant="danger" icon="stop" onClick={actions.compare.cancel}>
          Cancel all
        </Button>
      ) : (
        <Button
          variant="primary"
          icon="play"
          disabled={!problem.ok || !runnable || lacking !== null || starting}
          onClick={() => void actions.compare.start()}
        >
          Run all
        </Button>
      )}
      <span className={styles.history}>
        <IconButton
          icon="undo"
          label="Undo"
          shortcut="Ctrl+Z"
          disabled={busy || !canUndo}
          onClick={actions.compare.undo}
        />
        <IconButton
          icon="redo"
          label="Redo"
          shortcut="Ctrl+Shift+Z"
          disabled={busy || !canRedo}
          onClick={actions.compare.redo}
        />
      </span>
      {starting ? (
        <div className={styles.progress}>
          <LoadProgress />
        </div>
      ) : null}
      {lacking === null ? null : (
        <p role="status" className={styles.muted}>
          <OutsideText text={lacking} />
        </p>
      )}
      {stale ? (
        <p className={styles.muted}>
          Below: <OutsideText text={started.problem} />, seed {started.seed}.
        </p>
      ) : null}
    </div>
  )
}
