import { useState } from 'react'
import { PARAGRAPH_CHARACTERS } from '../../core/outside-text.ts'
import type { PromptToken } from '../../search/models.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { visibleToken } from '../../viz/marks/token-strip.tsx'
import styles from './sent-prompt.module.css'

interface SentPromptProps {
  text: string
  /** Undefined where the run does not tell. */
  tokens: readonly PromptToken[] | undefined
}

/** More tokens would make the page slow; the rest is shown when it is asked for, and copied anyway. */
const FIRST_TOKENS = 500

/** The prompt as the policy was given it: its text, or its tokens with their ids; both can be copied. */
export function SentPrompt({ text, tokens }: SentPromptProps) {
  const [view, setView] = useState<'text' | 'tokens'>('text')
  const [all, setAll] = useState(false)
  const shown = all ? tokens : tokens?.slice(0, FIRST_TOKENS)
  const hidden = (tokens?.length ?? 0) - (shown?.length ?? 0)
  return (
    <Panel title="Prompt as sent" actions={<Copy text={view === 'text' ? text : idsText(tokens ?? [])} of={view} />}>
      {tokens ? (
        <Segmented<'text' | 'tokens'>
          label="Prompt as"
          value={view}
          options={[
            { value: 'text', label: 'Text' },
            { value: 'tokens', label: `${tokens.length} tokens` },
          ]}
          onChange={setView}
        />
      ) : null}
      {view === 'text' || !shown ? (
        <p className={styles.text}>
          <OutsideText text={text} most={PARAGRAPH_CHARACTERS} lines />
        </p>
      ) : (
        <ol className={styles.tokens} aria-label="Tokens of the prompt">
          {shown.map((token, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same token occurs at several places; its place is its identity
            <li key={index} className={styles.token}>
              <bdi className={styles.piece}>{token.text === '' ? '·' : visibleToken(token.text)}</bdi>
              <span className={styles.id}>{token.id}</span>
            </li>
          ))}
        </ol>
      )}
      {view === 'tokens' && hidden > 0 ? (
        <Button variant="plain" onClick={() => setAll(true)}>
          {`Show the other ${hidden} tokens`}
        </Button>
      ) : null}
    </Panel>
  )
}

const idsText = (tokens: readonly PromptToken[]): string => JSON.stringify(tokens.map(({ id }) => id))

function Copy({ text, of }: { text: string; of: 'text' | 'tokens' }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')
  const label = of === 'text' ? 'Copy the text' : 'Copy the ids'
  return (
    <Button
      variant="plain"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setState('copied'),
          () => setState('refused'),
        )
      }}
      onBlur={() => setState('idle')}
    >
      <span aria-live="polite">
        {state === 'copied' ? 'Copied' : state === 'refused' ? 'The browser does not allow it' : label}
      </span>
    </Button>
  )
}
