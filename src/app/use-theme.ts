import { useLayoutEffect } from 'react'
import { useApp } from '../state/hooks.ts'

/** Puts the chosen theme and motion on the root element, where the style sheets and the canvas read them. */
export function useTheme(): void {
  const theme = useApp((state) => state.preferences.theme)
  const motion = useApp((state) => state.preferences.motion)
  useLayoutEffect(() => {
    const root = document.documentElement
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = theme
    root.dataset.motion = motion
  }, [theme, motion])
}
