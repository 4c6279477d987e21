import { Popover } from 'radix-ui'
import type { ReactNode } from 'react'
import { useId, useRef, useState } from 'react'
import styles from './why.module.css'

interface WhyProps {
  /** The number or term that can be asked. */
  children: ReactNode
  /** The answer: a sentence or two. */
  answer: ReactNode
  /** Where to read more. */
  source?: { readonly label: string; readonly href: string }
  /** Id of what names it, for a number that says nothing alone. */
  of?: string
  className?: string | undefined
}

/**
 * A number or term that answers "why?": on pointing, on focus with Enter, and on touch. The answer is a popover, so a
 * link in it can be reached.
 */
export function Why({ children, answer, source, of, className }: WhyProps) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const pinned = useRef(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const later = (next: boolean, delay: number) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setOpen(next), delay)
  }
  const change = (next: boolean) => {
    clearTimeout(timer.current)
    pinned.current = next
    setOpen(next)
  }
  return (
    <Popover.Root open={open} onOpenChange={change}>
      <Popover.Trigger
        id={id}
        className={`${styles.term} ${className ?? ''}`}
        aria-labelledby={of === undefined ? undefined : `${of} ${id}`}
        onPointerEnter={(event) => event.pointerType === 'mouse' && later(true, 300)}
        onPointerLeave={(event) => event.pointerType === 'mouse' && !pinned.current && later(false, 160)}
        onClick={(event) => {
          // Opened by pointing already: the click keeps it open.
          event.preventDefault()
          change(!pinned.current)
        }}
      >
        {children}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.answer}
          side="bottom"
          sideOffset={4}
          collisionPadding={8}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
          onPointerEnter={() => clearTimeout(timer.current)}
          onPointerLeave={() => !pinned.current && later(false, 160)}
        >
          {answer}
          {source ? (
            <a className={styles.source} href={source.href} target="_blank" rel="noreferrer">
              {source.label}
            </a>
          ) : null}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
