import { useActions, useApp } from '../state/hooks.ts'
import { IconButton } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import type { IconName } from '../ui/icon.tsx'
import type { Screen } from './route.ts'
import { formatRoute, SCREENS } from './route.ts'
import { StatusChip } from './status-chip.tsx'
import styles from './top-bar.module.css'

export const SCREEN_NAMES: Readonly<Record<Screen, string>> = {
  playground: 'Playground',
  compare: 'Compare',
  scaling: 'Scaling',
  train: 'Train',
  rewards: 'Rewards',
  models: 'Models',
  runs: 'Runs',
}

interface TopBarProps {
  screen: Screen
  onShare(): void
  onHelp(): void
  /** Opens the engine's figures. */
  onFigures(): void
}

export function TopBar({ screen, onShare, onHelp, onFigures }: TopBarProps) {
  return (
    <header className={styles.bar}>
      <h1 className={styles.name}>
        <Mark />
        <span>Stepscope</span>
      </h1>
      <nav className={styles.screens} aria-label="Screens">
        {SCREENS.map((name) => (
          <a
            key={name}
            className={classNames(styles.screen, name === screen && styles.current)}
            href={formatRoute({ screen: name, link: '' })}
            aria-current={name === screen ? 'page' : undefined}
          >
            {SCREEN_NAMES[name]}
          </a>
        ))}
      </nav>
      <div className={styles.tools}>
        <StatusChip onFigures={onFigures} />
        <IconButton icon="share" label="Copy a link to this state" shortcut="S" onClick={onShare} />
        <ThemeButton />
        <IconButton icon="help" label="Help: keys, legend, words" shortcut="?" onClick={onHelp} />
      </div>
    </header>
  )
}

const THEMES = ['system', 'light', 'dark'] as const
const THEME_ICONS: Readonly<Record<(typeof THEMES)[number], IconName>> = {
  system: 'system',
  light: 'sun',
  dark: 'moon',
}

function ThemeButton() {
  const theme = useApp((state) => state.preferences.theme)
  const actions = useActions()
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  return (
    <IconButton
      icon={THEME_ICONS[theme]}
      label={`Theme: ${theme}. Change to ${next}`}
      onClick={() => actions.preferences.set({ theme: next })}
    />
  )
}

/** A small tree whose best path is drawn through. */
function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" className={styles.mark}>
      <path d="M3 10C8 10 7 4 13 4M3 10c5 0 4 6 10 6" className={styles.branch} />
      <path d="M3 10h14" className={styles.best} />
      <circle cx="3" cy="10" r="2" />
      <circle cx="17" cy="10" r="2" />
    </svg>
  )
}
