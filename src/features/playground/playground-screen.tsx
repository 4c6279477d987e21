import type { ReactNode } from 'react'
import { useState } from 'react'
import { Transport } from '../../panels/transport.tsx'
import { useRun } from '../../state/hooks.ts'
import type { NodeId } from '../../state/types.ts'
import { IconButton } from '../../ui/button.tsx'
import { Splitter } from '../../ui/splitter.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useMediaQuery } from '../../ui/use-media-query.ts'
import { Inspector } from './inspector.tsx'
import styles from './playground-screen.module.css'
import { RunHeader } from './run-header.tsx'
import { SetupPanel } from './setup-panel.tsx'
import type { TreeView } from './tree-pane.tsx'
import { TreePane } from './tree-pane.tsx'
import { usePlaygroundKeys } from './use-playground-keys.ts'

/** Setup, tree and inspector side by side; a stack on a phone. */
export function PlaygroundScreen() {
  const run = useRun()
  const phone = useMediaQuery('(max-width: 640px)')
  const narrow = useMediaQuery('(max-width: 1180px)')
  const [view, setView] = useState<TreeView>('tree')
  usePlaygroundKeys(run, () => setView(view === 'tree' ? 'table' : 'tree'))
  const centre = (before?: ReactNode, after?: ReactNode) => (
    <div className={styles.centre}>
      <RunHeader run={run} />
      <TreePane run={run} view={view} onView={setView} vertical={phone} before={before} after={after} />
      {run ? <Transport run={run} /> : null}
    </div>
  )
  return phone ? (
    <PhoneStack centre={centre()} selected={run?.selected ?? null} />
  ) : (
    // Another width of screen starts from its own arrangement of the panels.
    <Bench key={narrow ? 'narrow' : 'wide'} narrow={narrow} selected={run?.selected ?? null} centre={centre} />
  )
}

interface BenchProps {
  narrow: boolean
  /** On a narrow screen the inspector comes and goes with it. */
  selected: NodeId | null
  centre(before: ReactNode, after: ReactNode): ReactNode
}

function Bench({ narrow, selected, centre }: BenchProps) {
  const [setupWidth, setSetupWidth] = useState(narrow ? 240 : 276)
  const [inspectorWidth, setInspectorWidth] = useState(narrow ? 300 : 344)
  const [setupOpen, setSetupOpen] = useState(true)
  const [inspectorWanted, setInspectorWanted] = useState<boolean | null>(narrow ? null : true)
  // What was selected before the screen opened does not take room from the tree.
  const [selectedAtFirst, setSelectedAtFirst] = useState(selected)
  if (selectedAtFirst !== null && selected !== selectedAtFirst) setSelectedAtFirst(null)
  const inspectorOpen = inspectorWanted ?? (selected !== null && selected !== selectedAtFirst)
  return (
    <div className={styles.bench}>
      {setupOpen ? (
        <>
          <div className={styles.side} style={{ width: setupWidth }}>
            <SetupPanel />
          </div>
          <Splitter
            label="Width of the setup"
            panel="left"
            value={setupWidth}
            min={220}
            max={420}
            onChange={setSetupWidth}
          />
        </>
      ) : null}
      {centre(
        <IconButton
          icon="panelLeft"
          label={setupOpen ? 'Hide the setup' : 'Show the setup'}
          aria-expanded={setupOpen}
          onClick={() => setSetupOpen(!setupOpen)}
        />,
        <IconButton
          icon="panelRight"
          label={inspectorOpen ? 'Hide the inspector' : 'Show the inspector'}
          aria-expanded={inspectorOpen}
          onClick={() => setInspectorWanted(!inspectorOpen)}
        />,
      )}
      {inspectorOpen ? (
        <>
          <Splitter
            label="Width of the inspector"
            panel="right"
            value={inspectorWidth}
            min={240}
            max={560}
            onChange={setInspectorWidth}
          />
          <div className={styles.side} style={{ width: inspectorWidth }}>
            <Inspector />
          </div>
        </>
      ) : null}
    </div>
  )
}

function PhoneStack({ centre, selected }: { centre: ReactNode; selected: NodeId | null }) {
  const [tab, setTab] = useState<'setup' | 'inspector'>('setup')
  const [seen, setSeen] = useState(selected)
  if (selected !== seen) {
    setSeen(selected)
    if (selected !== null) setTab('inspector')
  }
  return (
    <div className={styles.stack}>
      {centre}
      <Tabs<'setup' | 'inspector'>
        label="Setup and inspector"
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'setup', label: 'Setup', content: <SetupPanel /> },
          { value: 'inspector', label: 'Inspector', content: <Inspector /> },
        ]}
      />
    </div>
  )
}
