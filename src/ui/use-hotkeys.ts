import { useEffect, useRef } from 'react'

/** Keys as `KeyboardEvent.key`, with `Ctrl+` (or Command) and `Shift+` before them where they are held. */
export type Hotkeys = Readonly<Record<string, () => void>>

const TYPING = 'input, textarea, select, [contenteditable="true"]'
/** Controls that have their own use for Space, Enter and arrows. */
const CONTROLS = 'button, a, summary, [role="slider"], [role="radio"], [role="tab"], [role="switch"], [role="menuitem"]'

function nameOf(event: KeyboardEvent): string {
  const command = event.ctrlKey || event.metaKey
  const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return `${command ? 'Ctrl+' : ''}${command && event.shiftKey ? 'Shift+' : ''}${letter}`
}

/** Keys of the whole page; they rest while a person types, and leave Space to a focused control. */
export function useHotkeys(keys: Hotkeys): void {
  const current = useRef(keys)
  useEffect(() => {
    current.current = keys
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return
      const target = event.target instanceof Element ? event.target : null
      if (target?.closest(TYPING)) return
      if ((event.key === ' ' || event.key === 'Enter') && target?.closest(CONTROLS)) return
      const handler = current.current[nameOf(event)]
      if (!handler) return
      event.preventDefault()
      handler()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}
