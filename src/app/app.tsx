import { useEffect, useState } from 'react'
import { CompareScreen } from '../features/compare/compare-screen.tsx'
import { EnginePanel } from '../features/engine/engine-panel.tsx'
import { LabScreen } from '../features/lab/lab-screen.tsx'
import { ModelsScreen } from '../features/models/models-screen.tsx'
import { PlaygroundScreen } from '../features/playground/playground-screen.tsx'
import { RewardRoomScreen } from '../features/reward-room/reward-room-screen.tsx'
import { RunsScreen } from '../features/runs/runs-screen.tsx'
import { TrainingScreen } from '../features/training/training-screen.tsx'
import { useActions } from '../state/hooks.ts'
import { DropZone } from '../ui/drop-zone.tsx'
import { TooltipProvider } from '../ui/tooltip.tsx'
import { useHotkeys } from '../ui/use-hotkeys.ts'
import styles from './app.module.css'
import { ErrorBoundary } from './error-boundary.tsx'
import { HelpSheet } from './help-sheet.tsx'
import { Notices } from './notices.tsx'
import { openDropped } from './open-dropped.ts'
import type { Screen } from './route.ts'
import { formatRoute, readLink, SCREENS, useScreen } from './route.ts'
import { SCREEN_NAMES, TopBar } from './top-bar.tsx'
import { useRunHistory } from './use-run-history.ts'
import { useTheme } from './use-theme.ts'

const goTo = (screen: Screen) => {
  location.hash = formatRoute({ screen, link: '' })
}

const LINK_ABOUT: Readonly<Partial<Record<Screen, 'training' | 'sweep'>>> = { train: 'training', scaling: 'sweep' }
const LINK_SAYS: Readonly<Partial<Record<Screen, string>>> = {
  train: 'Link copied. It holds the recipe of the next training run; data files are not in it.',
  scaling: 'Link copied. It holds the setup of the next sweep; problems of a file are not in it.',
}

/** Past the bar and, where a screen has them, past its settings. */
function skipToContent(): void {
  const content = document.querySelector<HTMLElement>('main [data-content]') ?? document.querySelector('main')
  content?.focus()
}

/** Frame of every screen: bar, notices, help, keys, and files dropped anywhere. */
export function App({ onReload }: { onReload(): void }) {
  const actions = useActions()
  const screen = useScreen()
  // One sheet at a time: they share the right edge.
  const [sheet, setSheet] = useState<'help' | 'engine' | null>(null)
  const toggle = (name: 'help' | 'engine') => setSheet(sheet === name ? null : name)
  useTheme()
  useRunHistory()

  useEffect(() => {
    document.title = screen === 'playground' ? 'Stepscope' : `${SCREEN_NAMES[screen]} · Stepscope`
  }, [screen])

  // A permalink followed or pasted while the page is open.
  useEffect(() => {
    const listen = () => {
      const link = readLink()
      if (link) actions.link.apply(link)
    }
    window.addEventListener('hashchange', listen)
    return () => window.removeEventListener('hashchange', listen)
  }, [actions])

  const share = async () => {
    const hash = formatRoute({ screen, link: actions.link.hash(LINK_ABOUT[screen]) })
    const copied = await navigator.clipboard.writeText(new URL(hash, location.href).href).then(
      () => true,
      () => false,
    )
    if (!copied) history.replaceState(history.state, '', hash)
    actions.notices.show({
      tone: 'info',
      text: copied
        ? (LINK_SAYS[screen] ??
          'Link copied. It holds the problem, models, strategy, settings, seed and selected event.')
        : 'The link is in the address bar; this browser did not let it be copied.',
      error: null,
      action: null,
    })
  }

  useHotkeys({
    '?': () => toggle('help'),
    s: () => void share(),
    ...Object.fromEntries(SCREENS.map((name, index) => [String(index + 1), () => goTo(name)])),
  })

  return (
    <TooltipProvider>
      <DropZone
        hint="Drop a Hugging Face model folder to load it, a Stepscope run file to open it, or JSON Lines to train on; in Rewards, a reward model or traces."
        onDrop={(dropped) => void openDropped(dropped, actions, screen).then((target) => target && goTo(target))}
      >
        <div className={styles.app}>
          <button type="button" className={styles.skip} onClick={skipToContent}>
            Skip to the content
          </button>
          <TopBar
            screen={screen}
            onShare={() => void share()}
            onHelp={() => toggle('help')}
            onFigures={() => setSheet('engine')}
          />
          <main className={styles.main} tabIndex={-1}>
            <ErrorBoundary resetKey={screen}>
              {screen === 'playground' ? <PlaygroundScreen /> : null}
              {screen === 'compare' ? <CompareScreen /> : null}
              {screen === 'scaling' ? <LabScreen onOpened={() => goTo('playground')} /> : null}
              {screen === 'train' ? <TrainingScreen /> : null}
              {screen === 'rewards' ? <RewardRoomScreen /> : null}
              {screen === 'models' ? <ModelsScreen /> : null}
              {screen === 'runs' ? <RunsScreen onOpened={() => goTo('playground')} /> : null}
            </ErrorBoundary>
          </main>
          <Notices onReload={onReload} />
        </div>
        <HelpSheet open={sheet === 'help'} onOpenChange={(open) => setSheet(open ? 'help' : null)} />
        <EnginePanel open={sheet === 'engine'} onOpenChange={(open) => setSheet(open ? 'engine' : null)} />
      </DropZone>
    </TooltipProvider>
  )
}
