import type { ReactNode } from 'react'
import { useState } from 'react'
import { Transport } from '../../panels/transport.tsx'
import type { NodeId } from '../../search/events.ts'
import { useActions, useApp, useRun } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { IconButton } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
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
  const wide = useMediaQuery('(min-width: 1181px)')
  const roomy = useMediaQuery('(min-width: 901px)')
  const flat = useMediaQuery('(max-height: 560px)')
  const chosen = useChosen(run)
  const actions = useActions()
  const chain = useApp((state) => state.preferences.chain)
  const [drawn, setDrawn] = useState<TreeView>('tree')
  const view = chain === 'off' ? drawn : 'response'
  const setView = (next: TreeView) => {
    if (next === 'response') actions.preferences.set({ chain: 'hidden' })
    else {
      actions.preferences.set({ chain: 'off' })
      setDrawn(next)
    }
  }
  usePlaygroundKeys(run, () => setView(view === 'tree' ? 'table' : 'tree'))
  const centre = (before?: ReactNode, after?: ReactNode) => (
    <div className={styles.centre} data-content tabIndex={-1}>
      <RunHeader run={run} />
      <TreePane run={run} view={view} onView={setView} before={before} after={after} />
      {run ? <Transport run={run} /> : null}
    </div>
  )
  return (
    <>
      <h2 className={styles.title}>{run ? <OutsideText text={run.title} bare /> : 'Playground'}</h2>
      {phone ? (
        <PhoneStack centre={centre()} chosen={chosen} />
      ) : (
        // Another size of screen starts from its own arrangement of the panels.
        <Bench key={`${wide} ${roomy} ${flat}`} wide={wide} roomy={roomy} flat={flat} chosen={chosen} centre={centre} />
      )}
    </>
  )
}

/** The node that was selected since the run is shown: what it came with takes no room from its tree. */
function useChosen(run: RunView | null): NodeId | null {
  const selected = run?.selected ?? null
  const [first, setFirst] = useState({ run: run?.id, selected })
  const other = first.run !== run?.id
  if (other) setFirst({ run: run?.id, selected })
  else if (first.selected !== null && selected !== first.selected) setFirst({ run: run?.id, selected: null })
  return other || selected === first.selected ? null : selected
}

interface BenchProps {
  /** There is room for setup and inspector, which then start open. */
  wide: boolean
  /** There is room for one of them beside the tree while the other is open. */
  roomy: boolean
  /** So little height that the first tree needs all the width. */
  flat: boolean
  /** Where there is no room the inspector comes and goes with it. */
  chosen: NodeId | null
  centre(before: ReactNode, after: ReactNode): ReactNode
}

function Bench({ wide, roomy, flat, chosen, centre }: BenchProps) {
  const [setupWidth, setSetupWidth] = useState(wide ? 276 : 240)
  const [inspectorWidth, setInspectorWidth] = useState(wide ? 344 : 300)
  const [setupWanted, setSetupWanted] = useState(wide || !flat)
  // What the button said holds, without room for all until another node is selected.
  const [asked, setAsked] = useState<{ readonly open: boolean; readonly at: NodeId | null } | null>(null)
  const inspectorOpen = asked !== null && (wide || asked.at === chosen) ? asked.open : wide || chosen !== null
  const showInspector = (open: boolean) => setAsked({ open, at: chosen })
  const setupOpen = setupWanted && (roomy || !inspectorOpen)
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
          onClick={() => {
            setSetupWanted(!setupOpen)
            if (!setupOpen && !roomy) showInspector(false)
          }}
        />,
        <IconButton
          icon="panelRight"
          label={inspectorOpen ? 'Hide the inspector' : 'Show the inspector'}
          aria-expanded={inspectorOpen}
          onClick={() => showInspector(!inspectorOpen)}
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

function PhoneStack({ centre, chosen }: { centre: ReactNode; chosen: NodeId | null }) {
  const [tab, setTab] = useState<'setup' | 'inspector'>('setup')
  const [seen, setSeen] = useState(chosen)
  if (chosen !== seen) {
    setSeen(chosen)
    if (chosen !== null) setTab('inspector')
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
