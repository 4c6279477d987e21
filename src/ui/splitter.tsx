import { useRef } from 'react'
import styles from './splitter.module.css'

interface SplitterProps {
  label: string
  /** Width in pixels of the panel it resizes. */
  value: number
  min: number
  max: number
  /** Which side of the splitter that panel is on. */
  panel: 'left' | 'right'
  onChange(value: number): void
}

/** A bar between two panels that is dragged, or moved with the arrow keys. */
export function Splitter({ label, value, min, max, panel, onChange }: SplitterProps) {
  const drag = useRef<{ x: number; value: number } | null>(null)
  const sign = panel === 'left' ? 1 : -1
  const set = (next: number) => onChange(Math.round(Math.min(max, Math.max(min, next))))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved is not a rule between paragraphs
    <div
      className={styles.splitter}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        drag.current = { x: event.clientX, value }
      }}
      onPointerMove={(event) => {
        if (drag.current) set(drag.current.value + sign * (event.clientX - drag.current.x))
      }}
      onPointerUp={() => {
        drag.current = null
      }}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
        event.preventDefault()
        event.stopPropagation()
        set(value + sign * (event.key === 'ArrowRight' ? 16 : -16))
      }}
    />
  )
}
