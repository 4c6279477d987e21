import { useEffect, useRef } from 'react'
import { splitThinking } from '../core/thinking.ts'
import { OutsideText } from '../ui/outside-text.tsx'
import { mathsSegments } from './maths-segments.ts'
import styles from './response-text.module.css'

/** Characters of one text that are drawn; the rest has a button. */
const MOST = 20_000

/** Free text of a model or a data file: LaTeX drawn, lines kept. */
export function FreeText({ text }: { text: string }) {
  return (
    <span className={styles.text}>
      {mathsSegments(text.slice(0, MOST)).map((segment, index) =>
        segment.kind === 'plain' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other identity
          <OutsideText key={index} text={segment.text} most={MOST} lines bare />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <Maths key={index} tex={segment.text} display={segment.kind === 'display'} />
        ),
      )}
      {text.length > MOST ? <OutsideText text={text.slice(MOST)} most={200} lines /> : null}
    </span>
  )
}

/** A response with what was thought folded apart from what is answered. */
export function ResponseText({ text, begun }: { text: string; begun: boolean }) {
  const { thinking, visible, open } = splitThinking(text, begun)
  return (
    <div className={styles.response}>
      {thinking === '' ? null : (
        <details className={styles.thinking} open={open}>
          <summary>{open ? 'Thinking, not ended yet' : 'Thinking'}</summary>
          <FreeText text={thinking} />
        </details>
      )}
      {visible.trim() === '' ? null : <FreeText text={visible.trim()} />}
    </div>
  )
}

/** LaTeX as MathML, which needs neither fonts nor styles; its source until KaTeX is there, or where it cannot be read. */
function Maths({ tex, display }: { tex: string; display: boolean }) {
  const host = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    let gone = false
    void import('katex').then(({ default: katex }) => {
      if (gone || !host.current) return
      katex.render(tex, host.current, { displayMode: display, output: 'mathml', throwOnError: false, maxExpand: 200 })
    })
    return () => {
      gone = true
    }
  }, [tex, display])
  return (
    <span ref={host} className={styles.maths} data-display={display || undefined}>
      {tex}
    </span>
  )
}
