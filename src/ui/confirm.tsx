import type { ReactNode } from 'react'
import { useRef, useState } from 'react'
import { plainText } from '../core/outside-text.ts'
import { Button } from './button.tsx'
import styles from './confirm.module.css'

/** A button that asks once more in its place; Escape and Keep go back. */
export function Confirm(props: { label: string; name?: string; question?: string; onConfirm(): void }) {
  const { label, question, onConfirm } = props
  const name = props.name === undefined ? undefined : plainText(props.name)
  const [asking, setAsking] = useState(false)
  const first = useRef<HTMLButtonElement>(null)
  const back = () => {
    setAsking(false)
    // The button is back after this render.
    requestAnimationFrame(() => first.current?.focus())
  }
  if (!asking) {
    return (
      <Button
        ref={first}
        variant="plain"
        icon="trash"
        aria-label={name ? `${label} ${name}` : label}
        onClick={() => setAsking(true)}
      >
        {label}
      </Button>
    )
  }
  const verb: ReactNode = label.split(' ')[0]
  return (
    <fieldset
      className={styles.confirm}
      aria-label={`${label}${name ? ` ${name}` : ''}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') back()
      }}
    >
      {question ? <span>{question}</span> : null}
      <Button
        variant="danger"
        onClick={() => {
          setAsking(false)
          onConfirm()
        }}
      >
        {verb}
      </Button>
      <Button autoFocus onClick={back}>
        Keep
      </Button>
    </fieldset>
  )
}
