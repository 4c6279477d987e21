import type { ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import styles from './drop-zone.module.css'
import type { Dropped } from './dropped-files.ts'
import { filesOfDrop } from './dropped-files.ts'

interface DropZoneProps {
  /** What can be dropped, shown over the screen while something is held above it. */
  hint: string
  /** `files` is empty where nothing could be read. */
  onDrop(dropped: Dropped): void
  children: ReactNode
}

/** Accepts files and folders dropped anywhere on the page. */
export function DropZone({ hint, onDrop, children }: DropZoneProps) {
  const [over, setOver] = useState(false)
  const handler = useRef(onDrop)
  useEffect(() => {
    handler.current = onDrop
  })
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    let depth = 0
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      depth++
      setOver(true)
    }
    const leave = () => {
      depth = Math.max(0, depth - 1)
      if (depth === 0) setOver(false)
    }
    const hover = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault()
    }
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      depth = 0
      setOver(false)
      filesOfDrop(event.dataTransfer).then(
        (dropped) => handler.current(dropped),
        () => handler.current({ files: [], folder: null }),
      )
    }
    window.addEventListener('dragenter', enter, { signal })
    window.addEventListener('dragleave', leave, { signal })
    window.addEventListener('dragover', hover, { signal })
    window.addEventListener('drop', drop, { signal })
    return () => controller.abort()
  }, [])
  return (
    <>
      {children}
      {over ? (
        <div className={styles.veil}>
          <p className={styles.hint}>{hint}</p>
        </div>
      ) : null}
    </>
  )
}
