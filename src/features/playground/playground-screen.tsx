import { useState } from 'react'
import { Transport } from '../../panels/transport.tsx'
import { useRun } from '../../state/hooks.ts'
import { Splitter } from '../../ui/splitter.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useMediaQuery } from '../../ui/use-media-query.ts'
import { Inspector } from './inspector.tsx'
import styles from './playground-screen.module.css'
import { RunHeader } from './run-header.tsx'
import { SetupPanel } from './setup-panel.tsx'
import { TreePane } from './tree-pane.tsx'
import { usePlaygroundKeys } from './use-playground-keys.ts'

export type TreeView = 'tree' | 'table'

/** Setup, tree and inspector side by side; a stack on a phone. */
export function PlaygroundScreen() {
  const run = useRun()
  const phone = useMediaQuery('(max-width: 640px)')
  const narrow = useMediaQuery('(max-width: 1180px)')
  const [view, setView] = useState<TreeView>('tree')
  usePlaygroundKeys(run, () => setView(view === 'tree' ? 'table' : 'tree'))
  const centre = (
    <div className={styles.centre}>
      <RunHeader run={run} />
      <TreePane run={run} view={view} onView={setView} vertical={phone} />
      {run ? <Transport run={run} /> : null}
    </div>
  )
  return phone ? (
    <PhoneStack centre={centre} />
  ) : (
    // Another width of screen starts from its own arrangement of the panels.
    <Bench key={narrow ? 'narrow' : 'wide'} narrow={narrow} centre={centre} />
  )
}

function Bench({ narrow, centre }: { narrow: boolean; centre: React.ReactNode }) {
  const [setupWidth, setSetupWidth] = useState(narrow ? 248 : 276)
  const [inspectorWidth, setInspectorWidth] = useState(narrow ? 280 : 344)
  return (
    <div className={styles.bench}>
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
      {centre}
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
    </div>
  )
}

function PhoneStack({ centre }: { centre: React.ReactNode }) {
  const [tab, setTab] = useState<'setup' | 'inspector'>('setup')
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
