import type { RefObject } from 'react'
import { useLayoutEffect, useState } from 'react'
import type { ColorScheme } from '../layout/color-scale.ts'

/**
 * Colours and fonts of the marks come from CSS custom properties, any CSS colour syntax:
 *
 *   --color-bg       behind the tree                      --color-accent   the answer's path
 *   --color-surface  inside a node                        --color-focus    selection and focus ring
 *   --color-text     main text, outline of a kept node    --font-mono      step text and numbers
 *   --color-muted    secondary text, pruned nodes         --font-sans      words
 *   --color-line     hairlines, edges, proposed nodes
 *
 * They are read once per theme change (class, style or data attributes of the root element, or the system's
 * scheme). Whether the theme is dark is read off the luminance of --color-bg.
 */
export interface VizTheme {
  readonly scheme: ColorScheme
  readonly background: string
  readonly surface: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly accent: string
  readonly focus: string
  readonly mono: string
  readonly sans: string
}

const LIGHT: VizTheme = {
  scheme: 'light',
  background: '#f7f7f5',
  surface: '#ffffff',
  text: '#16181d',
  muted: '#646a76',
  line: '#c9ccd3',
  accent: '#b4470e',
  focus: '#1d5fd1',
  mono: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  sans: 'system-ui, sans-serif',
}

const DARK: VizTheme = {
  ...LIGHT,
  scheme: 'dark',
  background: '#101216',
  surface: '#181b21',
  text: '#e8eaee',
  muted: '#99a0ad',
  line: '#3b414d',
  accent: '#ff9d5c',
  focus: '#7db0ff',
}

/** Resolves any CSS colour to `rgb(r, g, b)`, through a pixel, so that every syntax the browser knows works. */
function resolver(host: Element): { color: (name: string) => string | null; done: () => void } {
  const probe = document.createElement('span')
  probe.style.display = 'none'
  host.append(probe)
  const pixel = document.createElement('canvas')
  pixel.width = 1
  pixel.height = 1
  const context = pixel.getContext('2d', { willReadFrequently: true })
  return {
    color(name) {
      if (getComputedStyle(host).getPropertyValue(name).trim() === '' || context === null) return null
      probe.style.color = `var(${name})`
      context.clearRect(0, 0, 1, 1)
      context.fillStyle = getComputedStyle(probe).color
      context.fillRect(0, 0, 1, 1)
      const [r, g, b] = context.getImageData(0, 0, 1, 1).data
      return `rgb(${r}, ${g}, ${b})`
    },
    done: () => probe.remove(),
  }
}

/** The theme as it holds at `host` now. */
export function readTheme(host: Element): VizTheme {
  const { color, done } = resolver(host)
  try {
    const background = color('--color-bg')
    const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches
    const dark = background === null ? prefersDark : isDark(background)
    const fallback = dark ? DARK : LIGHT
    const style = getComputedStyle(host)
    const font = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise
    return {
      scheme: fallback.scheme,
      background: background ?? fallback.background,
      surface: color('--color-surface') ?? fallback.surface,
      text: color('--color-text') ?? fallback.text,
      muted: color('--color-muted') ?? fallback.muted,
      line: color('--color-line') ?? fallback.line,
      accent: color('--color-accent') ?? fallback.accent,
      focus: color('--color-focus') ?? fallback.focus,
      mono: font('--font-mono', fallback.mono),
      sans: font('--font-sans', fallback.sans),
    }
  } finally {
    done()
  }
}

function isDark(rgb: string): boolean {
  const [r = 0, g = 0, b = 0] = rgb.match(/[\d.]+/g)?.map(Number) ?? []
  return 0.299 * r + 0.587 * g + 0.114 * b < 128
}

/** The theme at an element, kept up to date. The light fallback until the element is there. */
export function useVizTheme(host: RefObject<Element | null>): VizTheme {
  const [theme, setTheme] = useState<VizTheme>(LIGHT)
  useLayoutEffect(() => {
    const element = host.current
    if (element === null) return
    const update = () =>
      setTheme((before) => {
        const now = readTheme(element)
        return JSON.stringify(before) === JSON.stringify(now) ? before : now
      })
    update()
    const observer = new MutationObserver(update)
    observer.observe(document.documentElement, { attributes: true })
    observer.observe(document.body, { attributes: true })
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', update)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', update)
    }
  }, [host])
  return theme
}

/** Whether the person asked for less motion; kept up to date. */
export function useReducedMotion(): boolean {
  const [reduced, setReduced] = useState(() => matchMedia('(prefers-reduced-motion: reduce)').matches)
  useLayoutEffect(() => {
    const query = matchMedia('(prefers-reduced-motion: reduce)')
    const update = () => setReduced(query.matches)
    update()
    query.addEventListener('change', update)
    return () => query.removeEventListener('change', update)
  }, [])
  return reduced
}
