import type { RefObject } from 'react'
import { useEffect, useState } from 'react'

/** Width of an element's content in whole pixels, kept up to date; 0 until it is known. */
export function useWidth(host: RefObject<Element | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = host.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [host])
  return width
}
