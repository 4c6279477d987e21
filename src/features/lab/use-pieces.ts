import { useEffect, useRef, useState } from 'react'

/** Milliseconds of work between two chances for a frame. */
const SLICE = 12

/**
 * What a generator returns, worked out in pieces so that the page answers in between: it yields after each. The last result
 * stays until the next is there; null before the first. Work that was begun is ended before newer work begins, or results
 * that keep coming would never be counted. Null: nothing is worked out.
 */
export function usePieces<T>(work: (() => Generator<void, T>) | null): T | null {
  const [done, setDone] = useState<{ readonly value: T } | null>(null)
  const wanted = useRef<typeof work>(null)
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  useEffect(() => {
    wanted.current = work
    const begin = () => {
      const mine = wanted.current
      if (mine === null) return
      wanted.current = null
      const pieces = mine()
      const goOn = () => {
        timer.current = null
        const until = performance.now() + SLICE
        try {
          let piece = pieces.next()
          while (!piece.done && performance.now() < until) piece = pieces.next()
          if (!piece.done) {
            timer.current = setTimeout(goOn)
            return
          }
          setDone({ value: piece.value })
          begin()
        } catch (error) {
          // Into the component, whose boundary shows it.
          setDone(() => {
            throw error
          })
        }
      }
      timer.current = setTimeout(goOn)
    }
    if (timer.current === null) begin()
  }, [work])
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current)
      timer.current = null
    },
    [],
  )
  return done?.value ?? null
}
