import { Tooltip as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import styles from './tooltip.module.css'

/** Whether the last thing that a person did was to press Tab: what is focused then was walked to. */
let walked = false

const notice = (event: Event) => {
  walked = event instanceof KeyboardEvent && event.key === 'Tab'
}

/** Once around the app: tooltips that follow each other quickly open at once. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  useEffect(() => {
    const kinds = ['keydown', 'pointerdown'] as const
    for (const kind of kinds) document.addEventListener(kind, notice, true)
    return () => {
      for (const kind of kinds) document.removeEventListener(kind, notice, true)
    }
  }, [])
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={200}>
      {children}
    </Radix.Provider>
  )
}

interface TooltipProps {
  content: ReactNode
  shortcut?: string | undefined
  side?: 'top' | 'bottom' | 'left' | 'right'
  /** One element that takes a ref and can be focused. */
  children: ReactNode
}

export function Tooltip({ content, shortcut, side = 'bottom', children }: TooltipProps) {
  return (
    <Radix.Root>
      {/* Where a sheet opens or closes, focus comes by itself: a tooltip then would be in the way, and of Escape. */}
      <Radix.Trigger asChild onFocus={(event) => walked || event.preventDefault()}>
        {children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.tooltip} side={side} sideOffset={5} collisionPadding={8}>
          {content}
          {shortcut ? <kbd className={styles.key}>{shortcut}</kbd> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
