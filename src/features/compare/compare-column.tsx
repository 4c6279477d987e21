import { useRef } from 'react'
import { belongsSentence } from '../../panels/belongs-words.ts'
import { LedgerFigures } from '../../panels/ledger-figures.tsx'
import { RunDetails } from '../../panels/run-details.tsx'
import { OpenInPlayground, RunTree } from '../../panels/run-tree.tsx'
import { SettingFields } from '../../panels/strategy-form.tsx'
import { strategyOptions } from '../../panels/strategy-words.ts'
import { strategyName } from '../../search/settings.ts'
import type { CompareEntry } from '../../state/compare/compare-state.ts'
import { pairOf } from '../../state/compare/compare-state.ts'
import { useActions, useApp, useDifferences, useRun } from '../../state/hooks.ts'
import { settingErrors } from '../../state/session/session-slice.ts'
import { IconButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Popover } from '../../ui/popover.tsx'
import { Select } from '../../ui/select.tsx'
import type { TreeCanvasHandle } from '../../viz/marks/tree-canvas.tsx'
import { ColumnModels } from './column-models.tsx'
import styles from './compare-column.module.css'

interface CompareColumnProps {
  index: number
  entry: CompareEntry
  removable: boolean
  /** While runs are under way their settings cannot change. */
  locked: boolean
}

/** One strategy and its models: its settings, its answer, its tree, its ledger. */
export function CompareColumn({ index, entry, removable, locked }: CompareColumnProps) {
  const actions = useActions()
  const run = useRun(entry.run ?? '')
  const errors = settingErrors({ strategy: entry.strategy, config: entry.config, seed: 0 })
  const [wrong] = Object.values(errors)
  const made = belongsSentence(useDifferences(run, entry))
  const hasReward = useApp((state) => pairOf(entry, state.engine).reward !== null)
  const canvas = useRef<TreeCanvasHandle>(null)
  const name = `Strategy ${index + 1}: ${strategyName(entry.strategy)}`
  return (
    <section className={styles.column} aria-label={name}>
      <header className={styles.header}>
        <div className={styles.strategy}>
          <Select
            label={`Strategy ${index + 1}`}
            value={entry.strategy}
            disabled={locked}
            options={strategyOptions(hasReward)}
            onChange={(strategy) => actions.compare.setStrategy(index, strategy)}
          />
        </div>
        <Popover
          label={`Settings of strategy ${index + 1}`}
          trigger={<IconButton icon="sliders" label="Settings" disabled={locked} />}
        >
          <div className={styles.settings}>
            <SettingFields
              strategy={entry.strategy}
              config={entry.config}
              errors={errors}
              onConfig={(change) => actions.compare.setConfig(index, change)}
            />
          </div>
        </Popover>
        <IconButton
          icon="fit"
          label="Fit the whole tree"
          disabled={run === null}
          onClick={() => canvas.current?.fit()}
        />
        <IconButton
          icon="close"
          label="Remove this strategy"
          disabled={locked || !removable}
          onClick={() => actions.compare.remove(index)}
        />
      </header>
      <ColumnModels index={index} entry={entry} locked={locked} />
      {wrong ? <ErrorNotice details={{ message: wrong }} /> : null}
      {run === null ? (
        <EmptyState icon="tree" title="Not run yet">
          <p>Run all to start the strategies together on this problem.</p>
        </EmptyState>
      ) : (
        <>
          {made === null ? null : <p className={styles.made}>{made}</p>}
          <RunTree ref={canvas} run={run} label={`Search tree of ${strategyName(entry.strategy)}`} />
          <div className={styles.ledger}>
            <LedgerFigures run={run} />
            <RunDetails run={run} />
            <OpenInPlayground run={run} />
          </div>
        </>
      )}
    </section>
  )
}
