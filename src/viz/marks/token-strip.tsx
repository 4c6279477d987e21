import { useRef, useState } from 'react'
import { plainText } from '../../core/outside-text.ts'
import type { Token } from '../../search/models.ts'
import { inkOn, scoreColor } from '../layout/color-scale.ts'
import { formatLogprob, formatScore } from '../layout/format-number.ts'
import { useVizTheme } from './theme.ts'
import './marks.css'

export interface StripToken extends Token {
  /** The most probable tokens at this place, best first; shown on hover and focus. A `TokenReading` fits. */
  readonly alternatives?: readonly Token[]
}

export interface TokenStripProps {
  readonly tokens: readonly StripToken[]
  readonly label?: string
}

/** A token's text with its invisible characters made visible. */
export function visibleToken(text: string): string {
  if (text === '') return '⟨end⟩'
  return plainText(text).replaceAll(' ', '␣')
}

/** The tokens of a step, shaded by their probability; the chosen one's probability and alternatives beside it. */
export function TokenStrip({ tokens, label = 'Tokens of this step' }: TokenStripProps) {
  const host = useRef<HTMLDivElement>(null)
  const { scheme } = useVizTheme(host)
  const [open, setOpen] = useState<number | null>(null)
  const shown = open === null ? undefined : tokens[open]
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: leaving the strip closes the list; each token is a button
    <div ref={host} className="viz-tokens" onMouseLeave={() => setOpen(null)}>
      {/* biome-ignore lint/a11y/useSemanticElements: tokens flow like text, a list element would break them */}
      <div role="group" aria-label={label}>
        {tokens.map((token, index) => {
          const probability = Math.exp(token.logprob)
          const color = scoreColor(probability, scheme)
          return (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: the same token occurs at several places; its place is its identity
              key={index}
              type="button"
              className={index === open ? 'viz-token viz-open' : 'viz-token'}
              style={{ background: color, color: inkOn(color) }}
              aria-label={`${visibleToken(token.text)} probability ${formatScore(probability)}`}
              onMouseEnter={() => setOpen(index)}
              onFocus={() => setOpen(index)}
              onBlur={() => setOpen(null)}
            >
              <bdi>{visibleToken(token.text)}</bdi>
            </button>
          )
        })}
      </div>
      <div className="viz-token-detail" aria-live="polite">
        {shown === undefined ? null : <TokenDetail token={shown} scheme={scheme} />}
      </div>
    </div>
  )
}

function TokenDetail({ token, scheme }: { token: StripToken; scheme: 'light' | 'dark' }) {
  const others = token.alternatives ?? []
  const rows = others.some(({ id }) => id === token.id) ? others : [token, ...others]
  return (
    <table className="viz-alternatives">
      <tbody>
        {rows.map((row) => {
          const probability = Math.exp(row.logprob)
          return (
            <tr key={row.id} className={row.id === token.id ? 'viz-chosen' : undefined}>
              <td className="viz-mono">
                {visibleToken(row.text)}
                {row.id === token.id && <span className="viz-hidden"> (chosen)</span>}
              </td>
              <td>
                <svg width={80} height={8} aria-hidden="true">
                  <rect className="viz-track" width={80} height={8} rx={1.5} />
                  <rect
                    width={Math.max(1, 80 * probability)}
                    height={8}
                    rx={1.5}
                    fill={scoreColor(probability, scheme)}
                  />
                </svg>
              </td>
              <td className="viz-number">{formatScore(probability)}</td>
              <td className="viz-number viz-faint">{formatLogprob(row.logprob)} nat</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
